#include "services/neutron/listing.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/dialect.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::Call;
using resource::Field;
using resource::Page;
using Values = std::vector<std::string_view>;

constexpr std::size_t kFilterValuesMax = 1000;
constexpr std::string_view kOwnKeys[] = {"fields", "sort_key", "sort_dir",
                                         "limit",  "marker",   "page_reverse"};

bool is_own_key(std::string_view key) {
  return std::find(std::begin(kOwnKeys), std::end(kOwnKeys), key) != std::end(kOwnKeys);
}

std::string quoted(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const auto& word : words) out += fmt::format("{}'{}'", out.size() > 1 ? ", " : "", word);
  return out + "]";
}

json::Value converted(const Field& f, std::string_view text) {
  const json::Value given{std::string(text)};
  if (f.codec == &resource::kBool || f.codec == &resource::kOptionalBool) return to_boolean(given);
  if (f.codec == &resource::kInteger || f.codec == &resource::kOptionalInteger) {
    return to_integer(given);
  }
  return given;
}

void add_equality(const Field& f, const Values& values, Page& page) {
  std::string sql;
  std::vector<json::Value> kept;
  std::vector<db::Bind> binds;
  kept.reserve(values.size());
  for (const auto value : values) {
    const auto& v = kept.emplace_back(converted(f, value));
    sql += fmt::format("{}\"{}\" = ?", sql.empty() ? "" : " OR ", f.column);
    if (v.boolean()) {
      binds.emplace_back(*v.boolean());
    } else if (v.integer()) {
      binds.emplace_back(*v.integer());
    } else {
      binds.emplace_back(*v.text());
    }
  }
  page.where.and_(sql, binds);
}

// tags=a,b: all of them; tags-any: one of them; and their opposites.
// upstream: openstack/neutron:neutron/db/models/tag.py, neutron_lib/db/model_query.py
bool add_tag_filter(const Collection& c, std::string_view key, const Values& values, Page& page) {
  const bool any = key.ends_with("-any"), none = key.starts_with("not-");
  if (key != "tags" && key != "tags-any" && key != "not-tags" && key != "not-tags-any")
    return false;
  if (!c.resource().field_named("tags")) return false;
  std::string sql;
  std::vector<std::string> wanted;
  for (const auto value : values) {
    for (const auto tag : split(value, ',')) wanted.emplace_back(tag);
  }
  if (wanted.size() > kFilterValuesMax) throw http_bad_request("Too many tags to filter by");
  std::vector<db::Bind> binds;
  for (const auto& tag : wanted) {
    sql += sql.empty() ? "" : (any ? " OR " : " AND ");
    sql +=
        fmt::format("EXISTS (SELECT 1 FROM neutron_tags WHERE object_id = \"{}\".id AND tag = ?)",
                    c.resource().table_name());
    binds.emplace_back(tag);
  }
  page.where.and_(none ? fmt::format("NOT ({})", sql) : sql, binds);
  return true;
}

const Field* filter_field(const Collection& c, std::string_view key) {
  if (key == "tenant_id") key = "project_id";
  const Field* f = c.resource().field_named(key);
  return f && f->is_filter ? f : nullptr;
}

