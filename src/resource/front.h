#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "access/authenticator.h"
#include "http/message.h"
#include "http/router.h"
#include "resource/service.h"
#include "resource/world.h"

namespace haneul::resource {

// Requests counted by service and class of status, for /metrics.
struct RouteCount {
  std::atomic<std::uint64_t> by_class[6] = {};  // 1xx … 5xx at their hundreds digit
  std::atomic<std::uint64_t> micros_total{0};
};

// The one door: finds the service and the route, who calls and in which version, runs the handler
// and turns every failure into the service's own words. Also answers /metrics and /healthcheck.
class Front final : public http::Handler {
 public:
  // All references must outlive it; services are complete.
  Front(const World& world, access::Authenticator& authenticator,
        std::vector<const Service*> services);
  ~Front() override;

  http::BodyPlan plan(const http::Request& head) override;
  http::Response handle(http::Request& request) override;

  // Sockets labelled so belong to somebody else: the guests' metadata service.
  using Special = std::function<http::Response(http::Request&)>;
  void handle_listener(std::string label_prefix, Special handler);
  // Rows of Markdown about its own metrics: name, type, labels, what they count.
  static std::string metric_rows();
  // So do paths at and below this one.
  void handle_path(std::string path, Special handler);
  // Lines of other parts for /metrics.
  void add_metrics(std::function<std::string()> lines);

 private:
  struct Entry {
    const Service* service;
    std::vector<const Route*> routes;  // one, or all the actions of the path
    RouteCount* count;
  };
  struct Visit;

  void add_service(const Service& service);
  void add_route(const Service& service, const Route& route, const std::string& pattern);
  const Service* service_of(std::string_view path) const;
  http::Response serve(Visit& visit);
  http::Response run(Visit& visit, const Entry& entry, http::PathParams params);
  const Route& choose(Visit& visit, const Entry& entry) const;
  http::Response fail(const Visit& visit, const Fault& fault) const;
  http::Response metrics() const;

  const World& world_;
  access::Authenticator& authenticator_;
  std::vector<const Service*> services_;
  std::vector<std::unique_ptr<RouteCount>> counts_;  // by service
  std::vector<std::unique_ptr<Entry>> entries_;
  http::Router router_;
  std::vector<std::pair<std::string, Special>> specials_, special_paths_;
  std::vector<std::function<std::string()>> metric_sources_;
};

}  // namespace haneul::resource
