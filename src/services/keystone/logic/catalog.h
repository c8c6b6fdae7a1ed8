#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::keystone {

struct CatalogEndpoint {
  std::string id, interface, region_id, url;  // region_id: empty is null
};
struct CatalogService {
  std::string id, type, name;
  std::vector<CatalogEndpoint> endpoints;
};

// Puts the project and user in the place of $(project_id)s, %(tenant_id)s and their like. Nothing
// if it asks for a project where there is none, or for anything else.
// upstream: openstack/keystone:keystone/common/utils.py (format_url)
std::optional<std::string> fill_url(std::string_view url, std::string_view project_id,
                                    std::string_view user_id);
// Whether any URL depends on the project or the user.
bool has_blanks(const std::vector<CatalogService>& services);
// The catalog as a token shows it: a JSON array. Endpoints whose URL cannot be filled are left out.
std::string render_catalog(const std::vector<CatalogService>& services, std::string_view project_id,
                           std::string_view user_id);

}  // namespace haneul::keystone
