#include "services/keystone/token.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/logic/client_certificate.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/logic/jose.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

// The same token with and without padding is one token.
std::string_view without_padding(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return text;
}

std::string new_audit_id() {
  return base64url_unpadded(random_bytes(16));
}

// As they will come out of the token's text, and those that will not.
std::vector<std::string> in_token_order(const std::vector<std::string>& given, AuthMethods known) {
  auto methods = methods_from_bits(methods_to_bits(given, known), known);
  for (const auto& method : given) {
    if (methods_to_bits({method}, known) == 0) methods.push_back(method);
  }
  return methods;
}

// A trust's hangs on more users than its own, whose changes its stamp would not tell.
bool is_cached(const ValidToken& token) {
  return token.payload.trust_id.empty();
}

bool is_expired(const ValidToken& token, Instant now, Duration window) {
  return token.payload.expires_at + window <= now;
}

}  // namespace

bool is_holder(const ValidToken& token, std::string_view certificate) {
  const auto& bound = token.payload.thumbprint;
  if (bound.empty()) return true;
  return !certificate.empty() && same_secret(certificate_thumbprint(certificate), bound);
}

std::shared_ptr<const ValidToken> Tokens::cached(std::string_view text, Duration window) {
  auto token = state_.cache.find(text);
  if (!token || token->stamp != state_.epochs.at(token->payload.user_id)) return nullptr;
  if (token->keys_generation != state_.token_format->keys_generation()) return nullptr;
  const Instant now = state_.now();
  return is_expired(*token, now, window) || token->good_until <= now ? nullptr : token;
}

std::shared_ptr<const ValidToken> Tokens::validate(std::string_view text, Duration window) {
  if (auto token = cached(without_padding(text), window)) return token;
  return judge(text, window).token;
}

// By another process under the same epochs, or here. Catalogs are each process's own: they are
// large and alike.
std::shared_ptr<ValidToken> Tokens::looked_into(std::string_view text, const TokenPayload& payload,
                                                Epochs::Stamp stamp) {
  const bool is_shared = payload.trust_id.empty();
  auto token = is_shared ? state_.shared_cache.find(text, payload, stamp) : nullptr;
  if (token && token->good_until > state_.now()) {
    const auto& caller = *token->caller;
    if (caller.scope() != access::Scope::unscoped) {
      token->catalog = state_.world.db.read([&](db::Session& session) {
        return state_.catalog.get(session, stamp.all, payload.project_id, caller.user_id.text);
      });
    }
    return token;
  }
  token = state_.world.db.read(
      [&](db::Session& session) { return look_into(state_, session, payload, stamp); });
  if (token && is_shared) state_.shared_cache.put(text, *token);
  return token;
}

Tokens::Verdict Tokens::judge(std::string_view full_text, Duration window) {
  const auto text = without_padding(full_text);
  if (text.empty()) return {nullptr, "No token in the request"};
  if (auto token = cached(text, window)) return {std::move(token), {}};
  const auto generation = state_.token_format->keys_generation();
  auto payload = state_.token_format->decode(text);
  if (!payload) return {nullptr, state_.token_format->unreadable(full_text)};
  const bool expired = payload->expires_at + window <= state_.now();
  if (!expired) sync_user(state_, payload->user_id, state_.options.identity_cache_time);
  const auto stamp = state_.epochs.at(payload->user_id);
  if (expired || state_.revocations.covers(*payload)) return {nullptr, "Failed to validate token"};
  auto token = looked_into(text, *payload, stamp);
  if (!token) return {nullptr, fmt::format("Could not find token: {}.", full_text)};
  token->keys_generation = generation;
  if (is_cached(*token)) state_.cache.put(text, token);
  return {std::move(token), {}};
}

std::optional<Tokens::Issued> Tokens::issue(TokenPayload wanted) {
  const Instant now = state_.now();
  wanted.audit_ids.insert(wanted.audit_ids.begin(), new_audit_id());
  wanted.methods = in_token_order(wanted.methods, state_.auth_methods);
  wanted.kind = payload_kind(wanted);
  const auto stamp = state_.epochs.at(wanted.user_id);
  wanted.issued_at = state_.revocations.issue_time(wanted, now);
  auto token = state_.world.db.read(
      [&](db::Session& session) { return look_into(state_, session, wanted, stamp); });
  if (!token) return std::nullopt;
  token->keys_generation = state_.token_format->keys_generation();
  Issued issued{state_.token_format->encode(wanted), token};
  if (is_cached(*token)) {
    state_.cache.put(issued.text, token);
    state_.shared_cache.put(issued.text, *token);
  }
  return issued;
}

}  // namespace haneul::keystone
