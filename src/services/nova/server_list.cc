#include "services/nova/server_list.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/deleted_server.h"
#include "services/nova/dialect.h"
#include "services/nova/query.h"
#include "services/nova/server_view.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Where;

constexpr std::int64_t kPageMax = 1000;

// Filters everybody may use; others are for administrators and ignored for the rest.
// upstream: openstack/nova:nova/api/openstack/compute/servers.py (_get_server_search_options)
constexpr std::array<std::string_view, 18> kUserFilters = {"reservation_id",
                                                           "name",
                                                           "status",
                                                           "image",
                                                           "flavor",
                                                           "ip",
                                                           "ip6",
                                                           "changes-since",
                                                           "all_tenants",
                                                           "changes-before",
                                                           "tags",
                                                           "tags-any",
                                                           "not-tags",
                                                           "not-tags-any",
                                                           "locked",
                                                           "limit",
                                                           "marker",
                                                           "uuid"};
// From 2.83 on these as well.
constexpr std::array<std::string_view, 9> kUserFiltersSince83 = {
    "availability_zone", "config_drive", "key_name",   "created_at", "launched_at",
    "terminated_at",     "power_state",  "task_state", "vm_state"};

template <class C>
bool contains(const C& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void bad(std::string message) {
  throw Fault::bad_request(std::move(message));
}

Instant time_filter(std::string_view name, const std::string& text) {
  const auto t = parse_instant(text);
  if (!t)
    bad(
        fmt::format("Invalid input for query parameters {}. Value: {}. '{}' is not a "
                    "'date-time'",
                    name, text, text));
  return *t;
}

void filter_status(const Call& call, Where& where) {
  std::string sql;
  std::vector<db::Bind> binds;
  std::set<std::string> seen;
  for (const auto status : call.query().all_of("status")) {
    std::string upper(status);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (!seen.insert(upper).second) continue;
    for (const StateFilter& f : states_of(upper)) {
      sql += sql.empty() ? "" : " OR ";
      sql += f.task_state.empty() ? "vm_state = ?" : "(vm_state = ? AND task_state = ?)";
      binds.emplace_back(f.vm_state);
      if (!f.task_state.empty()) binds.emplace_back(f.task_state);
    }
    if (sql.empty() && call.since(38)) bad("Invalid status value");
  }
  if (sql.empty()) sql = "1 = 0";
  where.and_(sql, binds);
}

// As many rows as are quickly read and sorted; of more, those on the page are found along the
// index of the order.
constexpr std::int64_t kSortedMax = 10'000;

// `from`: "servers WHERE …", which an index must answer.
bool are_many(db::Session& session, std::string_view from, std::vector<db::Bind> binds) {
  binds.emplace_back(kSortedMax);
  db::Rows rows =
      session.query(fmt::format("SELECT COUNT(*) FROM (SELECT 1 FROM {} LIMIT ?)", from), binds);
  return rows.next() && rows.integer(0) == kSortedMax;
}

// What names that match begin with, if the pattern says so: its letters after ^ up to the first
// that means something else.
std::string prefix_of(std::string_view pattern) {
  if (!pattern.starts_with('^') || pattern.find('|') != std::string_view::npos) return {};
  pattern.remove_prefix(1);
  const auto is_plain = [](char c) {
    return c > 0 && std::string_view(".*+?()[]{}\\^$").find(c) == std::string_view::npos;
  };
  const auto end = std::find_if_not(pattern.begin(), pattern.end(), is_plain);
  std::string prefix(pattern.begin(), end);
  const bool may_be_absent = end != pattern.end() && (*end == '*' || *end == '?' || *end == '{');
  if (may_be_absent && !prefix.empty()) prefix.pop_back();
  return prefix;
}

// Names are regular expressions, in any case, as upstream's MySQL takes them. Those that begin
// alike stand side by side in an index that knows no case; true if the page is to be found along
// it.
bool filter_name(db::Session& session, const std::string& pattern, Where& where) {
  if (!db::is_pattern(pattern)) bad(fmt::format("Invalid regular expression '{}'", pattern));
  where.and_("name REGEXP ?", {pattern});
  const std::string prefix = prefix_of(pattern);
  if (prefix.empty()) return false;
  constexpr std::string_view kRange = "name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE";
  const std::string end = prefix + "\xF4\x8F\xBF\xBF";  // the last character there is
  if (are_many(session, fmt::format("servers WHERE {}", kRange), {prefix, end})) return false;
  where.and_(kRange, {prefix, end});
  return true;
}

// The pattern of an address begins where the address does.
// upstream: openstack/nova:nova/compute/api.py (_ip_filter)
void filter_address(const std::string& pattern, std::int64_t version, Where& where) {
  if (!db::is_pattern(pattern)) bad(fmt::format("Invalid regular expression '{}'", pattern));
  where.and_(
      "EXISTS (SELECT 1 FROM json_each(addresses) AS network, json_each(network.value) AS address "
      "WHERE address.value ->> '$.version' = ? AND address.value ->> '$.\"OS-EXT-IPS:type\"' = "
      "'fixed' AND address.value ->> '$.addr' REGEXP ?)",
      {version, fmt::format("^(?:{})", pattern)});
}

void filter_tags(const Call& call, Where& where) {
  const auto each = [&](std::string_view key, bool all, bool negate) {
    const auto* text = call.query().find(key);
    if (!text) return;
    std::string sql;
    std::vector<std::string> kept;
    for (const auto tag : split(*text, ',')) {
      sql +=
          fmt::format("{}EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)", sql.empty() ? ""
                                                                                  : all ? " AND "
                                                                                        : " OR ");
      kept.emplace_back(tag);
    }
    std::vector<db::Bind> binds(kept.begin(), kept.end());
    where.and_(negate ? fmt::format("NOT ({})", sql) : sql, binds);
  };
  each("tags", true, false);
  each("tags-any", false, false);
  each("not-tags", true, true);
  each("not-tags-any", false, true);
}

// Orders and filters that have an index of each project.
constexpr std::array<std::string_view, 7> kOfProjects = {
    "created_at", "updated_at", "name", "project_id", "user_id", "image_id", "key_name"};

// True if one of the filters has an index of its own, across all projects.
bool filter_plain(const Call& call, const ServerStore& servers, bool admin, Where& where) {
  bool indexed = false;
  for (const resource::Field& f : servers.table().resource().fields) {
    if (!f.is_filter) continue;
    const auto name = f.query_name();
    const bool mine =
        contains(kUserFilters, name) || (call.since(83) && contains(kUserFiltersSince83, name));
    const auto* text = call.query().find(name);
    if (!text || (!admin && !mine)) continue;
    Server scratch;
    std::string kept;
    if (!f.codec->parse(*text, f.member(&scratch))) {
      bad(fmt::format("Invalid input for query parameters {}. Value: {}", name, *text));
    }
    where.equals(f.column, f.codec->bind(f.member(&scratch), kept));
    indexed = indexed || !contains(kOfProjects, f.column);
  }
  return indexed;
}

// Few servers of a project are read and sorted. Of many, those on the page are found along another
// index if there is a better one; the plus sign leaves that as the only way.
void of_project(db::Session& session, bool other_way, std::string_view project, Where& where) {
  const bool walk = other_way && are_many(session, "servers WHERE project_id = ?", {project});
  where.and_(walk ? "+project_id = ?" : "project_id = ?", {project});
}

bool asks_for_deleted_only(const Call& call) {
  const auto statuses = call.query().all_of("status");
  return !statuses.empty() && std::all_of(statuses.begin(), statuses.end(),
                                          [](const auto& s) { return iequals(s, "DELETED"); });
}

// upstream: openstack/nova:nova/api/openstack/compute/servers.py (_get_servers)
const ServerStore& store_for(const Call& call, const ServerStore& present) {
  const auto& query = call.query();
  const bool admin = call.dialect().sees_all(call);
  if (asks_for_deleted_only(call)) {
    if (!admin) throw Fault::forbidden("Only administrators may list deleted instances");
    return deleted_servers();
  }
  if (const auto* deleted = admin ? query.find("deleted") : nullptr) {
    return parse_bool(*deleted).value_or(false) ? deleted_servers() : present;
  }
  const bool changes =
      query.has("changes-since") || (call.since(66) && query.has("changes-before"));
  return changes ? servers_of_all_times() : present;
}

// What upstream knows; haneul's servers have some of it, and the rest selects nothing.
// upstream: openstack/nova:nova/api/openstack/compute/schemas/servers.py (query_params_v275)
void refuse_unknown_filters(const Call& call) {
  refuse_unknown_keys(call, {"user_id",
                             "project_id",
                             "tenant_id",
                             "launch_index",
                             "image_ref",
                             "image",
                             "kernel_id",
                             "ramdisk_id",
                             "hostname",
                             "key_name",
                             "power_state",
                             "vm_state",
                             "task_state",
                             "host",
                             "node",
                             "flavor",
                             "reservation_id",
                             "launched_at",
                             "terminated_at",
                             "availability_zone",
                             "name",
                             "display_name",
                             "description",
                             "display_description",
                             "locked_by",
                             "uuid",
                             "root_device_name",
                             "config_drive",
                             "access_ip_v4",
                             "access_ip_v6",
                             "auto_disk_config",
                             "progress",
                             "sort_key",
                             "sort_dir",
                             "all_tenants",
                             "soft_deleted",
                             "deleted",
                             "status",
                             "changes-since",
                             "ip",
                             "ip6",
                             "created_at",
                             "block_device_mapping",
                             "services",
                             "metadata",
                             "system_metadata",
                             "info_cache",
                             "security_groups",
                             "pci_devices",
                             "limit",
                             "marker",
                             "tags",
                             "tags-any",
                             "not-tags",
                             "not-tags-any",
                             "changes-before",
                             "locked"});
}

void read_filters(const Call& call, db::Session& session, const ServerStore& servers,
                  resource::Page& page) {
  const auto& query = call.query();
  const bool admin = call.dialect().sees_all(call);
  const auto* all_text = query.find("all_tenants");
  const bool all = all_text && (all_text->empty() || parse_bool(*all_text).value_or(false));
  if (all_text && !all_text->empty() && !parse_bool(*all_text)) {
    bad(fmt::format("Invalid input for query parameters all_tenants. Value: {}", *all_text));
  }
  if (all) call.enforce("os_compute_api:servers:index:get_all_tenants");
  Where& where = page.where;
  if (query.has("status")) filter_status(call, where);
  bool other_way = !contains(kOfProjects, page.order.front().column);
  if (const auto* name = query.find("name")) {
    other_way = filter_name(session, *name, where) || other_way;
  }
  if (const auto* since = query.find("changes-since")) {
    where.and_("updated_at >= ?", {time_filter("changes-since", *since)});
  }
  if (const auto* before = query.find("changes-before"); before && call.since(66)) {
    where.and_("updated_at <= ?", {time_filter("changes-before", *before)});
  }
  if (const auto* ip = query.find("ip")) filter_address(*ip, 4, where);
  if (const auto* ip = query.find("ip6"); ip && (admin || call.since(5))) {
    filter_address(*ip, 6, where);
  }
  if (const auto* locked = query.find("locked"); locked && call.since(73)) {
    where.equals("locked", parse_bool(*locked).value_or(false));
  }
  if (call.since(26)) filter_tags(call, where);
  other_way = filter_plain(call, servers, admin, where) || other_way;
  const auto* tenant = query.find("tenant_id");
  if (!all) of_project(session, other_way, call.caller().project_id.text, where);
  if (all && admin && tenant) of_project(session, other_way, *tenant, where);
}

// upstream: openstack/nova:nova/api/openstack/compute/schemas/servers.py (VALID_SORT_KEYS)
const resource::Field* sort_field(const resource::Resource& r, std::string_view key) {
  if (key == "tenant_id") key = "project_id";
  if (key == "display_name") key = "name";
  if (key == "id") key = "id";
  if (key == "uuid") key = "id";
  const resource::Field* f = r.field_named(key);
  return f && f->is_sort_key ? f : nullptr;
}

std::vector<resource::Order> read_order(const Call& call, const resource::Resource& r) {
  const auto keys = call.query().all_of("sort_key");
  const auto dirs = call.query().all_of("sort_dir");
  std::vector<resource::Order> order;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const resource::Field* f = sort_field(r, keys[i]);
    if (!f) {
      bad(
          fmt::format("Invalid input for query parameters sort_key. Value: {}. '{}' is not one of "
                      "the sort keys",
                      keys[i], keys[i]));
    }
    const auto dir = i < dirs.size() ? dirs[i] : dirs.empty() ? "desc" : dirs.back();
    if (dir != "asc" && dir != "desc") {
      bad(
          fmt::format("Invalid input for query parameters sort_dir. Value: {}. '{}' does not match "
                      "'^(asc|desc)$'",
                      dir, dir));
    }
    order.push_back({std::string(f->column), dir == "desc"});
  }
  // upstream: openstack/nova:nova/db/main/api.py (process_sort_params)
  const bool standard = order.empty() || order.front().descending;
  for (const std::string key : {"created_at", "id"}) {
    const bool named =
        std::any_of(order.begin(), order.end(), [&](const auto& o) { return o.column == key; });
    if (!named) order.push_back({key, standard});
  }
  return order;
}

