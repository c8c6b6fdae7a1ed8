#include "services/keystone/receipt.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/keystone/logic/mfa.h"
#include "services/keystone/logic/receipt_payload.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

// As upstream's default, receipts are made with the keys of tokens.
constexpr std::string_view kHeader = "Openstack-Auth-Receipt";

TokenPayload like_a_token(const ReceiptPayload& receipt) {
  TokenPayload token;
  token.user_id = receipt.user_id;
  token.issued_at = receipt.issued_at;
  return token;
}

ReceiptPayload new_receipt(const State& state, const User& user,
                           const std::vector<std::string>& methods) {
  ReceiptPayload receipt;
  receipt.user_id = user.id;
  receipt.methods = methods;
  receipt.issued_at = state.revocations.issue_time(like_a_token(receipt), state.now());
  receipt.expires_at = (state.now() + state.options.receipt_lifetime).truncated();
  return receipt;
}

std::string domain_name(const State& state, const User& user) {
  const auto domain = state.world.db.read(
      [&](db::Session& session) { return state.projects.find(session, user.domain_id); });
  return domain ? domain->name : std::string();
}

std::string body_of(const State& state, const User& user, const ReceiptPayload& receipt) {
  json::Writer w;
  w.begin_object().key("receipt").begin_object().member("methods", receipt.methods);
  w.key("user").begin_object().member("id", user.id).member("name", user.name);
  w.key("domain").begin_object();
  w.member("id", user.domain_id).member("name", domain_name(state, user)).end_object();
  w.end_object().member("expires_at", iso_micros(receipt.expires_at));
  w.member("issued_at", iso_micros(receipt.issued_at)).end_object();
  w.key("required_auth_methods").begin_array();
  for (const auto& rule : mfa_rules_begun(user.options, receipt.methods, state.auth_methods)) {
    w.value(rule);
  }
  w.end_array().end_object();
  return w.take();
}

bool is_good(const State& state, const ReceiptPayload& receipt) {
  return state.now() < receipt.expires_at && !state.revocations.covers(like_a_token(receipt));
}

}  // namespace

http::Response give_receipt(const State& state, const User& user,
                            const std::vector<std::string>& methods) {
  const auto receipt = new_receipt(state, user, methods);
  auto response = http::Response::json(401, body_of(state, user, receipt));
  response.headers.set(std::string(kHeader), encode_receipt(receipt, *state.token_keys.need(),
                                                            receipt.issued_at, state.auth_methods));
  return response;
}

void take_receipt(const State& state, const http::Headers& headers, TokenPayload& claims) {
  const auto text = headers.get(kHeader);
  if (text.empty()) return;
  const auto receipt = decode_receipt(text, *state.token_keys.need(), state.auth_methods);
  if (!receipt || !is_good(state, *receipt) || receipt->user_id != claims.user_id) {
    const auto shown = is_valid_utf8(text) ? text : std::string_view();
    // The history shows the name: the receipt may be good for somebody else.
    throw Fault::unauthorized(fmt::format("Could not find auth receipt: {}.", shown))
        .named("ReceiptNotFound");
  }
  for (const auto& method : receipt->methods) {
    const bool known =
        std::find(claims.methods.begin(), claims.methods.end(), method) != claims.methods.end();
    if (!known) claims.methods.push_back(method);
  }
}

}  // namespace haneul::keystone
