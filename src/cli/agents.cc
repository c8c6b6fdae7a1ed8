#include "cli/agents.h"

#include <fmt/format.h>

#include "base/text.h"
#include "drivers/remote/image_download.h"
#include "services/glance/glance.h"
#include "services/nova/nova.h"

namespace haneul::cli {

Agents::Agents(const Clock& clock, std::string secret, std::map<std::string, virt::Driver*> here)
    : secret_(std::move(secret)),
      here_(std::move(here)),
      bus_(clock),
      door_(bus_, secret_, [this](const std::string& node) -> std::optional<std::string> {
        if (!here_.contains(node)) return std::nullopt;
        return fmt::format("{} is a host of the controller itself; use --host NAME", node);
      }) {}

void Agents::open(resource::Front& front, services::Services& services, db::Database& database,
                  MetadataDuty& duty) {
  services_ = &services;
  database_ = &database;
  bus_.hear({.order = [this](const bus::Asked& asked) { return carry_out(asked); },
             .event = [this](const bus::Told& told) { fleet_.take(told); },
             .changed =
                 [this, &duty](const std::string& node) {
                   duty.forget(node);
                   fleet_.changed(node);
                 }});
  front.handle_path(std::string(bus::kAgentPath),
                    [this](http::Request& request) { return answer(request); });
}

http::Response Agents::answer(const http::Request& request) {
  if (!request.path.starts_with(remote::kImagePath)) return door_.open(request);
  if (!bus::knows_secret(request, secret_)) return http::Response::empty(401);
  const auto id = percent_decode(
      std::string_view(request.path).substr(std::string_view(remote::kImagePath).size()), false);
  return id && request.method == "GET" ? send_image(*id) : http::Response::empty(404);
}

http::Response Agents::send_image(const std::string& id) {
  const auto source = database_->read(
      [&](db::Session& session) { return services_->glance().source(session, id); });
  http::Response response = http::Response::empty(source ? 200 : 404);
  if (!source) return response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.stream = services_->glance().open(*source);
  return response;
}

// What agents ask of their controller.
json::Value Agents::carry_out(const bus::Asked& asked) {
  if (asked.method != "metadata") {
    throw bus::Error(bus::Error::Kind::refused,
                     fmt::format("the controller has no method {}", asked.method));
  }
  return relay(services_->nova().metadata_response(relayed_request(asked.body)));
}

void Agents::refresh_metadata(MetadataDuty& duty) {
  for (const std::string& host : fleet_.connected()) {
    duty.refresh(host, {host}, [&](const std::vector<net::Network>& networks) {
      fleet_.find(host)->net.serve_metadata(networks);
    });
  }
}

}  // namespace haneul::cli