std::int64_t read_limit(const Call& call) {
  const auto* text = call.query().find("limit");
  if (!text) return kPageMax;
  const auto limit = parse_int(*text);
  if (!limit || *limit < 0) {
    bad(
        fmt::format("Invalid input for query parameters limit. Value: {}. '{}' does not match "
                    "'^[0-9]*$'",
                    *text, *text));
  }
  return std::min(*limit, kPageMax);
}

}  // namespace

http::Response list_servers(Call& call, const ServerStore& present, bool detail) {
  call.enforce(detail ? "os_compute_api:servers:detail" : "os_compute_api:servers:index");
  if (call.since(75)) refuse_unknown_filters(call);
  const ServerStore& servers = store_for(call, present);
  const resource::Resource& r = servers.table().resource();
  return call.db().read([&](db::Session& session) {
    resource::Page page;
    page.order = read_order(call, r);
    read_filters(call, session, servers, page);
    const std::int64_t limit = read_limit(call);
    page.limit = limit + 1;
    if (const auto* marker = call.query().find("marker")) {
      const auto at = servers.find(session, *marker, call.owned(r));
      if (!at) bad(fmt::format("marker [{}] not found", *marker));
      page.after_key = *marker;
    }
    auto rows = servers.list(session, page);
    const bool more = static_cast<std::int64_t>(rows.size()) > limit && limit > 0;
    if (static_cast<std::int64_t>(rows.size()) > limit) rows.pop_back();
    ServerView view(call);
    json::Writer w;
    w.reserve(rows.size() * (detail ? 1800 : 300) + 64);
    w.begin_object().key("servers").begin_array();
    for (const Server& s : rows)
      detail ? view.detail(w, s, ServerView::Occasion::listed) : view.brief(w, s);
    w.end_array();
    const auto path = detail ? "/v2.1/servers/detail" : "/v2.1/servers";
    write_next_link(w, call, "servers", path, more ? rows.back().id : "");
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

}  // namespace haneul::nova
