#include "resource/listing.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/dialect.h"

namespace haneul::resource {
namespace {

constexpr std::size_t kFilterValuesMax = 500;

const Field* filter_named(const Resource& resource, std::string_view key) {
  if (key == "tenant_id") key = "project_id";
  for (const Field& f : resource.fields) {
    if (f.is_filter && f.query_name() == key) return &f;
  }
  return nullptr;
}

// One filter's values: any of them will do where the service says so, else the last.
void add_filter(const Call& call, const Noun& noun, const Field& f,
                std::vector<std::string_view> values, Page& page) {
  if (!call.dialect().repeated_filter_is_any()) values = {values.back()};
  if (values.size() > kFilterValuesMax) {
    throw Fault::bad_request(fmt::format("More than {} values for one filter.", kFilterValuesMax));
  }
  // A scratch row gives each text the member's own type, and so the right kind of value.
  const auto scratch = noun.make_rows();
  void* row = scratch->add();
  std::string sql, kept;
  std::vector<std::string> keep(values.size());
  Where any;
  std::vector<db::Bind> binds;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!f.codec->parse(values[i], f.member(row))) {
      throw call.dialect().invalid({.kind = Problem::Kind::wrong_type,
                                    .field = std::string(f.query_name()),
                                    .value = std::string(values[i]),
                                    .expected = std::string(f.codec->json_type)});
    }
    auto bind = f.codec->bind(f.member(row), kept);
    if (bind.kind() == db::Bind::Kind::text) bind = db::Bind(keep[i] = std::string(bind.text()));
    binds.push_back(bind);
    sql += fmt::format("{}\"{}\" = ?", i ? " OR " : "", f.column);
  }
  page.where.and_(sql, binds);
}

// Case is left to the database: upstream's MySQL ignores it either way.
void add_comparison(const Noun& noun, std::string_view key, std::string_view value, Page& page) {
  const auto at = key.rfind("__");
  if (at == std::string_view::npos) return;
  std::string_view how = key.substr(at + 2);
  const Field* f = filter_named(noun.resource, key.substr(0, at));
  if (!f || (f->codec != &kText && f->codec != &kOptionalText)) return;
  if (how.starts_with('i')) how.remove_prefix(1);
  std::string pattern;
  for (const char c : value) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  if (how == "contains" || how == "endswith") pattern.insert(0, "%");
  if (how == "contains" || how == "startswith") pattern += '%';
  if (how != "contains" && how != "endswith" && how != "startswith") return;
  page.where.and_(fmt::format("\"{}\" LIKE ? ESCAPE '!'", f->column), {pattern});
}

void read_filters(const Call& call, const Noun& noun, Page& page) {
  const auto& paging = call.dialect().paging();
  for (const auto& [key, value] : call.query().all()) {
    const bool own = key == paging.limit || key == paging.marker || key == paging.sort_key ||
                     key == paging.sort_dir;
    const Field* f = own ? nullptr : filter_named(noun.resource, key);
    if (!f && !own && call.dialect().filters_compare()) add_comparison(noun, key, value, page);
    if (!f) continue;
    auto values = call.query().all_of(key);
    if (&value == &*call.query().find(key)) add_filter(call, noun, *f, std::move(values), page);
  }
}

void read_order(const Call& call, const Noun& noun, Page& page) {
  const auto& paging = call.dialect().paging();
  const auto keys = call.query().all_of(paging.sort_key);
  const auto directions = call.query().all_of(paging.sort_dir);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Field* f = noun.resource.field_named(keys[i] == "tenant_id" ? "project_id" : keys[i]);
    if (!f || !f->is_sort_key) {
      throw call.dialect().invalid({.kind = Problem::Kind::malformed,
                                    .field = std::string(paging.sort_key),
                                    .value = std::string(keys[i]),
                                    .expected = "sort key"});
    }
    const auto direction = i < directions.size() ? directions[i] : std::string_view("asc");
    if (direction != "asc" && direction != "desc") {
      throw call.dialect().invalid({.kind = Problem::Kind::malformed,
                                    .field = std::string(paging.sort_dir),
                                    .value = std::string(direction),
                                    .expected = "sort direction"});
    }
    page.order.push_back({std::string(f->column), direction == "desc"});
  }
  if (!keys.empty()) return;
  for (const auto column : split(noun.resource.default_sort, ',')) {
    if (column != noun.resource.key) page.order.push_back({std::string(column), false});
  }
}

std::int64_t read_limit(const Call& call) {
  const auto& paging = call.dialect().paging();
  const std::string* text = call.query().find(paging.limit);
  const std::int64_t standard = paging.unlimited_by_default ? -1 : paging.page_max;
  if (!text) return standard;
  const auto limit = parse_int(*text);
  if (!limit || *limit < 0) {
    throw call.dialect().invalid({.kind = Problem::Kind::malformed,
                                  .field = std::string(paging.limit),
                                  .value = *text,
                                  .expected = "non-negative integer"});
  }
  if (*limit == 0) return standard;
  return std::min(*limit, paging.page_max);
}

}  // namespace

Listing read_listing(const Call& call, db::Session& session, const Noun& noun) {
  Listing listing;
  listing.page.where = noun.rows_for(call);
  read_filters(call, noun, listing.page);
  read_order(call, noun, listing.page);
  if (noun.narrow) noun.narrow(call, session, listing.page);
  listing.limit = read_limit(call);
  listing.page.limit = listing.limit < 0 ? -1 : listing.limit + 1;
  if (const std::string* marker = call.query().find(call.dialect().paging().marker)) {
    const auto probe = noun.make_rows();
    if (!noun.table.find(session, *marker, noun.rows_for(call), probe->add())) {
      throw call.dialect().invalid({.kind = Problem::Kind::malformed,
                                    .field = std::string(call.dialect().paging().marker),
                                    .value = *marker,
                                    .expected = "marker"});
    }
    listing.page.after_key = *marker;
  }
  const auto selector = call.dialect().field_selector();
  if (!selector.empty()) listing.selected = call.query().all_of(selector);
  return listing;
}

}  // namespace haneul::resource
