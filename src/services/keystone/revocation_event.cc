#include "services/keystone/revocation_event.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"

namespace haneul::keystone {
namespace {

constexpr std::pair<std::string_view, std::string_view> kKeys[] = {{"user", "user_id"},
                                                                   {"project", "project_id"},
                                                                   {"audit", "audit_id"},
                                                                   {"chain", "audit_chain_id"},
                                                                   {"trust", "OS-TRUST:trust_id"}};

std::string_view key_of(std::string_view what) {
  for (const auto& [kind, key] : kKeys) {
    if (kind == what) return key;
  }
  return what;
}

Instant since(const resource::Call& call) {
  const std::string* asked = call.query().find("since");
  if (!asked || asked->empty()) return {};
  const auto when = parse_instant(*asked);
  if (!when) throw Fault::bad_request(fmt::format("invalidate date format {}", *asked));
  return *when;
}

http::Response list(resource::Call& call) {
  call.enforce("identity:list_revoke_events");
  const Instant from = since(call);
  json::Writer w;
  w.begin_object().key("events").begin_array();
  call.db().read([&](db::Session& session) {
    db::Rows rows = session.query(
        "SELECT what, value, issued_before, revoked_at FROM revocation_events "
        "WHERE revoked_at >= ? ORDER BY revoked_at, id",
        {from});
    while (rows.next()) {
      w.begin_object().member(key_of(rows.text(0)), rows.text(1));
      w.member("issued_before", iso_micros(rows.instant(2)));
      w.member("revoked_at", iso_micros(rows.instant(3))).end_object();
    }
  });
  w.end_array().key("links").begin_object().key("next").null();
  w.member("self", v3_url(call) + "/OS-REVOKE/events").key("previous").null();
  w.end_object().end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_revocation_events(resource::Service& service) {
  service.route("GET", "/v3/OS-REVOKE/events", list);
}

}  // namespace haneul::keystone
