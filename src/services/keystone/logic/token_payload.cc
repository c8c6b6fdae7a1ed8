#include "services/keystone/logic/token_payload.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"
#include "services/keystone/logic/jose.h"
#include "services/keystone/logic/payload_items.h"

namespace haneul::keystone {
namespace {

using Kind = PayloadKind;

void put_bare_id(MsgpackWriter& out, std::string_view id) {
  if (is_hex_id(id)) {
    out.bytes(*from_hex(id));
  } else {
    out.text(id);
  }
}

void put_audit_ids(MsgpackWriter& out, const std::vector<std::string>& ids) {
  out.array(ids.size());
  for (const std::string& id : ids) {
    const auto raw = base64_decode(id);
    if (!raw) throw std::invalid_argument("an audit id is not base64url");
    out.bytes(*raw);
  }
}

void put_groups(MsgpackWriter& out, const std::vector<std::string>& ids) {
  out.array(ids.size());
  for (const std::string& id : ids) put_id(out, id);
}

// What stands between the methods and the expiry.
void put_scope(MsgpackWriter& out, const TokenPayload& token) {
  switch (token.kind) {
    case Kind::unscoped:
      break;
    case Kind::domain:
      put_bare_id(out, token.domain_id);
      break;
    case Kind::project:
    case Kind::trust:
    case Kind::application_credential:
      put_id(out, token.project_id);
      break;
    case Kind::federated_unscoped:
      break;
    case Kind::federated_project:
      put_id(out, token.project_id);
      break;
    case Kind::federated_domain:
      put_id(out, token.domain_id);
      break;
    case Kind::oauth:
      put_id(out, token.project_id);
      put_id(out, token.access_token_id);
      break;
    case Kind::system:
      out.text(token.system);
      break;
    case Kind::oauth2_credential:
      put_id(out, token.project_id);
      put_id(out, token.domain_id);
      break;
  }
}

bool is_federated(Kind kind) {
  return kind >= Kind::federated_unscoped && kind <= Kind::federated_domain;
}

std::size_t item_count(Kind kind) {
  switch (kind) {
    case Kind::unscoped:
      return 5;
    case Kind::domain:
    case Kind::project:
    case Kind::system:
      return 6;
    case Kind::trust:
    case Kind::oauth:
    case Kind::application_credential:
      return 7;
    case Kind::federated_unscoped:
    case Kind::oauth2_credential:
      return 8;
    case Kind::federated_project:
    case Kind::federated_domain:
      return 9;
  }
  return 0;
}

// Reads items into a token; after the first that does not fit, `ok` stays false.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : in_(bytes) {}

  std::optional<TokenPayload> read(AuthMethods known) {
    const auto items = in_.array();
    const auto version = in_.integer();
    if (!items || !version || *version > 10) return std::nullopt;
    TokenPayload token;
    token.kind = static_cast<Kind>(*version);
    if (*items != item_count(token.kind)) return std::nullopt;
    id(token.user_id);
    const auto bits = in_.integer();
    ok_ = ok_ && bits;
    token.methods = methods_from_bits(bits.value_or(0), known);
    scope(token);
    if (is_federated(token.kind)) federation(token);
    instant(token.expires_at);
    audit_ids(token.audit_ids);
    tail(token);
    if (!ok_ || !in_.at_end()) return std::nullopt;
    return token;
  }

 private:
  void scope(TokenPayload& token) {
    switch (token.kind) {
      case Kind::unscoped:
      case Kind::federated_unscoped:
        break;
      case Kind::domain:
        bare_id(token.domain_id);
        break;
      case Kind::federated_domain:
        id(token.domain_id);
        break;
      case Kind::system:
        text(token.system);
        break;
      default:
        id(token.project_id);
        break;
    }
    if (token.kind == Kind::oauth) id(token.access_token_id);
    if (token.kind == Kind::oauth2_credential) id(token.domain_id);
  }

  void federation(TokenPayload& token) {
    const auto count = in_.array();
    ok_ = ok_ && count;
    for (std::size_t i = 0; ok_ && i < *count; ++i) id(token.federated_group_ids.emplace_back());
    id(token.identity_provider_id);
    text(token.protocol_id);
  }

  void tail(TokenPayload& token) {
    if (token.kind == Kind::trust) {
      raw_id(token.trust_id);
    } else if (token.kind == Kind::application_credential) {
      id(token.app_cred_id);
    } else if (token.kind == Kind::oauth2_credential) {
      id(token.thumbprint);
    }
  }

