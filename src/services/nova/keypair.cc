#include "services/nova/keypair.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "resource/call.h"
#include "services/nova/dialect.h"
#include "services/nova/query.h"
#include "services/nova/ssh_key.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::field;
using resource::Form;
using resource::Where;

constexpr std::int64_t kKeypairsMax = 100;
constexpr std::int64_t kPageMax = 1000;
constexpr std::string_view kPath = "/v2.1/os-keypairs";

constexpr auto kFields = resource::fields(
    field<&Keypair::key>("key"), field<&Keypair::user_id>("user_id"), field<&Keypair::name>("name"),
    field<&Keypair::type>("type"), field<&Keypair::public_key>("public_key"),
    field<&Keypair::fingerprint>("fingerprint"), field<&Keypair::number>("number"),
    field<&Keypair::created>("created"));
static_assert(resource::complete<Keypair>(kFields));

// Administrators may work on another user's keys from 2.10 on.
std::string owner_of(const Call& call) {
  const auto* asked = call.since(10) ? call.query().find("user_id") : nullptr;
  return asked ? *asked : call.caller().user_id.text;
}

void enforce_for(const Call& call, std::string_view rule, const std::string& user_id) {
  call.enforce(rule, access::PairsTarget{{"user_id", user_id}});
}

void write_keypair(json::Writer& w, const Call& call, const Keypair& k, bool whole) {
  w.begin_object().key("keypair").begin_object();
  w.member("name", k.name).member("public_key", k.public_key);
  w.member("fingerprint", k.fingerprint);
  if (call.since(2)) w.member("type", k.type);
  if (whole) {
    w.member("user_id", k.user_id).member("id", k.number).member("deleted", false);
    w.member("created_at", iso_micros_naive(k.created)).key("deleted_at").null();
    w.key("updated_at").null();
  }
  w.end_object().end_object();
}

