#include "json/value.h"
#include "json/writer.h"
#include "services/keystone/logic/jws.h"

namespace haneul::keystone {
namespace {

// Claims that are text, and absent where there is none.
struct TextClaim {
  const char* name;
  std::string TokenPayload::*member;
};
constexpr TextClaim kTextClaims[] = {{"openstack_system", &TokenPayload::system},
                                     {"openstack_domain_id", &TokenPayload::domain_id},
                                     {"openstack_project_id", &TokenPayload::project_id},
                                     {"openstack_trust_id", &TokenPayload::trust_id},
                                     {"openstack_idp_id", &TokenPayload::identity_provider_id},
                                     {"openstack_protocol_id", &TokenPayload::protocol_id},
                                     {"openstack_access_token_id", &TokenPayload::access_token_id},
                                     {"openstack_app_cred_id", &TokenPayload::app_cred_id},
                                     {"openstack_thumbprint", &TokenPayload::thumbprint}};

bool read_texts(const json::Value* from, std::vector<std::string>& texts) {
  if (!from || !from->array()) return false;
  for (const json::Value& item : *from->array()) {
    if (!item.text()) return false;
    texts.push_back(*item.text());
  }
  return true;
}

// Upstream has groups as {"id": …}.
bool read_groups(const json::Value* from, std::vector<std::string>& ids) {
  if (!from || from->is_null()) return true;
  if (!from->array()) return false;
  for (const json::Value& item : *from->array()) {
    const json::Value* id = item.object() ? item.at({"id"}) : &item;
    if (!id || !id->text()) return false;
    ids.push_back(*id->text());
  }
  return true;
}

std::optional<Instant> read_time(const json::Value* from) {
  constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the year 9999
  if (!from || !from->integer() || *from->integer() < 0 || *from->integer() > kSecondsMax) {
    return std::nullopt;
  }
  return Instant::from_seconds(*from->integer());
}

bool read_text_claims(const json::Object& claims, TokenPayload& token) {
  for (const auto& [name, member] : kTextClaims) {
    const json::Value* value = claims.find(name);
    if (!value || value->is_null()) continue;
    if (!value->text()) return false;
    token.*member = *value->text();
  }
  return true;
}

}  // namespace

std::string encode_jws_token(const TokenPayload& token, const JwsKey& private_key, Instant now) {
  json::Writer w;
  w.begin_object().member("sub", token.user_id).member("iat", now.seconds());
  w.member("exp", token.expires_at.seconds());
  w.member("openstack_methods", token.methods).member("openstack_audit_ids", token.audit_ids);
  for (const auto& [name, member] : kTextClaims) {
    if (!(token.*member).empty()) w.member(name, token.*member);
  }
  if (!token.federated_group_ids.empty()) {
    w.key("openstack_group_ids").begin_array();
    for (const auto& id : token.federated_group_ids) {
      w.begin_object().member("id", id).end_object();
    }
    w.end_array();
  }
  w.end_object();
  return jws_sign(w.take(), private_key);
}

std::optional<TokenPayload> decode_jws_token(std::string_view text,
                                             const std::vector<JwsKey>& public_keys) {
  const auto payload = jws_verify(text, public_keys);
  const auto value = payload ? json::parse(*payload) : std::nullopt;
  if (!value || !value->object()) return std::nullopt;
  const json::Object& claims = *value->object();
  TokenPayload token;
  const json::Value* user = claims.find("sub");
  const auto issued = read_time(claims.find("iat")), expires = read_time(claims.find("exp"));
  if (!user || !user->text() || !issued || !expires || !read_text_claims(claims, token) ||
      !read_texts(claims.find("openstack_methods"), token.methods) ||
      !read_texts(claims.find("openstack_audit_ids"), token.audit_ids) || token.audit_ids.empty() ||
      !read_groups(claims.find("openstack_group_ids"), token.federated_group_ids)) {
    return std::nullopt;
  }
  token.user_id = *user->text();
  token.issued_at = *issued;
  token.expires_at = *expires;
  token.kind = payload_kind(token);
  return token;
}

}  // namespace haneul::keystone
