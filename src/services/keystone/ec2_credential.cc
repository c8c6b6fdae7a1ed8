#include "services/keystone/ec2_credential.h"

#include <fmt/format.h>

#include "base/id.h"
#include "notify/event.h"
#include "services/keystone/credential.h"
#include "services/keystone/delegation.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/users.py (UserOSEC2Credentials…)
namespace haneul::keystone {
namespace {

using resource::Call;

void write_text(json::Writer& w, const char* key, const json::Value* value) {
  w.key(key);
  value && value->text() ? w.value(*value->text()) : w.null();
}

void write_one(json::Writer& w, const Call& call, const State& state, const Credential& c) {
  const auto blob = json::parse(blob_of(state, c));
  const auto of_blob = [&](const char* key) { return blob ? blob->at({key}) : nullptr; };
  const json::Value* access = of_blob("access");
  w.begin_object().member("user_id", c.user_id).member("tenant_id", c.project_id);
  write_text(w, "access", access);
  write_text(w, "secret", of_blob("secret"));
  write_text(w, "trust_id", of_blob("trust_id"));
  write_self_link(w, call,
                  fmt::format("/users/{}/credentials/OS-EC2/{}", c.user_id,
                              access && access->text() ? *access->text() : "None"));
  w.end_object();
}

http::Response answer(int status, const Call& call, const State& state, const Credential& c) {
  json::Writer w;
  w.begin_object().key("credential");
  write_one(w, call, state, c);
  w.end_object();
  return http::Response::json(status, w.take());
}

http::Response list(Call& call, const State& state) {
  const auto& user_id = call.param("user_id");
  call.enforce("identity:ec2_list_credentials", access::PairsTarget{{"user_id", user_id}});
  return call.db().read([&](db::Session& session) {
    user_or_fault(state, session, user_id);
    json::Writer w;
    w.begin_object().key("credentials").begin_array();
    resource::Where where;
    where.equals("user_id", user_id).equals("type", kEc2);
    for (const auto& c : state.credentials.list(session, where)) {
      if (is_in_scope(call.caller(), c.project_id)) write_one(w, call, state, c);
    }
    w.end_array();
    write_list_links(w, call);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

void refuse_out_of_scope(const Call& call, const std::optional<std::string>& project_id) {
  if (is_in_scope(call.caller(), project_id)) return;
  throw forbidden_action(
      "EC2 credential project does not match the project scope of the delegated token");
}

// Whoever makes one by delegation gets one with no more rights than that.
http::Response create(Call& call, State& state) {
  const auto& user_id = call.param("user_id");
  call.enforce("identity:ec2_create_credential",
               access::PairsTarget{{"target.credential.user_id", user_id}});
  if (call.caller().app_cred_restricted) {
    throw forbidden_action(
        "Using method 'application_credential' is not allowed for managing "
        "additional application credentials.");
  }
  auto form = call.form("");
  const auto project_id = form.text("tenant_id", {.null_allowed = true}).value_or("None");
  json::Object blob;
  const auto access_key = new_hex_id();
  blob.set("access", access_key);
  blob.set("secret", new_hex_id());
  blob.set("trust_id", nullptr);
  bind_to_delegation(call, state, blob);
  Credential c{.id = ec2_credential_id(access_key),
               .user_id = user_id,
               .project_id = project_id,
               .type = std::string(kEc2),
               .encrypted_blob = {},
               .extra = {}};
  set_blob(state, c, json::dump(blob));
  call.db().write([&](db::Transaction& tx) {
    user_or_fault(state, tx, user_id);
    project_or_fault(state, tx, project_id);
    refuse_out_of_scope(call, c.project_id);
    refuse_beyond_credential_limit(state, tx, user_id);
    state.credentials.insert(tx, c);
    call.record(tx, {.type = "identity.credential.created", .subject = c.id});
  });
  return answer(201, call, state, c);
}

// Looked up before the policy is asked, which is asked about the credential's owner: 404 for
// everybody.
Credential permitted(const Call& call, const State& state, db::Session& session, const char* rule) {
  const auto id = ec2_credential_id(call.param("credential_id"));
  const auto c = state.credentials.find(session, id);
  if (!c) throw no_such("credential", id);
  call.enforce(rule, access::PairsTarget{{"target.credential.user_id", c->user_id},
                                         {"user_id", call.param("user_id")}});
  user_or_fault(state, session, call.param("user_id"));
  if (c->type != kEc2) throw Fault::unauthorized("EC2 access key not found.");
  refuse_out_of_scope(call, c->project_id);
  return *c;
}

http::Response show(Call& call, const State& state) {
  const auto c = call.db().read([&](db::Session& session) {
    return permitted(call, state, session, "identity:ec2_get_credential");
  });
  return answer(200, call, state, c);
}

http::Response remove(Call& call, const State& state) {
  call.db().write([&](db::Transaction& tx) {
    const auto c = permitted(call, state, tx, "identity:ec2_delete_credential");
    state.credentials.remove(tx, c.id);
    call.record(tx, {.type = "identity.credential.deleted", .subject = c.id});
  });
  return http::Response::empty(204);
}

}  // namespace

void add_ec2_credentials(resource::Service& service, State& state) {
  const std::string all = "/v3/users/{user_id}/credentials/OS-EC2", one = all + "/{credential_id}";
  service.route("GET", all, [&](Call& c) { return list(c, state); });
  service.route("POST", all, [&](Call& c) { return create(c, state); });
  service.route("GET", one, [&](Call& c) { return show(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove(c, state); });
}

}  // namespace haneul::keystone
