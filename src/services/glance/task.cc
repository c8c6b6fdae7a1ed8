#include "services/glance/task.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

// upstream: openstack/glance:glance/common/config.py task_time_to_live
constexpr Duration kKept = std::chrono::hours(48);
constexpr std::int64_t kLimitDefault = 25, kLimitMax = 1000;

constexpr std::string_view kSelect =
    "SELECT id, image_id, status, owner, user_id, request_id, input, message, created_at,"
    " updated_at, expires_at FROM image_tasks";

Task load(const db::Rows& r) {
  Task t{r.string(0), r.string(1), r.string(2),  r.string(3),  r.string(4), r.string(5),
         r.string(6), r.string(7), r.instant(8), r.instant(9), {}};
  if (!r.is_null(10)) t.expires_at = r.instant(10);
  return t;
}

void write_stub(json::Writer& w, const Task& t) {
  w.member("id", t.id).member("type", "api_image_import").member("status", t.status);
  w.member("owner", t.owner).member("created_at", iso_seconds(t.created_at));
  w.member("updated_at", iso_seconds(t.updated_at)).member("self", "/v2/tasks/" + t.id);
  w.member("schema", "/v2/schemas/task");
  if (t.expires_at) w.member("expires_at", iso_seconds(*t.expires_at));
}

void write_whole(json::Writer& w, const Task& t) {
  w.begin_object();
  write_stub(w, t);
  w.key("input").raw(t.input).key("result").null();
  w.member("message", t.message).member("image_id", t.image_id);
  w.member("request_id", t.request_id).member("user_id", t.user_id);
  w.end_object();
}

void enforce_access(const resource::Call& call) {
  call.enforce("tasks_api_access");
}

std::int64_t read_limit(const resource::Call& call) {
  const std::string* text = call.query().find("limit");
  if (!text) return kLimitDefault;
  const auto limit = parse_int(*text);
  if (!limit) throw Fault::bad_request("limit param must be an integer");
  if (*limit < 0) throw Fault::bad_request("limit param must be positive");
  return std::min(*limit, kLimitMax);
}

// Tasks of the caller's project behind a marker, the newest first.
std::vector<Task> select_tasks(const resource::Call& call, db::Session& session,
                               std::int64_t limit) {
  Instant created{INT64_MAX};
  std::string behind = "~";
  if (const std::string* marker = call.query().find("marker")) {
    const auto at = session.integer("SELECT created_at FROM image_tasks WHERE id = ?", {*marker});
    if (!at) throw Fault::bad_request(fmt::format("No task found with ID {}", *marker));
    created = {*at};
    behind = *marker;
  }
  const bool all = is_admin(call);
  const std::string* status = call.query().find("status");
  const std::string wanted = status ? *status : "";
  std::vector<Task> tasks;
  db::Rows rows = session.query(
      fmt::format("{} WHERE (created_at < ? OR (created_at = ? AND id < ?)) AND (? OR owner = ?)"
                  " AND (? = '' OR status = ?) ORDER BY created_at DESC, id DESC LIMIT ?",
                  kSelect),
      {created, created, behind, all, call.caller().project_id.text, wanted, wanted, limit});
  while (rows.next()) tasks.push_back(load(rows));
  return tasks;
}

}  // namespace

void insert_task(db::Transaction& tx, const Task& t) {
  tx.execute(
      "INSERT INTO image_tasks (id, image_id, status, owner, user_id, request_id, input, message,"
      " created_at, updated_at, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
      {t.id, t.image_id, t.status, t.owner, t.user_id, t.request_id, t.input, t.message,
       t.created_at, t.updated_at, t.expires_at});
}

void end_task(db::Transaction& tx, std::string_view id, std::string_view status,
              std::string_view message, Instant now) {
  const auto expires =
      status == "processing" ? std::optional<Instant>() : std::optional(now + kKept);
  tx.execute(
      "UPDATE image_tasks SET status = ?, message = ?, updated_at = ?, expires_at = ?"
      " WHERE id = ?",
      {status, message, now, expires, id});
}

void remove_expired_tasks(db::Transaction& tx, Instant now) {
  tx.execute("DELETE FROM image_tasks WHERE expires_at < ?", {now});
}

http::Response list_tasks(resource::Call& call, Parts&) {
  enforce_access(call);
  const auto limit = read_limit(call);
  return call.db().read([&](db::Session& s) {
    const auto tasks = select_tasks(call, s, limit);
    json::Writer w;
    w.begin_object().key("tasks").begin_array();
    for (const Task& t : tasks) {
      w.begin_object();
      write_stub(w, t);
      w.end_object();
    }
    w.end_array().member("first", "/v2/tasks").member("schema", "/v2/schemas/tasks");
    if (!tasks.empty() && static_cast<std::int64_t>(tasks.size()) == limit) {
      w.member("next", fmt::format("/v2/tasks?limit={}&marker={}", limit, tasks.back().id));
    }
    return http::Response::json(200, w.end_object().take());
  });
}

http::Response show_task(resource::Call& call, Parts&) {
  enforce_access(call);
  return call.db().read([&](db::Session& s) {
    const auto& id = call.param("task_id");
    db::Rows rows = s.query(fmt::format("{} WHERE id = ?", kSelect), {id});
    if (!rows.next()) throw Fault::not_found(fmt::format("No task found with ID {}", id));
    json::Writer w;
    write_whole(w, load(rows));
    return http::Response::json(200, w.take());
  });
}

http::Response list_image_tasks(resource::Call& call, Parts& parts) {
  return call.db().read([&](db::Session& s) {
    const auto& id = call.param("image_id");
    const auto seen = parts.images.find(s, id, call.caller().project_id.text, is_admin(call));
    if (!seen) throw Fault::not_found("");
    enforce(call, "get_image", *seen);
    json::Writer w;
    w.begin_object().key("tasks").begin_array();
    db::Rows rows = s.query(
        fmt::format("{} WHERE image_id = ? ORDER BY created_at DESC, id DESC", kSelect), {id});
    while (rows.next()) write_whole(w, load(rows));
    return http::Response::json(200, w.end_array().end_object().take());
  });
}

}  // namespace haneul::glance
