#include "services/keystone/logic/json_home.h"

#include "base/text.h"

namespace haneul::keystone {
namespace {

constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"group", "config_group"},
    {"option", "config_option"},
    {"implied_role_id", "role_id"},
    {"prior_role_id", "role_id"},
    {"value", "tag_value"}};
constexpr std::string_view kOfExtension[] = {"endpoint_group_id", "request_token_id", "consumer_id",
                                             "access_token_id",   "trust_id",         "idp_id",
                                             "protocol_id",       "mapping_id",       "sp_id"};

// The weight that an Accept header gives this type; 0 if none.
double weight(std::string_view header, std::string_view type) {
  double best = 0;
  for (const auto part : split(header, ',')) {
    const auto pieces = split(part, ';');
    if (!iequals(trim(pieces.front()), type)) continue;
    double q = 1;
    for (const auto piece : pieces) {
      const auto parameter = trim(piece);
      if (parameter.starts_with("q=")) q = parse_real(parameter.substr(2)).value_or(0);
    }
    best = q > best ? q : best;
  }
  return best;
}

}  // namespace

bool prefers_json_home(std::string_view header) {
  const double home = weight(header, "application/json-home");
  return home > weight(header, "application/json") && home >= weight(header, "*/*");
}

std::string json_home_param(std::string_view relation, std::string_view name) {
  std::string url(kJsonHomeBase);
  for (const auto extension : kOfExtension) {
    if (name != extension) continue;
    return url.append(relation.substr(0, relation.find("rel/"))).append("param/").append(name);
  }
  for (const auto& [own, shown] : kOtherNames) {
    if (name == own) name = shown;
  }
  return url.append("param/").append(name);
}

}  // namespace haneul::keystone
