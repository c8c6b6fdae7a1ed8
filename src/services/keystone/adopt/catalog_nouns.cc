#include "json/value.h"
#include "services/keystone/adopt/noun.h"

// Regions, services, endpoints, what filters them, and policies.
namespace haneul::keystone {
namespace {

using OwnServices = std::set<std::pair<std::string, std::string>>;

AdoptedNoun region_noun() {
  return {.name = "regions",
          .here = {"regions", {"id", "parent_region_id", "description", "extra"}},
          .select = "SELECT id, parent_region_id, description, extra FROM region",
          .map = [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0), g.text_or_null(1), g.text(2), g.object(3)};
            return std::string();
          }};
}

// Upstream keeps the name among what it does not know.
std::string map_service(const Given& g, Cells& cells, Here&) {
  const auto parsed = json::parse(g.object(3));
  json::Object extra = *parsed->object();
  Cell name = nullptr;
  if (const auto* given = extra.find("name"); given && given->text()) name = *given->text();
  extra.erase("name");
  cells = {g.text(0), g.text(1), std::move(name), std::int64_t{g.flag(2)}, json::dump(extra)};
  return {};
}

AdoptedNoun service_noun(const OwnServices& own) {
  std::set<std::string, std::less<>> names;
  for (const auto& [name, type] : own) names.insert(name);
  return {.name = "services",
          .here = {"catalog_services", {"id", "type", "name", "enabled", "extra"}, 1, {2, 1}},
          .select = "SELECT id, type, enabled, extra FROM service",
          .map = map_service,
          .bootstrapped = std::move(names)};
}

bool is_own(const OwnServices& own, Here& here, const std::string& service_id) {
  return own.contains({here.text("catalog_services", "name", service_id).value_or(""),
                       here.text("catalog_services", "type", service_id).value_or("")});
}

AdoptedNoun endpoint_noun(const OwnServices& own) {
  return {
      .name = "endpoints",
      .here = {"catalog_endpoints",
               {"id", "service_id", "interface", "region_id", "url", "enabled", "extra"}},
      .select = "SELECT id, service_id, interface, region_id, url, enabled, extra FROM endpoint",
      .map =
          [own](const Given& g, Cells& cells, Here& here) {
            std::string url = g.text(4);
            if (is_own(own, here, g.text(1))) {
              const auto like = here.endpoint_like(g.text(1), g.text(2), g.text(3));
              if (like && *like != g.text(0) && !here.has("catalog_endpoints", g.text(0))) {
                here.rename(*like, g.text(0));
              }
              url = here.text("catalog_endpoints", "url", g.text(0)).value_or(url);
            }
            cells = {g.text(0),         g.text(1), g.text(2),
                     g.text_or_null(3), url,       std::int64_t{g.flag(5)},
                     g.object(6)};
            return std::string();
          },
      .refers = {{1, "catalog_services", "service"}, {3, "regions", "region"}}};
}

AdoptedNoun endpoint_group_noun() {
  return {.name = "endpoint groups",
          .here = {"endpoint_groups", {"id", "name", "description", "filters"}},
          .select = "SELECT id, name, description, filters FROM endpoint_group",
          .map = [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0), g.text(1), g.text_or_null(2), g.object(3)};
            return std::string();
          }};
}

AdoptedNoun pair_noun(std::string_view name, std::string_view table, std::string_view column,
                      const std::string& select, std::string_view refers, std::string_view what) {
  return {.name = name,
          .here = {table, {"project_id", column}, 2},
          .select = select,
          .map =
              [](const Given& g, Cells& cells, Here&) {
                cells = {g.text(0), g.text(1)};
                return std::string();
              },
          .refers = {{0, "projects", "project"}, {1, refers, what}}};
}

AdoptedNoun policy_noun() {
  return {.name = "policies",
          .here = {"policies", {"id", "type", "blob", "extra"}},
          .select = "SELECT id, type, `blob`, extra FROM policy",
          .map = [](const Given& g, Cells& cells, Here&) {
            // Upstream keeps a blob as the JSON it came in: text in quotes, or an object.
            const auto blob = json::parse(g.text(2));
            cells = {g.text(0), g.text(1), blob && blob->text() ? *blob->text() : g.text(2),
                     g.object(3)};
            return std::string();
          }};
}

AdoptedNoun policy_association_noun() {
  return {
      .name = "policy associations",
      .here = {"policy_associations", {"endpoint_id", "service_id", "region_id", "policy_id"}, 3},
      .select = "SELECT endpoint_id, service_id, region_id, policy_id FROM policy_association",
      .map =
          [](const Given& g, Cells& cells, Here&) {
            cells = {g.text(0), g.text(1), g.text(2), g.text(3)};
            return std::string();
          },
      .refers = {{0, "catalog_endpoints", "endpoint"},
                 {1, "catalog_services", "service"},
                 {2, "regions", "region"},
                 {3, "policies", "policy"}}};
}

}  // namespace

std::vector<AdoptedNoun> catalog_nouns(const Adoption& adoption) {
  return {region_noun(),
          service_noun(adoption.own_services),
          endpoint_noun(adoption.own_services),
          endpoint_group_noun(),
          pair_noun("projects' endpoints", "project_endpoints", "endpoint_id",
                    "SELECT project_id, endpoint_id FROM project_endpoint", "catalog_endpoints",
                    "endpoint"),
          pair_noun("projects' endpoint groups", "project_endpoint_groups", "endpoint_group_id",
                    "SELECT project_id, endpoint_group_id FROM project_endpoint_group",
                    "endpoint_groups", "endpoint group"),
          policy_noun(),
          policy_association_noun()};
}

std::vector<AdoptedNoun> limit_nouns() {
  return {
      {.name = "registered limits",
       .here = {"registered_limits",
                {"id", "service_id", "region_id", "resource_name", "default_limit", "description"},
                1,
                {1, 2, 3}},
       .select = "SELECT id, service_id, region_id, resource_name, default_limit, description "
                 "FROM registered_limit",
       .map =
           [](const Given& g, Cells& cells, Here&) {
             cells = {g.text(0), g.text(1), g.text(2), g.text(3), g.number(4), g.text_or_null(5)};
             return std::string();
           },
       .refers = {{1, "catalog_services", "service"}, {2, "regions", "region"}}},
      {.name = "limits",
       .here = {"limits",
                {"id", "registered_limit_id", "project_id", "domain_id", "service_id", "region_id",
                 "resource_name", "resource_limit", "description"},
                1,
                {2, 3, 1}},
       .select = "SELECT l.id, l.registered_limit_id, l.project_id, l.domain_id, r.service_id, "
                 "r.region_id, r.resource_name, l.resource_limit, l.description FROM `limit` l "
                 "JOIN registered_limit r ON r.id = l.registered_limit_id",
       .map =
           [](const Given& g, Cells& cells, Here&) {
             cells = {g.text(0), g.text(1), g.text(2),   g.text(3),        g.text(4),
                      g.text(5), g.text(6), g.number(7), g.text_or_null(8)};
             return std::string();
           },
       .refers = {{1, "registered_limits", "registered limit"},
                  {2, "projects", "project"},
                  {3, "projects", "domain"}}}};
}

}  // namespace haneul::keystone
