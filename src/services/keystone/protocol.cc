#include "services/keystone/protocol.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/dialect.h"
#include "services/keystone/identity_provider.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_federation.py, keystone/federation/backends/sql.py
namespace haneul::keystone {
namespace {

using resource::Call;

constexpr std::string_view kColumns =
    "SELECT id, idp_id, mapping_id, remote_id_attribute FROM federation_protocols ";

Protocol load(const db::Rows& rows) {
  Protocol p{rows.string(0), rows.string(1), rows.string(2), std::nullopt};
  if (!rows.is_null(3)) p.remote_id_attribute = rows.string(3);
  return p;
}

std::optional<Protocol> find(db::Session& session, std::string_view idp_id, std::string_view id) {
  db::Rows rows =
      session.query(std::string(kColumns) + "WHERE idp_id = ? AND id = ?", {idp_id, id});
  return rows.next() ? std::optional(load(rows)) : std::nullopt;
}

void write(json::Writer& w, const Call& call, const Protocol& p) {
  const auto provider =
      fmt::format("{}/OS-FEDERATION/identity_providers/{}", v3_url(call), percent_encode(p.idp_id));
  w.begin_object().member("id", p.id).member("mapping_id", p.mapping_id);
  w.key("links").begin_object();
  w.member("self", fmt::format("{}/protocols/{}", provider, percent_encode(p.id)));
  w.member("identity_provider", provider).end_object().end_object();
}

http::Response answer(const Call& call, int status, const Protocol& p) {
  json::Writer w;
  w.begin_object().key("protocol");
  write(w, call, p);
  w.end_object();
  return http::Response::json(status, w.take());
}

http::Response list(Call& call) {
  call.enforce("identity:list_protocols");
  json::Writer w;
  w.begin_object().key("protocols").begin_array();
  call.db().read([&](db::Session& session) {
    db::Rows rows = session.query(std::string(kColumns) + "WHERE idp_id = ? ORDER BY id",
                                  {call.param("idp_id")});
    while (rows.next()) write(w, call, load(rows));
  });
  w.end_array();
  write_list_links(w, call);
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response show(Call& call) {
  call.enforce("identity:get_protocol");
  return call.db().read([&](db::Session& session) {
    return answer(call, 200,
                  protocol_or_fault(session, call.param("idp_id"), call.param("protocol_id")));
  });
}

bool is_mapping_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// What the body gives, put over the row.
void read_into(Call& call, Protocol& p, bool is_new) {
  resource::Form form = call.form("protocol");
  constexpr resource::TextRule kMappingId{.chars_min = 1, .chars_max = 64};
  const auto mapping = is_new ? std::optional(form.required_text("mapping_id", kMappingId))
                              : form.text("mapping_id", kMappingId);
  const auto attribute = form.text("remote_id_attribute", {.chars_max = 64});
  form.done();
  if (form.given().empty()) throw Fault::bad_request("{} does not have enough properties");
  if (mapping && !std::all_of(mapping->begin(), mapping->end(), is_mapping_character)) {
    form.malformed("mapping_id", "^[a-zA-Z0-9-_]+$");
  }
  if (mapping) p.mapping_id = *mapping;
  if (attribute) p.remote_id_attribute = attribute;
}

void need_mapping(db::Session& session, const std::string& id) {
  if (session.text("SELECT id FROM mappings WHERE id = ?", {id})) return;
  throw Fault::bad_request("Invalid mapping id: " + id);
}

void record(const Call& call, db::Transaction& tx, std::string_view what) {
  call.record(tx, {.type = fmt::format("identity.federation_protocol.{}", what),
                   .subject = call.param("protocol_id"),
                   .details = {{"identity_provider", call.param("idp_id")}}});
}

http::Response add(Call& call) {
  call.enforce("identity:create_protocol");
  Protocol p{call.param("protocol_id"), call.param("idp_id"), {}, {}};
  check_federation_id(p.id);
  read_into(call, p, true);
  call.db().write([&](db::Transaction& tx) {
    need_mapping(tx, p.mapping_id);
    identity_provider_or_fault(tx, p.idp_id);
    if (find(tx, p.idp_id, p.id)) {
      throw conflict("federation_protocol", "Duplicate entry found with ID " + p.id);
    }
    tx.execute(
        "INSERT INTO federation_protocols (id, idp_id, mapping_id, remote_id_attribute) VALUES "
        "(?, ?, ?, ?)",
        {p.id, p.idp_id, p.mapping_id, p.remote_id_attribute});
    record(call, tx, "created");
  });
  return answer(call, 201, p);
}

http::Response change(Call& call) {
  call.enforce("identity:update_protocol");
  Protocol p;
  read_into(call, p, false);
  call.db().write([&](db::Transaction& tx) {
    if (!p.mapping_id.empty()) need_mapping(tx, p.mapping_id);
    const auto old = protocol_or_fault(tx, call.param("idp_id"), call.param("protocol_id"));
    p.id = old.id, p.idp_id = old.idp_id;
    if (p.mapping_id.empty()) p.mapping_id = old.mapping_id;
    if (!p.remote_id_attribute) p.remote_id_attribute = old.remote_id_attribute;
    tx.execute(
        "UPDATE federation_protocols SET mapping_id = ?, remote_id_attribute = ? WHERE idp_id = ? "
        "AND id = ?",
        {p.mapping_id, p.remote_id_attribute, p.idp_id, p.id});
    record(call, tx, "updated");
  });
  return answer(call, 200, p);
}

http::Response remove(Call& call) {
  call.enforce("identity:delete_protocol");
  const auto &idp = call.param("idp_id"), &id = call.param("protocol_id");
  call.db().write([&](db::Transaction& tx) {
    protocol_or_fault(tx, idp, id);
    tx.execute("DELETE FROM federation_protocols WHERE idp_id = ? AND id = ?", {idp, id});
    tx.execute("DELETE FROM federated_users WHERE idp_id = ? AND protocol_id = ?", {idp, id});
    record(call, tx, "deleted");
  });
  return http::Response::empty(204);
}

}  // namespace

Protocol protocol_or_fault(db::Session& session, std::string_view idp_id, std::string_view id) {
  auto row = find(session, idp_id, id);
  if (row) return std::move(*row);
  throw Fault::not_found(
      fmt::format("Could not find federated protocol {} for Identity Provider: {}.", id, idp_id));
}

void add_protocols(resource::Service& service, State&) {
  const std::string all = "/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols";
  const std::string one = all + "/{protocol_id}";
  service.route("GET", all, list);
  service.route("GET", one, show);
  service.route("PUT", one, add);
  service.route("PATCH", one, change);
  service.route("DELETE", one, remove);
}

}  // namespace haneul::keystone
