#include "services/keystone/logic/catalog.h"

#include "json/writer.h"

namespace haneul::keystone {
namespace {

// Where "$(" or "%(" begins.
std::size_t find_blank(std::string_view url, std::size_t from) {
  for (std::size_t i = from; i + 1 < url.size(); ++i) {
    if ((url[i] == '$' || url[i] == '%') && url[i + 1] == '(') return i;
  }
  return std::string_view::npos;
}

void write_endpoint(json::Writer& w, const CatalogEndpoint& e, const std::string& url) {
  w.begin_object().member("id", e.id).member("interface", e.interface);
  for (const char* key : {"region", "region_id"}) {
    w.key(key);
    e.region_id.empty() ? w.null() : w.value(e.region_id);
  }
  w.member("url", url).end_object();
}

}  // namespace

std::optional<std::string> fill_url(std::string_view url, std::string_view project_id,
                                    std::string_view user_id) {
  std::string out;
  std::size_t done = 0;
  for (auto at = find_blank(url, 0); at != std::string_view::npos; at = find_blank(url, done)) {
    const auto end = url.find(")s", at);
    if (end == std::string_view::npos) return std::nullopt;
    const auto name = url.substr(at + 2, end - at - 2);
    const bool project = name == "tenant_id" || name == "project_id";
    const auto value = project ? project_id : name == "user_id" ? user_id : std::string_view();
    if (value.empty()) return std::nullopt;
    out.append(url.substr(done, at - done)).append(value);
    done = end + 2;
  }
  return out.append(url.substr(done));
}

bool has_blanks(const std::vector<CatalogService>& services) {
  for (const auto& service : services) {
    for (const auto& endpoint : service.endpoints) {
      if (find_blank(endpoint.url, 0) != std::string_view::npos) return true;
    }
  }
  return false;
}

std::string render_catalog(const std::vector<CatalogService>& services, std::string_view project_id,
                           std::string_view user_id) {
  json::Writer w;
  w.reserve(8192);
  w.begin_array();
  for (const auto& service : services) {
    w.begin_object().key("endpoints").begin_array();
    for (const auto& endpoint : service.endpoints) {
      const auto url = fill_url(endpoint.url, project_id, user_id);
      if (url) write_endpoint(w, endpoint, *url);
    }
    w.end_array().member("id", service.id).member("type", service.type);
    w.member("name", service.name).end_object();
  }
  w.end_array();
  return w.take();
}

}  // namespace haneul::keystone
