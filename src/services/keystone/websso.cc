#include "services/keystone/websso.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "resource/webob.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

constexpr auto kGoodFor = std::chrono::minutes(10);

struct Named {
  std::string_view name;
  std::string PendingLogin::*member;
};
constexpr Named kMembers[] = {
    {"idp", &PendingLogin::idp},          {"protocol", &PendingLogin::protocol},
    {"origin", &PendingLogin::origin},    {"cookie", &PendingLogin::cookie},
    {"nonce", &PendingLogin::nonce},      {"verifier", &PendingLogin::code_verifier},
    {"back", &PendingLogin::redirect_uri}};

}  // namespace

std::string cookie_of(const http::Request& request, std::string_view name) {
  for (const auto part : split(request.headers.get("Cookie"), ';')) {
    const auto pair = trim(part);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos) {
      return std::string(pair.substr(equals + 1));
    }
  }
  return {};
}

std::string seal(const State& state, const PendingLogin& login, std::string_view purpose_wanted) {
  json::Writer w;
  w.begin_object().member("for", purpose_wanted);
  for (const auto& [name, member] : kMembers) w.member(name, login.*member);
  w.end_object();
  return fernet_encrypt(*state.token_keys.need(), w.take(), state.now());
}

std::optional<PendingLogin> unseal(const State& state, std::string_view text,
                                   std::string_view purpose_wanted) {
  if (text.size() > kFernetTextBytesMax) return std::nullopt;
  const auto message = fernet_decrypt(*state.token_keys.need(), text);
  if (!message || message->made + kGoodFor <= state.now()) return std::nullopt;
  const auto value = json::parse(message->payload);
  const json::Value* purpose = value ? value->at({"for"}) : nullptr;
  if (!purpose || !purpose->text() || *purpose->text() != purpose_wanted) return std::nullopt;
  PendingLogin login;
  for (const auto& [name, member] : kMembers) {
    const json::Value* found = value->at({name});
    if (!found || !found->text()) return std::nullopt;
    login.*member = *found->text();
  }
  return login;
}

bool is_same_browser(const http::Request& request, const PendingLogin& login) {
  const auto given = cookie_of(request, kLoginCookie);
  return !given.empty() && same_secret(given, login.cookie);
}

std::string sso_page(std::string_view origin, std::string_view token) {
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><title>Logging in</title></head>\n"
      "<body onload=\"document.forms[0].submit()\">\n"
      "<form id=\"sso\" name=\"sso\" action=\"{}\" method=\"post\">\n"
      "<input type=\"hidden\" name=\"token\" id=\"token\" value=\"{}\"/>\n"
      "<noscript><input type=\"submit\" value=\"Go on\"/></noscript>\n</form></body></html>\n",
      resource::html_escape(origin), resource::html_escape(token));
}

std::string with_lower_host(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const auto end = std::min(url.find('/', scheme + 3), url.size());
  return std::string(url.substr(0, scheme)) + lower(url.substr(scheme, end - scheme)) +
         std::string(url.substr(end));
}

}  // namespace haneul::keystone
