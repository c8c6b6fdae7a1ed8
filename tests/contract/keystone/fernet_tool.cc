// Answers JSON lines on standard input, one each, so that upstream's own code can be held against
// ours: {"op":"encode","keys":[…],"now":"…","token":{…}}, {"op":"decode","keys":[…],"text":"…"},
// {"op":"jws_encode","private":"…","now":"…","token":{…}}, {"op":"jws_decode","public":["…"],…},
// {"op":"hash","algorithm":"…","password":"…"}, {"op":"verify","password":"…","hash":"…"}.
#include <iostream>

#include "json/writer.h"
#include "services/keystone/logic/jws.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {
namespace {

std::string text_of(const json::Value& from, std::string_view key) {
  const json::Value* found = from.at({key});
  return found && found->text() ? *found->text() : std::string();
}

std::vector<std::string> texts_of(const json::Value& from, std::string_view key) {
  std::vector<std::string> texts;
  const json::Value* found = from.at({key});
  if (!found || !found->array()) return texts;
  for (const json::Value& item : *found->array()) texts.push_back(*item.text());
  return texts;
}

FernetKeys keys_of(const json::Value& request) {
  FernetKeys keys;
  for (const auto& text : texts_of(request, "keys")) {
    keys.push_back(FernetKey::parse(text).value());
  }
  return keys;
}

// Every text member of a token and its name.
template <class Token, class Visit>
void each_text(Token& token, Visit visit) {
  visit("user_id", token.user_id);
  visit("system", token.system);
  visit("domain_id", token.domain_id);
  visit("project_id", token.project_id);
  visit("trust_id", token.trust_id);
  visit("identity_provider_id", token.identity_provider_id);
  visit("protocol_id", token.protocol_id);
  visit("access_token_id", token.access_token_id);
  visit("app_cred_id", token.app_cred_id);
  visit("thumbprint", token.thumbprint);
}

TokenPayload token_of(const json::Value& request) {
  const json::Value& from = *request.at({"token"});
  TokenPayload token;
  each_text(token, [&](const char* name, std::string& text) { text = text_of(from, name); });
  token.methods = texts_of(from, "methods");
  token.audit_ids = texts_of(from, "audit_ids");
  token.federated_group_ids = texts_of(from, "federated_group_ids");
  token.expires_at = parse_instant(text_of(from, "expires_at")).value();
  token.kind = payload_kind(token);
  return token;
}

void encode(const json::Value& request, json::Writer& out) {
  out.member("text", encode_token(token_of(request), keys_of(request),
                                  parse_instant(text_of(request, "now")).value()));
}

void jws_encode(const json::Value& request, json::Writer& out) {
  const JwsKey key = JwsKey::parse_private(text_of(request, "private")).value();
  out.member("text", encode_jws_token(token_of(request), key,
                                      parse_instant(text_of(request, "now")).value()));
}

void write_token(const std::optional<TokenPayload>& token, json::Writer& out) {
  out.key("token");
  if (!token) {
    out.null();
    return;
  }
  out.begin_object().member("kind", static_cast<int>(token->kind));
  each_text(*token, [&](const char* name, const std::string& text) { out.member(name, text); });
  out.member("methods", token->methods).member("audit_ids", token->audit_ids);
  out.member("federated_group_ids", token->federated_group_ids);
  out.member("issued_at", iso_micros(token->issued_at));
  out.member("expires_at", iso_micros(token->expires_at)).end_object();
}

void decode(const json::Value& request, json::Writer& out) {
  write_token(decode_token(text_of(request, "text"), keys_of(request)), out);
}

void jws_decode(const json::Value& request, json::Writer& out) {
  std::vector<JwsKey> keys;
  for (const auto& pem : texts_of(request, "public")) {
    keys.push_back(JwsKey::parse_public(pem).value());
  }
  write_token(decode_jws_token(text_of(request, "text"), keys), out);
}

void hash(const json::Value& request, json::Writer& out) {
  PasswordOptions options;
  options.algorithm = password_algorithm(text_of(request, "algorithm")).value();
  options.rounds = static_cast<std::uint32_t>(*request.at({"rounds"})->integer());
  out.member("hash", hash_password(text_of(request, "password"), options));
}

std::string answer(const json::Value& request) {
  json::Writer out;
  out.begin_object();
  const std::string op = text_of(request, "op");
  if (op == "encode") encode(request, out);
  if (op == "decode") decode(request, out);
  if (op == "jws_encode") jws_encode(request, out);
  if (op == "jws_decode") jws_decode(request, out);
  if (op == "hash") hash(request, out);
  if (op == "verify") {
    out.member("good", verify_password(text_of(request, "password"), text_of(request, "hash"),
                                       {.algorithm = PasswordAlgorithm::scrypt}));
  }
  out.end_object();
  return out.take();
}

}  // namespace
}  // namespace haneul::keystone

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = haneul::json::parse(line);
    if (!request) return 1;
    std::cout << haneul::keystone::answer(*request) << std::endl;
  }
}
