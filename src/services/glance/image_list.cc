#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

using resource::Where;

constexpr std::int64_t kLimitDefault = 25, kLimitMax = 1000;
constexpr std::string_view kSortKeys[] = {"name", "status", "container_format", "disk_format",
                                          "size", "id",     "created_at",       "updated_at"};
constexpr std::string_view kIntegers[] = {"size", "virtual_size", "min_disk", "min_ram"};
constexpr std::string_view kTexts[] = {"name", "id", "status", "container_format", "disk_format"};
constexpr std::string_view kPlain[] = {"owner", "checksum", "os_hash_algo", "os_hash_value"};
constexpr std::string_view kNoFilters[] = {"limit",     "marker",   "member_status", "tag",
                                           "sort",      "sort_key", "sort_dir",      "visibility",
                                           "os_hidden", "protected"};

template <std::size_t N>
bool among(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

[[noreturn]] void bad(std::string message) {
  throw Fault::bad_request(std::move(message));
}

// What this caller may list. upstream: glance/db/sqlalchemy/api.py _select_images_query
void add_visibility(const resource::Call& call, Where& where) {
  const auto& project = call.caller().project_id.text;
  const std::string* member_status = call.query().find("member_status");
  const std::string status = member_status ? *member_status : "accepted";
  if (status != "pending" && status != "accepted" && status != "rejected" && status != "all") {
    bad(fmt::format("Invalid status: {}", status));
  }
  if (!is_admin(call)) {
    where.and_(
        "visibility IN ('public', 'community') OR owner = ? OR (visibility = 'shared' AND"
        " EXISTS (SELECT 1 FROM image_members m WHERE m.image_id = images.id AND"
        " m.member_id = ? AND (? = 'all' OR m.status = ?)))",
        {project, project, status, status});
  }
  const std::string* visibility = call.query().find("visibility");
  if (!visibility || visibility->empty()) {
    where.and_("owner = ? OR visibility <> 'community'", {project});
  } else if (*visibility == "community" || *visibility == "public" || *visibility == "private" ||
             *visibility == "shared") {
    where.equals("visibility", *visibility);
  } else if (*visibility != "all") {
    bad(fmt::format("Invalid visibility value: {}", *visibility));
  }
}

bool read_flag(std::string_view key, const std::string& value, bool any_case) {
  const auto word = any_case ? lower(value) : value;
  if (word != "true" && word != "false") {
    bad(fmt::format("Invalid value '{}' for '{}' filter. Valid values are 'true' or 'false'.",
                    value, key));
  }
  return word == "true";
}

// "in:a,b" → {"in", "a,b"}; a time holds colons and has no operator.
std::pair<std::string, std::string> split_operator(const std::string& value) {
  const auto colon = value.find(':');
  if (colon == std::string::npos || parse_instant(value)) return {"eq", value};
  return {value.substr(0, colon), value.substr(colon + 1)};
}

// a,"b,c",d with quotes around what holds commas.
std::vector<std::string> split_quoted(const std::string& text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      parts.back() += text[++i];
    } else if (text[i] == '"') {
      const bool at_edge =
          quoted ? i + 1 == text.size() || text[i + 1] == ',' : i == 0 || text[i - 1] == ',';
      if (!at_edge) {
        bad(fmt::format("Invalid filter value {}. There is no comma {} quotation mark.", text,
                        quoted ? "after closing" : "before opening"));
      }
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  if (quoted) bad(fmt::format("Invalid filter value {}. The quote is not closed.", text));
  return parts;
}

void add_text_filter(std::string_view key, const std::string& value, Where& where) {
  const auto [op, threshold] = split_operator(value);
  if (op == "in") {
    where.in(key, split_quoted(threshold));
  } else if (op == "eq") {
    where.equals(key, threshold);
  } else {
    bad(fmt::format("Unable to filter by unknown operator '{}'.", op));
  }
}

void add_time_filter(std::string_view key, const std::string& value, Where& where) {
  const auto [op, threshold] = split_operator(value);
  const auto time = parse_instant(threshold);
  if (!time) {
    bad(fmt::format("Bad \"{}\" query filter format. Use ISO 8601 DateTime notation.", key));
  }
  const std::string_view sign = op == "gt"    ? ">"
                                : op == "gte" ? ">="
                                : op == "lt"  ? "<"
                                : op == "lte" ? "<="
                                : op == "neq" ? "<>"
                                : op == "eq"  ? "="
                                              : "";
  if (sign.empty()) bad("Unable to filter on a unknown operator.");
  // Clients see whole seconds, and compare with them.
  where.and_(fmt::format("{} - {} % 1000000 {} ?", key, key, sign), {time->truncated()});
}

// size_min and its like; false if the key is none of them.
bool add_range_filter(std::string_view key, const std::string& value, Where& where) {
  const bool minimum = key.ends_with("_min");
  if (!minimum && !key.ends_with("_max")) return false;
  const auto column = key.substr(0, key.size() - 4);
  const auto number = parse_int(value);
  if (!number) bad("Unable to filter on a range with a non-numeric value.");
  if (!among(kIntegers, column)) bad(fmt::format("Unable to filter on a range of '{}'.", column));
  where.and_(fmt::format("{} {} ?", column, minimum ? ">=" : "<="), {*number});
  return true;
}

void add_filter(std::string_view key, const std::string& value, Where& where) {
  if (key == "changes-since") bad("The \"changes-since\" filter is no longer available on v2.");
  if (add_range_filter(key, value, where)) return;
  if (key == "created_at" || key == "updated_at") return add_time_filter(key, value, where);
  if (among(kTexts, key)) return add_text_filter(key, value, where);
  if (among(kPlain, key)) {
    where.equals(key, value);
  } else if (among(kIntegers, key)) {
    const auto number = parse_int(value);
    if (!number) bad(fmt::format("Invalid value '{}' for filter '{}'.", value, key));
    where.equals(key, *number);
  } else {
    where.and_(
        "EXISTS (SELECT 1 FROM image_properties p WHERE p.image_id = images.id AND"
        " p.name = ? AND p.value = ?)",
        {key, value});
  }
}

Where read_filters(const resource::Call& call) {
  Where where;
  const auto& query = call.query();
  add_visibility(call, where);
  const std::string* hidden = query.find("os_hidden");
  where.equals("os_hidden", hidden ? read_flag("os_hidden", *hidden, true) : false);
  if (const std::string* flag = query.find("protected")) {
    where.equals("protected", read_flag("protected", *flag, false));
  }
  for (const auto tag : query.all_of("tag")) {
    where.and_("EXISTS (SELECT 1 FROM image_tags t WHERE t.image_id = images.id AND t.value = ?)",
               {trim(tag)});
  }
  for (const auto& [key, value] : query.all()) {
    if (!among(kNoFilters, key) && &value == query.find(key)) add_filter(key, value, where);
  }
  return where;
}

void add_sort_key(std::string_view key, std::vector<std::string>& keys) {
  key = trim(key);
  if (!among(kSortKeys, key)) {
    bad(fmt::format("Invalid sort key: {}. It must be one of the following: {}.", key,
                    fmt::join(kSortKeys, ", ")));
  }
  keys.emplace_back(key);
}

void add_direction(std::string_view direction, std::vector<bool>& descending) {
  direction = trim(direction);
  if (direction != "asc" && direction != "desc") {
    bad(fmt::format("Invalid sort direction: {}", direction));
  }
  descending.push_back(direction == "desc");
}

std::vector<resource::Order> read_order(const resource::Call& call) {
  const auto& query = call.query();
  std::vector<std::string> keys;
  std::vector<bool> descending;
  if (const std::string* sort = query.find("sort")) {
    if (query.has("sort_key") || query.has("sort_dir")) {
      bad("Old and new sorting syntax cannot be combined");
    }
    for (const auto part : split(trim(*sort), ',')) {
      const auto colon = part.find(':');
      add_sort_key(part.substr(0, colon), keys);
      add_direction(colon == std::string_view::npos ? "desc" : part.substr(colon + 1), descending);
    }
  } else {
    for (const auto key : query.all_of("sort_key")) add_sort_key(key, keys);
    for (const auto direction : query.all_of("sort_dir")) add_direction(direction, descending);
    if (descending.size() > 1 && descending.size() != keys.size()) {
      bad("Number of sort dirs does not match the number of sort keys");
    }
  }
  if (keys.empty()) keys.emplace_back("created_at");
  const bool standard = descending.size() == 1 ? descending.front() : true;
  descending.resize(keys.size(), standard);
  std::vector<resource::Order> order;
  for (std::size_t i = 0; i < keys.size(); ++i) order.push_back({keys[i], descending[i]});
  for (const std::string key : {"created_at", "id"}) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) order.push_back({key, standard});
  }
  return order;
}

