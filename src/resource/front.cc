#include "resource/front.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"

namespace haneul::resource {

// One request's facts as they become known; what is known when it fails shapes the error.
struct Front::Visit {
  http::Request& request;
  std::string request_id;
  const Service* service = nullptr;
  Version version{};
  RouteCount* count = nullptr;
};

namespace {

// A body a path cannot take: still read a little, so that small mistakes get their own answer.
struct Metric {
  std::string_view name, labels, help;
};
constexpr Metric kRequests{"haneul_http_requests_total", "`service`, `status`",
                           "Requests answered, by service and class of status."};
constexpr Metric kSeconds{"haneul_http_request_seconds_total", "`service`",
                          "Seconds spent on answering."};

std::string head_of(const Metric& m) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n", m.name, m.help);
}

constexpr std::uint64_t kUnknownBodyBytesMax = 64 * 1024;

// Clients may name their request; only what cannot forge a header or a log line is kept.
// upstream: openstack/oslo.middleware:oslo_middleware/request_id.py
std::string request_id_for(const http::Request&) {
  return "req-" + new_uuid();
}

std::string_view token_of(const http::Request& request) {
  const auto token = request.headers.get("X-Auth-Token");
  return token.empty() ? request.headers.get("X-Storage-Token") : token;
}

access::Asked asked_of(const http::Request& request, const Service::Facts& service) {
  return {.service_type = service.type,
          .mount = service.mount,
          .method = request.method,
          .path = request.path,
          .service_token = request.headers.get("X-Service-Token"),
          .certificate = request.certificate};
}

// A slash too many, where the service minds. Roots ("/identity/v3/") may always end so.
bool ends_wrongly(const Service& service, std::string_view path) {
  const auto slashes = [](std::string_view text) {
    return std::count(text.begin(), text.end(), '/');
  };
  const bool is_deep = slashes(path) - slashes(service.mount()) > 2;
  return path.ends_with('/') && is_deep && !service.facts().ignores_trailing_slash;
}

std::string with_project(const Service& service, const std::string& pattern) {
  const auto prefix = service.facts().project_behind;
  if (prefix.empty() || !pattern.starts_with(prefix) || pattern.size() <= prefix.size()) return {};
  return std::string(prefix) + "/{project_in_path}" + pattern.substr(prefix.size());
}

}  // namespace

Front::Front(const World& world, access::Authenticator& authenticator,
             std::vector<const Service*> services)
    : world_(world), authenticator_(authenticator), services_(std::move(services)) {
  for (const Service* service : services_) add_service(*service);
}

Front::~Front() = default;

void Front::add_service(const Service& service) {
  counts_.push_back(std::make_unique<RouteCount>());
  for (const Route& route : service.routes()) {
    std::vector<std::string> mounts{std::string(service.mount())};
    for (const auto alias : service.facts().mount_aliases) mounts.emplace_back(alias);
    for (const std::string& mount : mounts) {
      add_route(service, route, mount + route.pattern);
      const auto long_form = with_project(service, route.pattern);
      if (!long_form.empty()) add_route(service, route, mount + long_form);
    }
  }
}

void Front::add_route(const Service& service, const Route& route, const std::string& pattern) {
  if (!route.action.empty()) {
    const auto known = router_.find("POST", pattern);
    if (known.kind == http::Router::Match::Kind::found) {
      entries_[known.route]->routes.push_back(&route);
      return;
    }
  }
  router_.add(route.method, pattern, entries_.size());
  entries_.push_back(std::make_unique<Entry>(Entry{&service, {&route}, counts_.back().get()}));
}

// The one with the longest mount above the path; else the one that serves the root as well.
const Service* Front::service_of(std::string_view path) const {
  const Service* best = nullptr;
  const Service* root = nullptr;
  for (const Service* s : services_) {
    const auto mount = s->mount();
    const bool below =
        path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
    if (below && (!best || mount.size() > best->mount().size())) best = s;
    const auto& aliases = s->facts().mount_aliases;
    if (std::find(aliases.begin(), aliases.end(), "") != aliases.end()) root = s;
  }
  return best ? best : root;
}

http::BodyPlan Front::plan(const http::Request& head) {
  const auto match = router_.find(head.method, head.path);
  if (match.kind != http::Router::Match::Kind::found) return {false, kUnknownBodyBytesMax};
  return entries_[match.route]->routes.front()->options.body;
}

void Front::handle_listener(std::string label_prefix, Special handler) {
  specials_.emplace_back(std::move(label_prefix), std::move(handler));
}

void Front::handle_path(std::string path, Special handler) {
  special_paths_.emplace_back(std::move(path), std::move(handler));
}

void Front::add_metrics(std::function<std::string()> lines) {
  metric_sources_.push_back(std::move(lines));
}

