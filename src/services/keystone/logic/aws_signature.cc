#include "services/keystone/logic/aws_signature.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

using Texts = std::map<std::string, std::string>;

constexpr std::string_view kVersion4 = "AWS4-HMAC-SHA256";
constexpr std::string_view kRequest4 = "aws4_request";

const std::string* find(const Texts& texts, const std::string& key) {
  const auto found = texts.find(key);
  return found == texts.end() ? nullptr : &found->second;
}

std::optional<std::string> signature_0(const AwsRequest& request, std::string_view secret) {
  const auto* action = find(request.params, "Action");
  const auto* timestamp = find(request.params, "Timestamp");
  if (!action || !timestamp) return std::nullopt;
  return base64_encode(hmac_sha1(secret, *action + *timestamp));
}

std::string signature_1(const AwsRequest& request, std::string_view secret) {
  std::vector<const Texts::value_type*> pairs;
  for (const auto& pair : request.params) pairs.push_back(&pair);
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto* a, const auto* b) { return lower(a->first) < lower(b->first); });
  std::string text;
  for (const auto* pair : pairs) text += pair->first + pair->second;
  return base64_encode(hmac_sha1(secret, text));
}

std::string canonical_query(const Texts& params) {
  std::string query;
  for (const auto& [key, value] : params) {
    query += (query.empty() ? "" : "&") + percent_encode(key) + "=" + percent_encode(value);
  }
  return query;
}

std::string signature_2(const AwsRequest& request, std::string_view secret) {
  Texts params = request.params;
  params["SignatureMethod"] = "HmacSHA256";
  const auto text = fmt::format("{}\n{}\n{}\n{}", request.verb, request.host, request.path,
                                canonical_query(params));
  return base64_encode(hmac_sha256(secret, text));
}

// The Authorization header's part of this name, or the query's.
std::optional<std::string> auth_param(const AwsRequest& request, const std::string& name) {
  const auto* header = find(request.headers, "Authorization");
  if (!header) {
    const auto* param = find(request.params, "X-Amz-" + name);
    return param ? std::optional(*param) : std::nullopt;
  }
  const auto at = header->find(name + "=");
  if (at == header->npos) return "";
  const auto rest = std::string_view(*header).substr(at + name.size() + 1);
  return std::string(rest.substr(0, rest.find(',')));
}

// boto before 2.9.3 signs the host without its port.
bool signs_no_port(std::string_view agent) {
  constexpr std::string_view kBoto = "Boto/2.";
  if (!agent.starts_with(kBoto)) return false;
  agent.remove_prefix(kBoto.size());
  return agent.size() > 2 && agent[0] >= '0' && agent[0] <= '9' && agent[1] == '.' &&
         agent[2] >= '0' && agent[2] <= '2';
}

std::string canonical_headers(const AwsRequest& request, std::string_view signed_names) {
  Texts headers;
  for (const auto& [name, value] : request.headers) {
    headers[lower(trim(name))] = std::string(trim(value));
  }
  const auto* agent = find(headers, "user-agent");
  const bool no_port = agent && signs_no_port(*agent);
  std::vector<std::string> lines;
  for (const auto name : split(signed_names, ';')) {
    const auto* value = find(headers, std::string(name));
    if (!value) continue;
    const bool short_host = no_port && name == "host";
    lines.push_back(std::string(name) + ":" +
                    (short_host ? value->substr(0, value->find(':')) : *value));
  }
  return join(lines, "\n") + "\n";
}

std::string key_4(std::string_view secret, std::string_view date, std::string_view region,
                  std::string_view service) {
  const auto day = hmac_sha256("AWS4" + std::string(secret), date);
  return hmac_sha256(hmac_sha256(hmac_sha256(day, region), service), kRequest4);
}

bool is_version_4(const AwsRequest& request) {
  if (const auto* header = find(request.headers, "Authorization")) {
    return header->starts_with(kVersion4);
  }
  const auto* algorithm = find(request.params, "X-Amz-Algorithm");
  return algorithm && *algorithm == kVersion4;
}

// The request's date must be of the day that the key is made for.
std::optional<std::string> signature_4(const AwsRequest& request, std::string_view secret) {
  const auto names = auth_param(request, "SignedHeaders");
  const auto credential = auth_param(request, "Credential");
  const auto* date = find(request.headers, "X-Amz-Date");
  if (!date) date = find(request.params, "X-Amz-Date");
  if (!names || !credential || !date) return std::nullopt;
  const auto scope = split(*credential, '/');
  if (scope.size() < 4 || !date->starts_with(scope[1])) return std::nullopt;
  const bool is_post = iequals(request.verb, "POST");
  std::string verb = request.verb;
  std::transform(verb.begin(), verb.end(), verb.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const auto canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", verb, request.path,
                                     is_post ? "" : canonical_query(request.params),
                                     canonical_headers(request, *names), *names, request.body_hash);
  const auto text = fmt::format("{}\n{}\n{}\n{}", kVersion4, *date,
                                credential->substr(scope[0].size() + 1), to_hex(sha256(canonical)));
  return to_hex(hmac_sha256(key_4(secret, scope[1], scope[2], scope[3]), text));
}

}  // namespace

std::optional<std::string> aws_signature(const AwsRequest& request, std::string_view secret) {
  const auto* version = find(request.params, "SignatureVersion");
  if (version && *version == "0") return signature_0(request, secret);
  if (version && *version == "1") return signature_1(request, secret);
  if (version && *version == "2") return signature_2(request, secret);
  return is_version_4(request) ? signature_4(request, secret) : std::nullopt;
}

std::optional<std::string> s3_signature(std::string_view text, std::string_view secret) {
  if (!text.starts_with("AWS4")) return base64_encode(hmac_sha1(secret, text));
  const auto lines = split(text, '\n');
  if (lines.size() != 4 || lines[0] != kVersion4) return std::nullopt;
  const auto scope = split(lines[2], '/');
  if (scope.size() != 4 || scope[3] != kRequest4) return std::nullopt;
  constexpr std::string_view kServices[] = {"s3", "iam", "sts"};
  if (std::find(std::begin(kServices), std::end(kServices), scope[2]) == std::end(kServices)) {
    return std::nullopt;
  }
  return to_hex(hmac_sha256(key_4(secret, scope[0], scope[1], scope[2]), text));
}

}  // namespace haneul::keystone
