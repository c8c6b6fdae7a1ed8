#include "services/keystone/logic/oauth_signature.h"

#include <algorithm>

#include "base/text.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

constexpr std::size_t kParamsMax = 100;

// The items of a list, commas inside quotes left alone.
std::vector<std::string_view> list_items(std::string_view text) {
  std::vector<std::string_view> items;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] != ',' || quoted) continue;
    items.push_back(trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  items.push_back(trim(text.substr(begin)));
  return items;
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// "http://Host:80/path" as "http://host/path".
std::string normal_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos) return std::string(url);
  const std::string scheme = lower(url.substr(0, scheme_end));
  const auto rest = url.substr(scheme_end + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  std::string host = lower(rest.substr(0, slash));
  const std::string_view default_port = scheme == "https" ? ":443" : ":80";
  if (host.ends_with(default_port)) host.erase(host.size() - default_port.size());
  return scheme + "://" + host + (slash == rest.size() ? "/" : std::string(rest.substr(slash)));
}

std::string normal_params(const OauthParams& params) {
  OauthParams encoded;
  for (const auto& [key, value] : params) {
    if (key == "realm" || key == "oauth_signature") continue;
    encoded.emplace_back(percent_encode(key), percent_encode(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [key, value] : encoded) text += (text.empty() ? "" : "&") + key + "=" + value;
  return text;
}

}  // namespace

std::optional<OauthParams> parse_oauth_header(std::string_view header) {
  constexpr std::string_view kScheme = "OAuth ";
  if (!iequals(header.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  OauthParams params;
  for (const auto item : list_items(header.substr(kScheme.size()))) {
    const auto equals = item.find('=');
    if (equals == item.npos || params.size() == kParamsMax) return std::nullopt;
    const auto key = percent_decode(item.substr(0, equals), false);
    const auto value = percent_decode(without_quotes(item.substr(equals + 1)), false);
    if (!key || !value || !is_valid_utf8(*key) || !is_valid_utf8(*value)) return std::nullopt;
    params.emplace_back(*key, *value);
  }
  return params;
}

std::string oauth_base_string(const OauthRequest& request) {
  return std::string(request.method) + "&" + percent_encode(normal_url(request.url)) + "&" +
         percent_encode(normal_params(request.params));
}

std::optional<std::string> oauth_signature(const OauthRequest& request, std::string_view method,
                                           const OauthSecrets& secrets) {
  const auto key = percent_encode(secrets.consumer) + "&" + percent_encode(secrets.token);
  if (method == "PLAINTEXT") return key;
  if (method != "HMAC-SHA1") return std::nullopt;
  return base64_encode(hmac_sha1(key, oauth_base_string(request)));
}

}  // namespace haneul::keystone