http::Response Front::handle(http::Request& request) {
  const Duration begun = world_.clock.steady();
  Visit visit{request, request_id_for(request), nullptr, {}, nullptr};
  const log::RequestScope scope(visit.request_id);
  http::Response response;
  try {
    response = serve(visit);
  } catch (const Fault& fault) {
    response = fail(visit, fault);
  } catch (const db::NoRoom& e) {
    log::error("the disk is full", {{"path", request.path}, {"error", e.what()}});
    response = fail(visit, Fault::unavailable("There is no room left on the controller's disk; "
                                              "try again once there is."));
  } catch (const db::TooComplex&) {
    log::info("more was asked than can be looked up", {{"path", request.path}});
    response = fail(visit, Fault::bad_request("The request asks for too much at once: fewer "
                                              "filters, values or sort keys, please."));
  } catch (const db::Error& e) {
    log::error("the database failed", {{"path", request.path}, {"error", e.what()}});
    response = fail(visit, Fault::unavailable("The database is not available; try again later."));
  } catch (const std::exception& e) {
    log::error("a handler failed", {{"path", request.path}, {"error", e.what()}});
    response = fail(visit, Fault::internal("An unexpected error prevented the server from "
                                           "fulfilling your request."));
  }
  response.headers.set("X-Openstack-Request-Id", visit.request_id);
  if (visit.service) visit.service->dialect().announce(visit.version, response.headers);
  if (visit.count) {
    visit.count->by_class[std::min(response.status / 100, 5)]++;
    visit.count->micros_total +=
        static_cast<std::uint64_t>((world_.clock.steady() - begun).count());
  }
  return response;
}

http::Response Front::serve(Visit& visit) {
  http::Request& request = visit.request;
  for (const auto& [prefix, handler] : specials_) {
    if (request.listener.starts_with(prefix)) return handler(request);
  }
  for (const auto& [path, handler] : special_paths_) {
    const bool below = request.path.starts_with(path) &&
                       (request.path.size() == path.size() || request.path[path.size()] == '/');
    if (below) return handler(request);
  }
  if (request.path == "/metrics" && (request.method == "GET" || request.method == "HEAD")) {
    return metrics();
  }
  if (request.path == "/healthcheck") return http::Response::json(200, R"({"status":"ok"})");
  visit.service = service_of(request.path);
  auto match = router_.find(request.method, request.path);
  if (match.kind == http::Router::Match::Kind::found) {
    const Entry& entry = *entries_[match.route];
    if (ends_wrongly(*entry.service, request.path)) {
      throw entry.service->dialect().no_such_path();
    }
    return run(visit, entry, std::move(match.params));
  }
  if (!visit.service) throw Fault::not_found("There is no such service.");
  if (match.kind == http::Router::Match::Kind::no_method &&
      !ends_wrongly(*visit.service, request.path)) {
    throw visit.service->dialect().wrong_method().with_header("Allow",
                                                              haneul::join(match.allowed, ", "));
  }
  throw visit.service->dialect().no_such_path();
}

const Route& Front::choose(Visit& visit, const Entry& entry) const {
  if (entry.routes.front()->action.empty()) return *entry.routes.front();
  const auto& dialect = entry.service->dialect();
  std::string why;
  const auto body = json::parse(visit.request.body, &why);
  if (!body) throw dialect.not_json(why);
  const Form form(dialect, *body, "");
  for (const Route* route : entry.routes) {
    if (form.has(route->action)) return *route;
  }
  const std::string name = form.given().empty() ? "None" : form.given().begin()->key;
  throw Fault::bad_request(fmt::format("There is no such action: {}", name));
}

http::Response Front::run(Visit& visit, const Entry& entry, http::PathParams params) {
  visit.service = entry.service;
  visit.count = entry.count;
  const Dialect& dialect = entry.service->dialect();
  visit.version = dialect.negotiate(visit.request.headers);
  const auto token = token_of(visit.request);
  auto caller = token.empty() ? nullptr
                              : authenticator_.authenticate(
                                    token, asked_of(visit.request, entry.service->facts()));
  if (!caller && !entry.routes.front()->options.open) throw dialect.unauthenticated();
  if (visit.request.body_too_large) {
    throw dialect.body_too_large(entry.routes.front()->options.body.bytes_max);
  }
  const Route& route = choose(visit, entry);
  Call call({world_, *entry.service, visit.request, std::move(params), visit.version,
             std::move(caller), visit.request_id});
  return route.handle(call);
}

http::Response Front::fail(const Visit& visit, const Fault& fault) const {
  if (!visit.service) {
    return http::Response::json(404, R"({"error":{"code":404,"title":"Not Found","message":)"
                                     R"("There is no such service."}})");
  }
  auto response =
      visit.service->dialect().error_for(visit.request, fault, visit.version, visit.request_id);
  for (const auto& [name, value] : fault.headers()) response.headers.set(name, value);
  visit.service->dialect().finish_error(visit.request, response);
  return response;
}

std::string Front::metric_rows() {
  std::string out;
  for (const Metric& m : {kRequests, kSeconds}) {
    out += fmt::format("| `{}` | counter | {} | {} |\n", m.name, m.labels, m.help);
  }
  return out;
}

http::Response Front::metrics() const {
  std::string out = head_of(kRequests);
  for (std::size_t i = 0; i < services_.size(); ++i) {
    for (std::size_t hundred = 1; hundred < 6; ++hundred) {
      out += fmt::format("{}{{service=\"{}\",status=\"{}xx\"}} {}\n", kRequests.name,
                         services_[i]->facts().name, hundred, counts_[i]->by_class[hundred].load());
    }
  }
  out += head_of(kSeconds);
  for (std::size_t i = 0; i < services_.size(); ++i) {
    out += fmt::format("{}{{service=\"{}\"}} {:.6f}\n", kSeconds.name, services_[i]->facts().name,
                       static_cast<double>(counts_[i]->micros_total.load()) / 1e6);
  }
  for (const auto& source : metric_sources_) out += source();
  http::Response response;
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = std::move(out);
  return response;
}

}  // namespace haneul::resource