void read_filters(const Call& call, const Collection& c, Page& page) {
  std::vector<std::string> unknown;
  std::vector<std::string_view> seen;
  for (const auto& [key, value] : call.query().all()) {
    if (is_own_key(key) || std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    seen.push_back(key);
    const Values values = call.query().all_of(key);
    if (values.size() > kFilterValuesMax) throw http_bad_request("Too many values for one filter");
    if (c.filter && c.filter(call, key, values, page)) continue;
    if (add_tag_filter(c, key, values, page)) continue;
    if (const Field* f = filter_field(c, key)) {
      add_equality(*f, values, page);
    } else {
      unknown.push_back(key);
    }
  }
  if (unknown.empty()) return;
  throw http_bad_request(fmt::format("{} is invalid attribute for filtering", quoted(unknown)));
}

void read_order(const Call& call, const Collection& c, Page& page) {
  const auto keys = call.query().all_of("sort_key"), dirs = call.query().all_of("sort_dir");
  if (keys.size() != dirs.size()) {
    throw http_bad_request("The number of sort_keys and sort_dirs must be same");
  }
  std::vector<std::string> bad_keys, bad_dirs;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Field* f = c.resource().field_named(keys[i] == "tenant_id" ? "project_id" : keys[i]);
    if (!f || !f->is_sort_key) bad_keys.emplace_back(keys[i]);
    if (dirs[i] != "asc" && dirs[i] != "desc") bad_dirs.emplace_back(dirs[i]);
    if (f && f->column != c.resource().key) {
      page.order.push_back({std::string(f->column), dirs[i] == "desc"});
    }
  }
  if (!bad_keys.empty()) {
    throw http_bad_request(fmt::format("{} is invalid attribute for sort_keys", quoted(bad_keys)));
  }
  if (!bad_dirs.empty()) {
    throw http_bad_request(fmt::format(
        "{} is invalid value for sort_dirs, valid value is 'asc' and 'desc'", quoted(bad_dirs)));
  }
}

void read_page(const Call& call, db::Session& session, const Collection& c, Listing& listing) {
  const std::string* limit = call.query().find("limit");
  if (limit) {
    const auto number = parse_int(*limit);
    if (!number || *number < 0) {
      throw bad_request("limit",
                        fmt::format("Limit must be an integer 0 or greater and not '{}'", *limit));
    }
    listing.limit = *number;
  }
  const std::string* reverse = call.query().find("page_reverse");
  listing.reversed = listing.limit > 0 && reverse && lower(*reverse) == "true";
  listing.page.limit = listing.limit > 0 ? listing.limit : -1;
  if (listing.reversed) {
    if (listing.page.order.empty()) {
      listing.page.order.push_back({std::string(c.resource().key), true});
    } else {
      for (auto& order : listing.page.order) order.descending = !order.descending;
    }
  }
  const std::string* marker = call.query().find("marker");
  if (!marker || listing.limit == 0) return;
  const auto probe = c.noun->make_rows();
  if (!c.noun->table.find(session, *marker, c.noun->rows_for(call), probe->add())) {
    call.throw_no_such(c.resource(), *marker);
  }
  listing.page.after_key = *marker;
}

// The query string again, with another marker.
std::string link(const Call& call, const Collection& c, std::string_view marker, bool reverse) {
  std::string query;
  const auto add = [&](std::string_view key, std::string_view value) {
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", percent_encode(key),
                         percent_encode(value));
  };
  for (const auto& [key, value] : call.query().all()) {
    if (key != "marker" && key != "page_reverse") add(key, value);
  }
  if (!marker.empty()) add("marker", marker);
  if (reverse) add("page_reverse", "True");
  return fmt::format("{}{}{}", call.service_url(), c.resource().path, query);
}

}  // namespace

Listing read_listing(const Call& call, db::Session& session, const Collection& c) {
  Listing listing;
  listing.page.where = c.noun->rows_for(call);
  read_filters(call, c, listing.page);
  read_order(call, c, listing.page);
  read_page(call, session, c, listing);
  if (c.noun->narrow) c.noun->narrow(call, session, listing.page);
  for (const auto name : call.query().all_of("fields")) {
    if (!name.empty()) listing.fields.push_back(name);
  }
  return listing;
}

void write_page_links(json::Writer& w, const Call& call, const Collection& c,
                      const Listing& listing, std::size_t rows, std::string_view first_id,
                      std::string_view last_id) {
  if (listing.limit == 0) return;
  const bool is_short = static_cast<std::int64_t>(rows) < listing.limit;
  const bool has_next = !is_short || listing.reversed,
             has_previous = !is_short || !listing.reversed;
  if (!has_next && !has_previous) return;
  w.key(fmt::format("{}_links", c.resource().plural)).begin_array();
  const auto write = [&](std::string_view rel, std::string_view marker, bool reverse) {
    w.begin_object().member("rel", rel).member("href", link(call, c, marker, reverse)).end_object();
  };
  if (has_next) write("next", last_id, false);
  if (has_previous) write("previous", first_id, true);
  w.end_array();
}

}  // namespace haneul::neutron
