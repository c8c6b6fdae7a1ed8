#include "services/keystone/credential.h"

#include <fmt/format.h>

#include "base/text.h"
#include "resource/field.h"
#include "resource/row_target.h"
#include "services/keystone/delegation.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/credentials.py, keystone/credential/core.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Credential::id>("id"),
    field<&Credential::user_id>("user_id").settable(create | update).required().max(64).filter(),
    field<&Credential::project_id>("project_id").settable(create | update).max(64),
    field<&Credential::type>("type").settable(create | update).required().max(255).filter(),
    field<&Credential::encrypted_blob>("encrypted_blob").hidden(),
    field<&Credential::totp_step>("totp_step").hidden(),
    field<&Credential::extra>("extra").hidden());
static_assert(resource::complete<Credential>(kFields));

constexpr std::string_view kOwnKeys[] = {"blob"};

// What an EC2 credential is bound to is added to its blob.
constexpr std::size_t kBlobBytesMax = kFernetPayloadBytesMax - 1'000;

// The blob as text; an object is taken too and kept as JSON.
std::string blob_text(const Call& call, const json::Value& blob) {
  using Kind = resource::Problem::Kind;
  if (!blob.text() && !blob.object()) {
    throw call.dialect().invalid(
        {.kind = Kind::wrong_type, .field = "blob", .value = blob, .expected = "string"});
  }
  std::string text = blob.text() ? *blob.text() : json::dump(blob);
  if (text.size() > kBlobBytesMax) {
    throw call.dialect().invalid(
        {.kind = Kind::too_long, .field = "blob", .value = text, .limit = kBlobBytesMax});
  }
  return text;
}

bool is_ec2(const Credential& c) {
  return lower(c.type) == kEc2;
}

json::Object ec2_blob(const std::string& text) {
  const auto blob = json::parse(text);
  if (!blob) throw Fault::bad_request("Invalid blob in credential");
  if (!blob->object() || blob->object()->empty()) throw expected("blob", "credential");
  const json::Value* access = blob->object()->find("access");
  if (!access || !access->text()) throw expected("access", "credential");
  return *blob->object();
}

void refuse_out_of_scope(const Call& call, const Credential& c) {
  if (is_in_scope(call.caller(), c.project_id)) return;
  throw forbidden_action(
      "Credential project does not match the project scope of the delegated "
      "token");
}

// What an EC2 credential is bound to goes into its blob; its id is made of its access key.
std::string bind_ec2(const Call& call, State& state, const std::string& text, Credential& c) {
  const auto& caller = call.caller();
  if (caller.app_cred_restricted) {
    throw forbidden_action(
        "Using method 'application_credential' is not allowed for managing "
        "additional credentials.");
  }
  if (!c.project_id) {
    throw call.dialect().invalid({.kind = resource::Problem::Kind::missing, .field = "project_id"});
  }
  json::Object blob = ec2_blob(text);
  c.id = ec2_credential_id(*blob.find("access")->text());
  if (!is_delegated(caller)) return text;
  bind_to_delegation(call, state, blob);
  return json::dump(blob);
}

void before_create(State& state, Change& change, Credential& c) {
  const json::Value* blob = change.given.find("blob");
  if (!blob) {
    throw change.call.dialect().invalid(
        {.kind = resource::Problem::Kind::missing, .field = "blob"});
  }
  std::string text = blob_text(change.call, *blob);
  refuse_out_of_scope(change.call, c);
  if (is_ec2(c)) text = bind_ec2(change.call, state, text, c);
  refuse_beyond_credential_limit(state, change.tx, c.user_id);
  set_blob(state, c, text);
  keep_extra(kCredential, change.given, c.extra, kOwnKeys);
  if (change.tx.text("SELECT id FROM credentials WHERE id = ?", {c.id})) {
    throw conflict("credential", fmt::format("Duplicate entry found with ID {}", c.id));
  }
}

