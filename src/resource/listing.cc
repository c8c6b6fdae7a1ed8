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

// A scratch row gives a text the member's own type, and so the right kind of value.
class FilterValues {
 public:
  FilterValues(const Call& call, const Noun& noun, const Field& f, std::size_t count)
      : call_(call), field_(f), scratch_(noun.make_rows()), row_(scratch_->add()) {
    kept_.reserve(count);  // binds refer to the texts
  }

  void add(std::string_view text) {
    read(text);
    std::string made;
    auto bind = field_.codec->bind(field_.member(row_), made);
    if (bind.kind() == db::Bind::Kind::text) {
      bind = db::Bind(kept_.emplace_back(std::string(bind.text())));
    }
    binds_.push_back(bind);
  }
  // Not a row of ORs: two filters of some hundred values each take SQLite seconds to plan.
  Where any() const {
    if (binds_.size() == 1) return Where().and_(fmt::format("\"{}\" = ?", field_.column), binds_);
    std::string marks = "?";
    for (std::size_t i = 1; i < binds_.size(); ++i) marks += ",?";
    return Where().and_(fmt::format("\"{}\" IN ({})", field_.column, marks), binds_);
  }

 private:
  void read(std::string_view text) {
    json::Value value{std::string(text)};
    Problem problem{.kind = Problem::Kind::wrong_type,
                    .field = std::string(field_.query_name()),
                    .value = value,
                    .expected = std::string(field_.codec->json_type)};
    if (auto refusal = call_.dialect().convert(field_, value, Verb::list)) {
      problem.kind = Problem::Kind::refused, problem.expected = *refusal;
      throw call_.dialect().invalid(problem);
    }
    const bool good = value.text() ? field_.codec->parse(*value.text(), field_.member(row_))
                                   : field_.codec->read(value, field_.member(row_));
    if (!good) throw call_.dialect().invalid(problem);
  }

  const Call& call_;
  const Field& field_;
  std::unique_ptr<RowList> scratch_;
  void* row_;
  std::vector<std::string> kept_;
  std::vector<db::Bind> binds_;
};

// One filter's values: any of them will do where the service says so, else the last.
void add_filter(const Call& call, const Noun& noun, const Field& f,
                std::vector<std::string_view> values, Page& page) {
  if (!call.dialect().repeated_filter_is_any()) values = {values.back()};
  FilterValues wanted(call, noun, f, values.size());
  for (const auto value : values) wanted.add(value);
  page.where.and_(wanted.any());
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

bool is_paging_key(const Call& call, std::string_view key) {
  const auto& p = call.dialect().paging();
  return key == p.limit || key == p.marker || key == p.sort_key || key == p.sort_dir ||
         (!key.empty() && (key == p.reverse || key == call.dialect().field_selector()));
}

[[noreturn]] void fail_keys(const Call& call, Problem::Kind kind, std::vector<std::string> keys) {
  Problem problem{.kind = kind, .field = keys.front(), .value = keys.front()};
  problem.keys = std::move(keys);
  throw call.dialect().invalid(problem);
}

void read_filters(const Call& call, const Noun& noun, Page& page) {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : call.query().all()) {
    if (is_paging_key(call, key) || &value != &*call.query().find(key)) continue;
    auto values = call.query().all_of(key);
    if (values.size() > kFilterValuesMax) {
      throw Fault::bad_request(
          fmt::format("More than {} values for one filter.", kFilterValuesMax));
    }
    if (noun.filter && noun.filter(call, key, values, page)) continue;
    if (const Field* f = filter_named(noun.resource, key)) {
      add_filter(call, noun, *f, std::move(values), page);
    } else if (call.dialect().filters_compare()) {
      add_comparison(noun, key, value, page);
    } else {
      unknown.push_back(key);
    }
  }
  if (unknown.empty() || call.dialect().unknown_filters_ignored(noun.resource)) return;
  fail_keys(call, Problem::Kind::unknown_filters, std::move(unknown));
}

void read_order(const Call& call, const Noun& noun, Page& page) {
  const auto& paging = call.dialect().paging();
  const auto keys = call.query().all_of(paging.sort_key);
  const auto directions = call.query().all_of(paging.sort_dir);
  if (paging.each_key_has_dir && keys.size() != directions.size()) {
    throw call.dialect().invalid({.kind = Problem::Kind::sort_dirs_count});
  }
  std::vector<std::string> bad_keys, bad_directions;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Field* f = noun.resource.field_named(keys[i] == "tenant_id" ? "project_id" : keys[i]);
    const auto direction = i < directions.size() ? directions[i] : std::string_view("asc");
    if (!f || !f->is_sort_key) bad_keys.emplace_back(keys[i]);
    if (direction != "asc" && direction != "desc") bad_directions.emplace_back(direction);
    if (f) page.order.push_back({std::string(f->column), direction == "desc"});
  }
  if (!bad_keys.empty()) fail_keys(call, Problem::Kind::not_sort_keys, std::move(bad_keys));
  if (!bad_directions.empty()) {
    fail_keys(call, Problem::Kind::not_sort_dirs, std::move(bad_directions));
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
    throw call.dialect().invalid(
        {.kind = Problem::Kind::bad_limit, .field = std::string(paging.limit), .value = *text});
  }
  if (*limit == 0) return standard;
  return std::min(*limit, paging.page_max);
}

void read_reverse(const Call& call, const Noun& noun, Listing& listing) {
  const auto& paging = call.dialect().paging();
  const std::string* reverse = paging.reverse.empty() ? nullptr : call.query().find(paging.reverse);
  listing.reversed = listing.limit > 0 && reverse && lower(*reverse) == "true";
  if (!listing.reversed) return;
  for (auto& order : listing.page.order) order.descending = !order.descending;
  const std::string key(noun.resource.key);
  const auto by_key = [&](const Order& order) { return order.column == key; };
  if (std::none_of(listing.page.order.begin(), listing.page.order.end(), by_key)) {
    listing.page.order.push_back({key, true});
  }
}

void read_marker(const Call& call, db::Session& session, const Noun& noun, Listing& listing) {
  const auto& paging = call.dialect().paging();
  const std::string* marker = call.query().find(paging.marker);
  if (!marker || (paging.marker_needs_limit && listing.limit < 0)) return;
  const auto probe = noun.make_rows();
  if (!noun.table.find(session, *marker, noun.rows_for(call), probe->add())) {
    throw call.dialect().invalid({.kind = Problem::Kind::bad_marker,
                                  .field = std::string(paging.marker),
                                  .value = *marker,
                                  .noun = &noun.resource});
  }
  listing.page.after_key = *marker;
}

}  // namespace

std::vector<std::string_view> selected_members(const Call& call) {
  const auto selector = call.dialect().field_selector();
  if (selector.empty()) return {};
  auto names = call.query().all_of(selector);
  names.erase(std::remove(names.begin(), names.end(), std::string_view()), names.end());
  return names;
}

Listing read_listing(const Call& call, db::Session& session, const Noun& noun) {
  Listing listing;
  listing.page.where = noun.rows_for(call);
  read_filters(call, noun, listing.page);
  read_order(call, noun, listing.page);
  if (noun.narrow) noun.narrow(call, session, listing.page);
  listing.limit = read_limit(call);
  listing.page.limit = listing.limit < 0 ? -1 : listing.limit + 1;
  read_reverse(call, noun, listing);
  read_marker(call, session, noun, listing);
  listing.selected = selected_members(call);
  return listing;
}

}  // namespace haneul::resource
