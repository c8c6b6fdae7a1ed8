#include "services/keystone/auth_mapped.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/assertion.h"
#include "services/keystone/dialect.h"
#include "services/keystone/federated_user.h"
#include "services/keystone/mapping.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

namespace haneul::keystone {
namespace {

// The provider that speaks must be one that is known by this name.
void check_remote_id(const State& state, const IdentityProvider& idp, const Protocol& protocol,
                     const Assertion& assertion) {
  const auto attribute = remote_id_attribute(state.options, protocol);
  if (attribute.empty() || idp.remote_ids.empty()) return;
  const auto found = assertion.find(attribute);
  if (found == assertion.end()) {
    throw Fault::unauthorized("Could not find Identity Provider identifier in environment");
  }
  const auto remote = join(found->second, ";");
  const auto& known = idp.remote_ids;
  if (std::find(known.begin(), known.end(), remote) != known.end()) return;
  throw Fault::forbidden(
      "Incoming identity provider identifier not included among the accepted identifiers.");
}

void need_group(const State& state, db::Session& session, const std::string& id,
                const std::string& mapping_id) {
  if (state.groups.find(session, id)) return;
  throw Fault::unauthorized(
      fmt::format("Group {} returned by mapping {} was not found in the backend.", id, mapping_id));
}

// Groups by id must be there; those by name that are not are passed over.
std::vector<std::string> groups_of(const State& state, db::Session& session,
                                   const MappedIdentity& mapped, const std::string& mapping_id) {
  std::vector<std::string> ids = mapped.group_ids;
  for (const auto& id : ids) need_group(state, session, id, mapping_id);
  for (const MappedGroup& group : mapped.groups) {
    DomainRef ref{group.domain.id, group.domain.id.empty() ? group.domain.name : ""};
    const auto domain = find_domain(state, session, ref);
    if (!domain) throw no_such("domain", ref.id.empty() ? ref.name : ref.id);
    const auto row = state.groups.first(
        session, resource::Where().equals("domain_id", domain->id).equals("name", group.name));
    if (row && std::find(ids.begin(), ids.end(), row->id) == ids.end()) ids.push_back(row->id);
  }
  return ids;
}

// A user that is here already, by id or by name and domain.
std::string local_user(const State& state, db::Session& session, const MappedUser& mapped) {
  UserRef ref;
  ref.id = mapped.id;
  if (mapped.id.empty()) {
    if (mapped.domain.empty()) throw expected("domain", "user");
    ref.name = mapped.name;
    ref.domain = DomainRef{mapped.domain.id, mapped.domain.id.empty() ? mapped.domain.name : ""};
  }
  if (ref.id.empty() && ref.name.empty()) throw unauthorized();
  const auto user = find_user(state, session, ref);
  if (!user) throw unauthorized();
  return user->id;
}

// Tokens have bits for a few methods only; protocols may be called anything.
std::string method_named(const State& state, const std::string& protocol) {
  const auto& active = state.auth_methods;
  const bool known = std::find(active.begin(), active.end(), protocol) != active.end();
  return known ? protocol : "mapped";
}

struct Source {
  IdentityProvider idp;
  Protocol protocol;
  Mapping mapping;
};

Source source_of(const State& state, const std::string& idp_id, const std::string& protocol_id) {
  return state.world.db.read([&](db::Session& session) {
    Source from;
    from.idp = enabled_identity_provider(session, idp_id);
    from.protocol = protocol_or_fault(session, idp_id, protocol_id);
    from.mapping = mapping_or_fault(session, from.protocol.mapping_id);
    return from;
  });
}

void by_assertion(const AuthContext& context, const std::string& idp, const std::string& protocol,
                  Identity& who) {
  prove_mapped(context.state, idp, protocol,
               assertion_of(context.call, context.state, idp, protocol), who);
}

void by_federated_token(const AuthContext& context, const std::string& text, Identity& who) {
  const auto verdict = context.tokens.judge(text);
  if (!verdict.token) throw Fault::not_found(verdict.reason);
  const TokenPayload& old = verdict.token->payload;
  if (old.identity_provider_id.empty()) throw unauthorized();
  who.is(old.user_id);
  auto& methods = who.claims.methods;
  methods.insert(methods.end(), old.methods.begin(), old.methods.end());
  who.expires(old.expires_at);
  who.parent_audit_id = old.audit_ids.back();
  carry_federation(context.state, old, who);
}

Proof read(resource::Form& data, const AuthContext& context) {
  if (data.has("id")) {
    return [&context, id = data.required_text("id", kAuthText)](Identity& who) {
      by_federated_token(context, id, who);
    };
  }
  if (!data.has("identity_provider")) throw expected("identity_provider", "mapped");
  if (!data.has("protocol")) throw expected("protocol", "mapped");
  return [&context, idp = data.required_text("identity_provider", kAuthText),
          protocol = data.required_text("protocol", kAuthText)](Identity& who) {
    by_assertion(context, idp, protocol, who);
  };
}

}  // namespace

void prove_mapped(State& state, const std::string& idp_id, const std::string& protocol_id,
                  const Assertion& assertion, Identity& who) {
  const Source from = source_of(state, idp_id, protocol_id);
  check_remote_id(state, from.idp, from.protocol, assertion);
  const auto mapped = map_assertion(from.mapping.rules, from.mapping.schema_version, assertion);
  if (!mapped) throw Fault::unauthorized(mapped.reason());
  who.claims.methods.push_back(method_named(state, protocol_id));
  state.world.db.write([&](db::Transaction& tx) {
    if (mapped->user.is_local) return who.is(local_user(state, tx, mapped->user));
    const auto groups = groups_of(state, tx, *mapped, from.mapping.id);
    who.is(shadow_user(state, tx, from.idp, from.protocol, *mapped, groups));
    who.claims.identity_provider_id = idp_id;
    who.claims.protocol_id = protocol_id;
    who.claims.federated_group_ids = groups;
  });
}

void carry_federation(State& state, const TokenPayload& old, Identity& who) {
  const Source from = source_of(state, old.identity_provider_id, old.protocol_id);
  state.world.db.read([&](db::Session& session) {
    for (const auto& id : old.federated_group_ids) {
      need_group(state, session, id, from.mapping.id);
    }
  });
  who.claims.identity_provider_id = old.identity_provider_id;
  who.claims.protocol_id = old.protocol_id;
  who.claims.federated_group_ids = old.federated_group_ids;
}

const AuthMethod kAuthByMapped{"mapped", read}, kAuthBySaml2{"saml2", read},
    kAuthByOpenid{"openid", read};

}  // namespace haneul::keystone