void refuse_rebinding(const json::Object& old, const json::Object& fresh) {
  for (const char* key : {"trust_id", "app_cred_id", "access_token_id", "access_id"}) {
    const json::Value* was = old.find(key);
    const json::Value* is = fresh.find(key);
    if ((!was && !is) || (was && is && *was == *is)) continue;
    throw Fault::bad_request(fmt::format("{} can not be updated for credential", key));
  }
}

void before_update(const State& state, Change& change, const Credential& old, Credential& fresh) {
  refuse_out_of_scope(change.call, old);
  refuse_other_id(change.given, old.id);
  const json::Value* blob = change.given.find("blob");
  if (blob) {
    const std::string text = blob_text(change.call, *blob);
    if (is_ec2(old)) refuse_rebinding(ec2_blob(blob_of(state, old)), ec2_blob(text));
    set_blob(state, fresh, text);
  }
  keep_extra(kCredential, change.given, fresh.extra, kOwnKeys);
  change.call.enforce("identity:update_credential", resource::RowTarget(kCredential, &fresh));
}

// Those who may not see everybody's see their own.
void narrow(const Call& call, resource::Page& page) {
  const access::PairsTarget anybody{{"target.credential.user_id", std::string_view("anybody")}};
  const auto& caller = call.caller();
  if (!call.allowed("identity:get_credential", anybody)) {
    page.where.equals("user_id", caller.user_id.text);
  }
  if (is_delegated(caller)) {
    page.where.equals("project_id", caller.project_id.text);
  }
}

resource::Hooks<Credential> hooks(State& state) {
  resource::Hooks<Credential> h;
  h.before_create = [&](Change& c, Credential& row) { before_create(state, c, row); };
  h.before_update = [&](Change& c, const Credential& old, Credential& fresh) {
    before_update(state, c, old, fresh);
  };
  h.before_remove = [](Change& c, const Credential& row) { refuse_out_of_scope(c.call, row); };
  h.list_target = [](const Call& call, access::PairsTarget& target) {
    const auto& caller = call.caller();
    if (caller.system_scope.empty()) target.add("target.credential.user_id", caller.user_id.text);
  };
  h.narrow = [](const Call& call, db::Session&, resource::Page& page) { narrow(call, page); };
  h.extras = [&state](const Call& call, db::Session&, std::span<const Credential> rows) {
    for (const auto& row : rows) refuse_out_of_scope(call, row);
    return [&state](const Credential& row, json::Writer& w) {
      w.member("blob", blob_of(state, row));
      write_extra(w, row.extra);
    };
  };
  return h;
}

}  // namespace

constinit const resource::Resource kCredential{
    .singular = "credential",
    .plural = "credentials",
    .path = "/v3/credentials",
    .table = "credentials",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_credential", "identity:list_credentials", "identity:get_credential",
               "identity:update_credential", "identity:delete_credential"},
    .event = "identity.credential",
    .update_method = "PATCH",
    .fields = kFields};

std::string ec2_credential_id(std::string_view access) {
  return to_hex(sha256(access));
}

std::string blob_of(const State& state, const Credential& credential) {
  const auto message = fernet_decrypt(*state.credential_keys.need(), credential.encrypted_blob);
  if (!message) {
    throw Fault::internal(
        "An unexpected error prevented the server from accessing encrypted "
        "credentials.");
  }
  return message->payload;
}

void set_blob(const State& state, Credential& credential, std::string_view blob) {
  credential.encrypted_blob = fernet_encrypt(*state.credential_keys.need(), blob, state.now());
}

void refuse_beyond_credential_limit(const State& state, db::Session& session,
                                    const std::string& user_id) {
  const auto limit = state.options.credentials_max;
  if (limit < 0) return;
  const auto count =
      session.integer("SELECT COUNT(*) FROM credentials WHERE user_id = ?", {user_id});
  if (count.value_or(0) < limit) return;
  throw Fault::forbidden(
      fmt::format("Unable to create additional credentials, maximum of {} "
                  "already exceeded for user.",
                  limit));
}

void add_credentials(resource::Service& service, State& state) {
  service.resource<Credential>(kCredential, hooks(state));
}

}  // namespace haneul::keystone