  void take(std::optional<std::string> item, std::string& out) {
    ok_ = ok_ && item;
    if (ok_) out = std::move(*item);
  }
  void text(std::string& out) {
    if (ok_) take(take_text(in_), out);
  }
  void raw_id(std::string& out) {
    if (ok_) take(take_raw_id(in_), out);
  }
  void id(std::string& out) {
    if (ok_) take(take_id(in_), out);
  }

  // 16 bytes or the default domain's id, without a mark which.
  void bare_id(std::string& out) {
    const auto read = in_.text();
    ok_ = ok_ && read && (read->size() == kUuidBytes || is_valid_utf8(*read));
    if (ok_) out = read->size() == kUuidBytes ? to_hex(*read) : std::string(*read);
  }

  void instant(Instant& out) {
    if (!ok_) return;
    const auto read = take_instant(in_);
    ok_ = read.has_value();
    if (ok_) out = *read;
  }

  void audit_ids(std::vector<std::string>& out) {
    const auto count = in_.array();
    ok_ = ok_ && count;
    for (std::size_t i = 0; ok_ && i < *count; ++i) {
      const auto raw = in_.text();
      ok_ = raw.has_value();
      if (!ok_) return;
      out.push_back(base64url_unpadded(*raw));
    }
  }

  MsgpackReader in_;
  bool ok_ = true;
};

}  // namespace

PayloadKind payload_kind(const TokenPayload& token) {
  if (!token.access_token_id.empty()) return Kind::oauth;
  if (!token.trust_id.empty()) return Kind::trust;
  if (!token.identity_provider_id.empty()) {
    if (!token.project_id.empty()) return Kind::federated_project;
    return token.domain_id.empty() ? Kind::federated_unscoped : Kind::federated_domain;
  }
  if (!token.app_cred_id.empty()) return Kind::application_credential;
  if (!token.thumbprint.empty()) return Kind::oauth2_credential;
  if (!token.project_id.empty()) return Kind::project;
  if (!token.domain_id.empty()) return Kind::domain;
  return token.system.empty() ? Kind::unscoped : Kind::system;
}

std::uint64_t methods_to_bits(const std::vector<std::string>& methods, AuthMethods known) {
  std::uint64_t bits = 0;
  for (const std::string& method : methods) {
    const auto at = std::find(known.begin(), known.end(), method);
    if (at != known.end()) bits |= std::uint64_t{1} << (at - known.begin());
  }
  return bits;
}

std::vector<std::string> methods_from_bits(std::uint64_t bits, AuthMethods known) {
  std::vector<std::string> methods;
  for (std::size_t i = known.size(); i-- > 0;) {
    if (bits >> i == 1) {
      methods.emplace_back(known[i]);
      bits ^= std::uint64_t{1} << i;
    }
  }
  return methods;
}

std::string encode_payload(const TokenPayload& token, AuthMethods known) {
  MsgpackWriter out;
  out.array(item_count(token.kind)).integer(static_cast<std::uint64_t>(token.kind));
  put_id(out, token.user_id);
  out.integer(methods_to_bits(token.methods, known));
  put_scope(out, token);
  if (is_federated(token.kind)) {
    put_groups(out, token.federated_group_ids);
    put_id(out, token.identity_provider_id);
    out.text(token.protocol_id);
  }
  put_instant(out, token.expires_at);
  put_audit_ids(out, token.audit_ids);
  if (token.kind == Kind::trust) {
    if (!is_hex_id(token.trust_id)) throw std::invalid_argument("a trust id is not hexadecimal");
    out.bytes(*from_hex(token.trust_id));
  } else if (token.kind == Kind::application_credential) {
    put_id(out, token.app_cred_id);
  } else if (token.kind == Kind::oauth2_credential) {
    out.array(2).boolean(false).text(token.thumbprint);
  }
  return out.take();
}

std::optional<TokenPayload> decode_payload(std::string_view bytes, AuthMethods known) {
  return PayloadReader(bytes).read(known);
}

std::string encode_token(const TokenPayload& token, const FernetKeys& keys, Instant now,
                         AuthMethods known) {
  std::string text = fernet_encrypt(keys, encode_payload(token, known), now);
  text.erase(std::min(text.size(), text.find('=')));
  return text;
}

std::optional<TokenPayload> decode_token(std::string_view text, const FernetKeys& keys,
                                         AuthMethods known) {
  const auto message = fernet_decrypt(keys, text);
  if (!message) return std::nullopt;
  auto token = decode_payload(message->payload, known);
  if (token) token->issued_at = message->made;
  return token;
}

}  // namespace haneul::keystone
