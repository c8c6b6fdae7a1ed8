#include "services/keystone/bootstrap.h"

#include <future>

#include "base/id.h"
#include "services/keystone/state.h"
#include "services/keystone/user_password.h"

namespace haneul::keystone {
namespace {

using resource::Where;

constexpr std::string_view kRoleNames[] = {"admin", "manager", "member", "reader", "service"};
constexpr std::pair<std::string_view, std::string_view> kImplied[] = {
    {"admin", "manager"}, {"manager", "member"}, {"member", "reader"}};
constexpr std::string_view kInterfaces[] = {"admin", "internal", "public"};

// The writing part: one transaction, so that a cloud is bootstrapped whole or not at all.
class Bootstrapper {
 public:
  Bootstrapper(State& state, db::Transaction& tx) : state_(state), tx_(tx) {}

  void make_domain() {
    if (state_.projects.find(tx_, kDefaultDomain)) return;
    Project domain;
    domain.id = kDefaultDomain;
    domain.name = "Default";
    domain.description = "The default domain";
    domain.is_domain = true;
    state_.projects.insert(tx_, domain);
  }

  std::string project(std::string_view name, std::string_view description) {
    Where where;
    where.equals("domain_id", kDefaultDomain).equals("name", name);
    if (const auto there = state_.projects.first(tx_, where)) return there->id;
    Project project;
    project.id = new_hex_id();
    project.name = name;
    project.description = description;
    project.domain_id.text = project.parent_id.text = kDefaultDomain;
    state_.projects.insert(tx_, project);
    return project.id;
  }

  std::string role(std::string_view name) {
    Where where;
    where.equals("domain_id", "").equals("name", name);
    if (const auto there = state_.roles.first(tx_, where)) return there->id;
    Role role;
    role.id = new_hex_id();
    role.name = name;
    role.options.set("immutable", true);
    state_.roles.insert(tx_, role);
    return role.id;
  }

  void imply(const std::string& prior, const std::string& implied) {
    const auto there = tx_.text(
        "SELECT implied_role_id FROM implied_roles WHERE prior_role_id = ? AND implied_role_id = ?",
        {prior, implied});
    if (there) return;
    tx_.execute("INSERT INTO implied_roles (prior_role_id, implied_role_id) VALUES (?, ?)",
                {prior, implied});
  }

  std::string user(std::string_view name, const std::string& hash, const std::string& project_id) {
    Where where;
    where.equals("domain_id", kDefaultDomain).equals("name", name);
    if (const auto there = state_.users.first(tx_, where)) return there->id;
    User user;
    user.id = new_hex_id();
    user.name = name;
    user.domain_id = kDefaultDomain;
    user.password_hash = hash;
    user.created_at = state_.now();
    user.password_created_at = user.created_at;
    if (!project_id.empty()) user.default_project_id = project_id;
    state_.users.insert(tx_, user);
    return user.id;
  }

  void grant(const std::string& user, std::string_view kind, std::string_view target,
             const std::string& role) {
    tx_.execute(
        "DELETE FROM role_assignments WHERE actor_id = ? AND target_id = ? AND role_id = ? "
        "AND inherited = 0 AND actor_kind = 'user' AND target_kind = ?",
        {user, target, role, kind});
    tx_.execute(
        "INSERT INTO role_assignments (actor_id, target_id, role_id, inherited, "
        "actor_kind, target_kind) VALUES (?, ?, ?, 0, 'user', ?)",
        {user, target, role, kind});
  }

  void region(const std::string& id) {
    if (tx_.text("SELECT id FROM regions WHERE id = ?", {id})) return;
    tx_.execute("INSERT INTO regions (id, description) VALUES (?, '')", {id});
  }

  void catalog_entry(const CatalogEntry& entry, const std::string& region_id) {
    auto service = tx_.text("SELECT id FROM catalog_services WHERE type = ? AND name = ?",
                            {entry.type, entry.name});
    if (!service) {
      service = new_hex_id();
      json::Object extra;
      extra.set("description", entry.description);
      tx_.execute(
          "INSERT INTO catalog_services (id, type, name, enabled, extra) "
          "VALUES (?, ?, ?, 1, ?)",
          {*service, entry.type, entry.name, json::dump(extra)});
    }
    for (const auto interface : kInterfaces) endpoint(*service, interface, region_id, entry.url);
  }

 private:
  void endpoint(const std::string& service, std::string_view interface,
                const std::string& region_id, const std::string& url) {
    const auto changed = tx_.execute(
        "UPDATE catalog_endpoints SET url = ? WHERE service_id = ? AND interface = ? "
        "AND region_id = ?",
        {url, service, interface, region_id});
    if (changed > 0) return;
    tx_.execute(
        "INSERT INTO catalog_endpoints (id, service_id, interface, region_id, url, "
        "enabled, extra) VALUES (?, ?, ?, ?, ?, 1, '{}')",
        {new_hex_id(), service, interface, region_id, url});
  }

  State& state_;
  db::Transaction& tx_;
};

bool user_exists(State& state, std::string_view name) {
  return state.world.db.read([&](db::Session& session) {
    Where where;
    where.equals("domain_id", kDefaultDomain).equals("name", name);
    return state.users.first(session, where).has_value();
  });
}

std::string hash_for(State& state, std::string_view name, const std::string& password) {
  return user_exists(state, name) ? std::string() : new_password_hash(state, password);
}

std::map<std::string_view, std::string> make_roles(Bootstrapper& b) {
  std::map<std::string_view, std::string> ids;
  for (const auto name : kRoleNames) ids[name] = b.role(name);
  for (const auto& [prior, implied] : kImplied) b.imply(ids[prior], ids[implied]);
  return ids;
}

}  // namespace

void bootstrap(State& state, const Bootstrap& wanted) {
  // Most of a first start's time: both at once.
  auto hashing =
      std::async(std::launch::async, [&] { return hash_for(state, "demo", wanted.demo_password); });
  const std::string admin_hash = hash_for(state, "admin", wanted.admin_password);
  const std::string demo_hash = hashing.get();
  state.world.db.write([&](db::Transaction& tx) {
    Bootstrapper b(state, tx);
    b.make_domain();
    auto roles = make_roles(b);
    const auto admin_project = b.project("admin", "Bootstrap project for initializing the cloud.");
    const auto demo_project = b.project("demo", "");
    b.project("service", "");
    const auto admin = b.user("admin", admin_hash, "");
    const auto demo = b.user("demo", demo_hash, "");
    b.grant(admin, "project", admin_project, roles["admin"]);
    b.grant(admin, "system", "system", roles["admin"]);
    b.grant(admin, "domain", kDefaultDomain, roles["admin"]);
    b.grant(demo, "project", demo_project, roles["member"]);
    b.region(wanted.region);
    for (const auto& entry : wanted.catalog) b.catalog_entry(entry, wanted.region);
    state.epochs.change_all(tx);
  });
}

}  // namespace haneul::keystone