http::Response list_keypairs(Call& call, const KeypairStore& keypairs) {
  if (call.since(75)) refuse_unknown_keys(call, {"user_id", "limit", "marker"});
  const std::string user = owner_of(call);
  enforce_for(call, "os_compute_api:os-keypairs:index", user);
  return call.db().read([&](db::Session& session) {
    resource::Page page;
    page.where.equals("user_id", user);
    page.order = {{"name", false}};
    std::int64_t limit = kPageMax;
    if (call.since(35)) {
      const auto* text = call.query().find("limit");
      const auto asked = text ? parse_int(*text) : std::optional(kPageMax);
      if (!asked || *asked < 0)
        throw Fault::bad_request("Invalid input for query parameters limit.");
      if (*asked > 0) limit = std::min(*asked, kPageMax);
      if (const auto* marker = call.query().find("marker")) {
        page.after_key = keypair_key(user, *marker);
        if (!keypairs.find(session, *page.after_key)) {
          throw Fault::bad_request(fmt::format("Marker {} could not be found.", *marker));
        }
      }
    }
    page.limit = limit + 1;
    auto rows = keypairs.list(session, page);
    const bool more = static_cast<std::int64_t>(rows.size()) > limit;
    if (more) rows.pop_back();
    json::Writer w;
    w.begin_object().key("keypairs").begin_array();
    for (const Keypair& k : rows) write_keypair(w, call, k, false);
    w.end_array();
    if (call.since(35)) {
      write_next_link(w, call, "keypairs", kPath, more ? rows.back().name : "");
    }
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show_keypair(Call& call, const KeypairStore& keypairs) {
  const std::string user = owner_of(call);
  enforce_for(call, "os_compute_api:os-keypairs:show", user);
  const auto k = call.db().read(
      [&](db::Session& s) { return keypairs.find(s, keypair_key(user, call.param("name"))); });
  if (!k) {
    throw Fault::not_found(
        fmt::format("Keypair {} not found for user {}", call.param("name"), user));
  }
  json::Writer w;
  write_keypair(w, call, *k, true);
  return http::Response::json(200, w.take());
}

http::Response delete_keypair(Call& call, const KeypairStore& keypairs) {
  const std::string user = owner_of(call);
  enforce_for(call, "os_compute_api:os-keypairs:delete", user);
  const bool gone = call.db().write([&](db::Transaction& tx) {
    return keypairs.remove(tx, keypair_key(user, call.param("name")));
  });
  if (!gone) {
    throw Fault::not_found(
        fmt::format("Keypair {} not found for user {}", call.param("name"), user));
  }
  return http::Response::empty(call.since(2) ? 204 : 202);
}

void check_name(const Form& form, const Call& call, const std::string& name) {
  const bool wide = call.since(92);
  const auto good = [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || c == '-' || c == '_' || c == ' ' || (wide && (c == '@' || c == '.'));
  };
  const bool clean = std::all_of(name.begin(), name.end(), good) && name == trim(name);
  if (!clean) form.malformed("name", "keypair name");
}

struct Wanted {
  Keypair row;
  std::string private_key;  // of a generated pair
};

Wanted read_keypair(Call& call) {
  Form form = call.form("keypair");
  Wanted wanted;
  Keypair& k = wanted.row;
  k.name = form.required_text("name", {.chars_min = 1});
  check_name(form, call, k.name);
  auto given = form.text("public_key", {.chars_max = 16'384});
  static constexpr std::string_view kTypes[] = {"ssh", "x509"};
  if (call.since(2)) k.type = form.choice("type", kTypes).value_or("ssh");
  k.user_id = call.caller().user_id.text;
  if (call.since(10)) k.user_id = form.text("user_id", {.chars_min = 1}).value_or(k.user_id);
  form.done();
  if (!given && call.since(92)) {
    form.fail({.kind = resource::Problem::Kind::missing, .field = "public_key"});
  }
  if (!given && k.type == "x509") {
    auto made = make_x509_key(k.user_id);
    given = std::move(made.certificate);
    wanted.private_key = std::move(made.private_key);
  } else if (!given) {
    auto made = make_ssh_key();
    given = made.public_key;
    wanted.private_key = std::move(made.private_key);
  }
  k.public_key = k.type == "x509" ? *given : std::string(trim(*given));
  const auto print =
      k.type == "x509" ? x509_fingerprint(k.public_key) : ssh_fingerprint(k.public_key);
  if (!print) throw Fault::bad_request("Keypair data is invalid: failed to generate fingerprint");
  k.fingerprint = *print;
  k.key = keypair_key(k.user_id, k.name);
  k.created = call.now();
  return wanted;
}

http::Response create_keypair(Call& call, const KeypairStore& keypairs) {
  Wanted wanted = read_keypair(call);
  Keypair& k = wanted.row;
  enforce_for(call, "os_compute_api:os-keypairs:create", k.user_id);
  call.db().write([&](db::Transaction& tx) {
    if (keypairs.find(tx, k.key)) {
      throw Fault::conflict(fmt::format("Key pair '{}' already exists.", k.name));
    }
    if (keypairs.count(tx, Where().equals("user_id", k.user_id)) >= kKeypairsMax) {
      throw Fault::over_quota("Quota exceeded, too many key pairs.");
    }
    k.number = tx.integer("SELECT MAX(number) FROM keypairs").value_or(0) + 1;
    keypairs.insert(tx, k);
  });
  json::Writer w;
  w.begin_object().key("keypair").begin_object();
  w.member("name", k.name).member("public_key", k.public_key);
  w.member("fingerprint", k.fingerprint).member("user_id", k.user_id);
  if (call.since(2)) w.member("type", k.type);
  if (!wanted.private_key.empty()) w.member("private_key", wanted.private_key);
  w.end_object().end_object();
  return http::Response::json(call.since(2) ? 201 : 200, w.take());
}

}  // namespace

const resource::Resource kKeypair{.singular = "keypair",
                                  .plural = "keypairs",
                                  .path = kPath,
                                  .key = "key",
                                  .scope = resource::Scope::cloud,
                                  .default_sort = "key",
                                  .fields = kFields};

std::string keypair_key(std::string_view user_id, std::string_view name) {
  return fmt::format("{}/{}", user_id, name);
}

std::optional<std::string> ssh_fingerprint(std::string_view public_key) {
  const auto words = split(trim(public_key), ' ');
  if (words.size() < 2 || public_key.find('\n') != std::string_view::npos) return std::nullopt;
  const auto blob = base64_decode(words[1]);
  // The blob begins with the length and text of the key's type.
  if (!blob || blob->size() < 4 + words[0].size()) return std::nullopt;
  if (std::string_view(*blob).substr(4, words[0].size()) != words[0]) return std::nullopt;
  if (static_cast<unsigned char>((*blob)[3]) != words[0].size()) return std::nullopt;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!EVP_Digest(blob->data(), blob->size(), digest, &size, EVP_md5(), nullptr)) {
    return std::nullopt;
  }
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += fmt::format("{}{:02x}", i ? ":" : "", digest[i]);
  return out;
}

void add_keypair_routes(resource::Service& s, const KeypairStore& keypairs) {
  s.route("GET", kPath, [&](Call& c) { return list_keypairs(c, keypairs); });
  s.route("POST", kPath, [&](Call& c) { return create_keypair(c, keypairs); });
  const std::string one = std::string(kPath) + "/{name}";
  s.route("GET", one, [&](Call& c) { return show_keypair(c, keypairs); });
  s.route("DELETE", one, [&](Call& c) { return delete_keypair(c, keypairs); });
}

}  // namespace haneul::nova
