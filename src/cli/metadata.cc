#include "cli/metadata.h"

#include <exception>

#include "base/log.h"
#include "base/text.h"
#include "drivers/remote/codec.h"
#include "http/message.h"

namespace haneul::cli {
namespace {

constexpr const char* kLabel = "metadata:";

bool same_ids(const std::map<std::string, net::Network>& a,
              const std::map<std::string, net::Network>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

json::Value relay_headers(const http::Headers& headers) {
  json::Array out;
  for (const auto& [name, value] : headers.all()) {
    // HTTP allows any bytes in a value, JSON does not.
    if (is_valid_utf8(value)) out.push_back(json::Array{name, value});
  }
  return out;
}

http::Headers relayed_headers(const json::Value& from) {
  http::Headers headers;
  for (const auto& pair : remote::member<std::vector<std::vector<std::string>>>(from, "headers")) {
    if (pair.size() == 2) headers.add(pair[0], pair[1]);
  }
  return headers;
}

std::string relayed_body(const json::Value& from) {
  return base64_decode(remote::member<std::string>(from, "body")).value_or("");
}

}  // namespace

void MetadataSockets::serve(const std::vector<net::Network>& networks) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> wanted;
  std::exception_ptr failure;
  for (const net::Network& network : networks) {
    wanted.insert(network.id);
    if (open_.contains(network.id)) continue;
    try {
      server_.adopt(driver_.open_metadata_socket(network), kLabel + network.id);
      open_.insert(network.id);
    } catch (const net::Error&) {
      failure = std::current_exception();
    }
  }
  for (const std::string& id : driver_.list_metadata()) {
    if (wanted.contains(id)) continue;
    server_.forget(kLabel + id);
    driver_.close_metadata(id);
    open_.erase(id);
  }
  if (failure) std::rethrow_exception(failure);
}

MetadataDuty::Networks MetadataDuty::look(const std::vector<std::string>& hosts,
                                          const Networks& known) const {
  return database_.read([&](db::Session& session) {
    Networks found;
    for (const auto& host : hosts) {
      for (const auto& id : neutron_.networks_on(session, host)) {
        if (found.contains(id)) continue;
        if (const auto old = known.find(id); old != known.end()) {
          found.insert(*old);
          continue;
        }
        auto network = neutron_.network_wiring(session, id);
        if (network && !network->metadata_port_id.empty()) found.emplace(id, std::move(*network));
      }
    }
    return found;
  });
}

void MetadataDuty::refresh(const std::string& name, const std::vector<std::string>& hosts,
                           const Serve& serve) {
  bool anew = false;
  {
    const std::lock_guard lock(mutex_);
    anew = forgotten_.erase(name) > 0;
  }
  Networks& served = served_[name];
  auto wanted = look(hosts, served);
  if (!anew && same_ids(served, wanted)) return;
  std::vector<net::Network> all;
  for (const auto& [id, network] : wanted) all.push_back(network);
  try {
    serve(all);
    served = std::move(wanted);
  } catch (const std::exception& e) {
    log::warning("metadata is not served as it should be", {{"host", name}, {"error", e.what()}});
    forget(name);
  }
}

void MetadataDuty::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  forgotten_.insert(name);
}

json::Value relay(const http::Request& r) {
  return json::Object{{"method", r.method},
                      {"path", r.path},
                      {"query", r.raw_query},
                      {"headers", relay_headers(r.headers)},
                      {"body", base64_encode(r.body)},
                      {"body_too_large", r.body_too_large},
                      {"peer", r.peer},
                      {"listener", r.listener}};
}

http::Request relayed_request(const json::Value& from) {
  http::Request r;
  r.method = remote::member<std::string>(from, "method");
  r.path = remote::member<std::string>(from, "path");
  r.raw_query = remote::member<std::string>(from, "query");
  r.target = r.raw_query.empty() ? r.path : r.path + "?" + r.raw_query;
  r.headers = relayed_headers(from);
  r.body = relayed_body(from);
  r.body_too_large = remote::member<bool>(from, "body_too_large");
  r.peer = remote::member<std::string>(from, "peer");
  r.listener = remote::member<std::string>(from, "listener");
  return r;
}

json::Value relay(const http::Response& r) {
  return json::Object{
      {"status", r.status}, {"headers", relay_headers(r.headers)}, {"body", base64_encode(r.body)}};
}

http::Response relayed_response(const json::Value& from) {
  http::Response r = http::Response::empty(remote::member<int>(from, "status"));
  r.headers = relayed_headers(from);
  r.body = relayed_body(from);
  return r;
}

}  // namespace haneul::cli
