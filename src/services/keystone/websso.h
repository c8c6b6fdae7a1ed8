#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace haneul::keystone {

struct State;

inline constexpr std::string_view kLoginCookie = "haneul-login";

// What must come back from a provider that the browser was sent to.
struct PendingLogin {
  std::string idp, protocol, origin, cookie, nonce, code_verifier, redirect_uri;
};

// As text that only this cloud can make and read; good for ten minutes and for one purpose.
inline constexpr std::string_view kForWebsso = "websso";
std::string seal(const State& state, const PendingLogin& login,
                 std::string_view purpose_wanted = kForWebsso);
std::optional<PendingLogin> unseal(const State& state, std::string_view text,
                                   std::string_view purpose_wanted = kForWebsso);
// Empty without one of that name.
std::string cookie_of(const http::Request& request, std::string_view name);
// Did the browser that comes back begin the login?
bool is_same_browser(const http::Request& request, const PendingLogin& login);

// A page that posts the token to the dashboard at once.
std::string sso_page(std::string_view origin, std::string_view token);
// Trusted dashboards compare so.
std::string with_lower_host(std::string_view url);

}  // namespace haneul::keystone
