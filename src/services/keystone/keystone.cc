#include "services/keystone/keystone.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "drivers/directory/ldap_directory.h"
#include "services/keystone/bootstrap.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/service.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

namespace haneul::keystone {

namespace {

std::filesystem::path fernet_directory(const Options& options) {
  return options.key_directory / "fernet-keys";
}

}  // namespace

std::size_t rotate_fernet_keys(const Options& options, const Clock& clock) {
  if (!std::filesystem::exists(fernet_directory(options))) {
    throw std::runtime_error(
        fmt::format("there are no keys in {}", fernet_directory(options).string()));
  }
  const auto primary =
      KeyRepository(fernet_directory(options), clock).rotate(options.fernet_keys_max);
  if (!primary) throw std::runtime_error(primary.reason());
  return *primary;
}

Keystone::Keystone(const resource::World& world, Options options, directory::Opener open)
    : state_(std::make_unique<State>(world, std::move(options),
                                     open ? std::move(open) : directory::open_ldap)),
      tokens_(std::make_unique<Tokens>(*state_)),
      service_(make_service(*state_, *tokens_)) {}

Keystone::~Keystone() = default;

void Keystone::start() {
  state_->epochs.catch_up();
  forget_unserved(*state_);
}

void Keystone::bootstrap(const Bootstrap& wanted) {
  keystone::bootstrap(*state_, wanted);
}

namespace {

// upstream's default of [keystone_authtoken] service_token_roles
bool is_service(const ValidToken* token, std::string_view certificate) {
  if (!token || token->access_rules || !is_holder(*token, certificate)) return false;
  const auto& roles = token->caller->roles;
  return std::find(roles.begin(), roles.end(), "service") != roles.end();
}

bool is_token_shown(const access::Asked& asked) {
  return asked.service_type == "identity" && asked.method == "GET" &&
         asked.path.ends_with("/v3/auth/tokens");
}

}  // namespace

// Where its rules do not allow what is asked, a token is nobody's. What a service asks in the
// course of somebody's call, as its own token shows, was allowed before.
// upstream: openstack/keystonemiddleware:keystonemiddleware/auth_token/__init__.py
std::shared_ptr<const access::Caller> Keystone::authenticate(std::string_view token,
                                                             const access::Asked& asked) {
  const auto valid = tokens_->validate(token);
  if (!valid || !is_holder(*valid, asked.certificate)) return nullptr;
  if (!valid->access_rules || is_token_shown(asked)) return valid->caller;
  const bool good =
      asked.service_token.empty()
          ? access::allows(*valid->access_rules, asked)
          : is_service(tokens_->validate(asked.service_token).get(), asked.certificate);
  return good ? valid->caller : nullptr;
}

namespace {

// A project counts as disabled with its domain.
constexpr std::string_view kProjects =
    "SELECT p.id, p.name, p.domain_id, p.enabled AND COALESCE(d.enabled, 1) FROM projects p "
    "LEFT JOIN projects d ON d.id = p.domain_id WHERE ";
constexpr std::string_view kUsers = "SELECT id, name, domain_id, enabled FROM users WHERE ";

template <class Facts>
std::map<std::string, Facts> read_facts(db::Session& session, std::string_view select,
                                        const resource::Where& where) {
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  std::map<std::string, Facts> found;
  db::Rows rows = session.query(std::string(select) + where.sql(), binds);
  while (rows.next()) {
    found[rows.string(0)] = {rows.string(0), rows.string(1), rows.string(2), rows.boolean(3)};
  }
  return found;
}

template <class Facts>
std::optional<Facts> read_one(db::Session& session, std::string_view select,
                              const resource::Where& where) {
  auto found = read_facts<Facts>(session, select, where);
  return found.empty() ? std::nullopt : std::optional(std::move(found.begin()->second));
}

// Many ids in portions, so that few different statements are prepared.
template <class Facts>
std::map<std::string, Facts> read_many(db::Session& session, std::string_view select,
                                       std::string_view column,
                                       const std::vector<std::string>& ids) {
  constexpr std::size_t kPortion = 100;
  std::map<std::string, Facts> all;
  for (std::size_t at = 0; at < ids.size(); at += kPortion) {
    std::vector<std::string> portion(
        ids.begin() + static_cast<std::ptrdiff_t>(at),
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(at + kPortion, ids.size())));
    portion.resize(kPortion);
    std::string marks;
    std::vector<db::Bind> binds;
    for (const auto& id : portion) {
      marks += marks.empty() ? "?" : ",?";
      binds.emplace_back(id);
    }
    resource::Where where;
    where.and_(std::string(column) + " IN (" + marks + ")", binds);
    all.merge(read_facts<Facts>(session, select, where));
  }
  return all;
}

}  // namespace

std::optional<ProjectFacts> Keystone::project(db::Session& session, std::string_view id) const {
  return read_one<ProjectFacts>(session, kProjects, resource::Where().and_("p.id = ?", {id}));
}

std::optional<UserFacts> Keystone::user(db::Session& session, std::string_view id) const {
  return read_one<UserFacts>(session, kUsers, resource::Where().and_("id = ?", {id}));
}

std::map<std::string, ProjectFacts> Keystone::projects(db::Session& session,
                                                       const std::vector<std::string>& ids) const {
  return read_many<ProjectFacts>(session, kProjects, "p.id", ids);
}

std::map<std::string, UserFacts> Keystone::users(db::Session& session,
                                                 const std::vector<std::string>& ids) const {
  return read_many<UserFacts>(session, kUsers, "id", ids);
}

std::optional<ProjectFacts> Keystone::project_named(db::Session& session,
                                                    std::string_view name) const {
  return read_one<ProjectFacts>(
      session, kProjects,
      resource::Where().and_("p.domain_id = ? AND p.name = ?", {kDefaultDomain, name}));
}

}  // namespace haneul::keystone