std::int64_t read_limit(const resource::Call& call) {
  const std::string* text = call.query().find("limit");
  if (!text) return kLimitDefault;
  const auto limit = parse_int(*text);
  if (!limit) bad("limit param must be an integer");
  if (*limit < 0) bad("limit param must be positive");
  return std::min(*limit, kLimitMax);
}

// The query string without its marker, as Python's urlencode writes it; each key's last value.
std::string query_without_marker(const resource::Call& call) {
  std::string out;
  for (const auto& [key, value] : call.query().all()) {
    if (key == "marker" || &value != call.query().find(key)) continue;
    out +=
        fmt::format("{}{}={}", out.empty() ? "" : "&", percent_encode(key), percent_encode(value));
  }
  return out;
}

}  // namespace

http::Response list_images(resource::Call& call, Parts& parts) {
  call.enforce("get_images");
  const std::int64_t limit = read_limit(call);
  resource::Page page;
  page.where = read_filters(call);
  page.order = read_order(call);
  page.limit = limit;
  return call.db().read([&](db::Session& s) {
    if (const std::string* marker = call.query().find("marker")) {
      const auto seen =
          parts.images.find(s, *marker, call.caller().project_id.text, is_admin(call));
      if (!seen) bad(fmt::format("No image found with ID {}", *marker));
      page.after_key = *marker;
    }
    const auto images = parts.images.store().list(s, page);
    const auto query = query_without_marker(call);
    json::Writer w;
    w.reserve(images.size() * 800 + 200);
    w.begin_object().key("images").begin_array();
    for (const Image& image : images) write_image(w, image);
    w.end_array();
    w.member("first", query.empty() ? std::string("/v2/images") : "/v2/images?" + query);
    w.member("schema", "/v2/schemas/images");
    if (!images.empty() && static_cast<std::int64_t>(images.size()) == limit) {
      w.member("next", fmt::format("/v2/images?{}{}marker={}", query, query.empty() ? "" : "&",
                                   images.back().id));
    }
    return http::Response::json(200, w.end_object().take());
  });
}

}  // namespace haneul::glance
