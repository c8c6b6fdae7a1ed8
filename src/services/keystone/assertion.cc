#include "services/keystone/assertion.h"

#include <algorithm>

#include "base/text.h"
#include "services/keystone/oidc_provider.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

// "Oidc-Iss" is "HTTP_OIDC_ISS" to programs behind a web server.
std::string environment_name(std::string_view header) {
  std::string name = "HTTP_";
  for (const char c : header) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

// UTF-8, or Latin-1 brought into it.
std::string as_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xc0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return out;
}

}  // namespace

Assertion assertion_of_proxy(const resource::Call& call, const Options& options) {
  Assertion assertion;
  const auto& trusted = options.trusted_proxies;
  const auto& prefix = options.assertion_prefix;
  const bool from_proxy =
      std::find(trusted.begin(), trusted.end(), call.request().peer) != trusted.end();
  if (prefix.empty() || !from_proxy) return assertion;
  for (const auto& [header, value] : call.request().headers.all()) {
    const auto name = environment_name(header);
    if (!name.starts_with(prefix)) continue;
    auto& values = assertion[name];
    values.clear();  // a repeated header: the last counts
    const auto text = as_utf8(value);
    for (const auto part : split(text, ';')) values.emplace_back(part);
  }
  return assertion;
}

std::string remote_id_attribute(const Options& options, const Protocol& protocol) {
  if (protocol.remote_id_attribute && !protocol.remote_id_attribute->empty()) {
    return *protocol.remote_id_attribute;
  }
  const std::string none;
  const auto& own = protocol.id == "mapped"   ? options.mapped_remote_id_attribute
                    : protocol.id == "openid" ? options.openid_remote_id_attribute
                    : protocol.id == "saml2"  ? options.saml2_remote_id_attribute
                                              : none;
  return own.empty() ? options.remote_id_attribute : own;
}

Assertion assertion_of(const resource::Call& call, const State& state, const std::string& idp_id,
                       const std::string& protocol_id) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto authorization = call.request().headers.get("Authorization");
  if (OidcProvider* provider = state.oidc.find(idp_id, protocol_id);
      provider && authorization.starts_with(kBearer)) {
    const auto claims = provider->claims_of(trim(authorization.substr(kBearer.size())));
    if (!claims) throw Fault::unauthorized(claims.reason());
    return assertion_of_claims(*claims);
  }
  return assertion_of_proxy(call, state.options);
}

}  // namespace haneul::keystone
