#include "services/neutron/noun.h"

#include <fmt/format.h>

#include "base/text.h"
#include "resource/call.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::Call;
using resource::Field;
using resource::Page;
using resource::Resource;

constexpr std::size_t kTagsMax = 1000;
constexpr std::string_view kRevision = "revision_number=";

template <class T>
const T* member_of(const Resource& r, std::string_view name, const void* row) {
  const Field* f = r.field_named(name);
  return f ? static_cast<const T*>(f->member(const_cast<void*>(row))) : nullptr;
}

// tags=a,b: all of them; tags-any: one of them; and their opposites.
// upstream: openstack/neutron-lib:neutron_lib/db/model_query.py
bool add_tag_filter(const Resource& resource, std::string_view key,
                    const std::vector<std::string_view>& values, Page& page) {
  const bool any = key.ends_with("-any"), none = key.starts_with("not-");
  if (key != "tags" && key != "tags-any" && key != "not-tags" && key != "not-tags-any") {
    return false;
  }
  std::string sql;
  std::vector<std::string> wanted;
  for (const auto value : values) {
    for (const auto tag : split(value, ',')) wanted.emplace_back(tag);
  }
  if (wanted.size() > kTagsMax) throw http_bad_request("Too many tags to filter by");
  std::vector<db::Bind> binds;
  for (const auto& tag : wanted) {
    sql += sql.empty() ? "" : (any ? " OR " : " AND ");
    sql +=
        fmt::format("EXISTS (SELECT 1 FROM neutron_tags WHERE object_id = \"{}\".id AND tag = ?)",
                    resource.table_name());
    binds.emplace_back(tag);
  }
  page.where.and_(none ? fmt::format("NOT ({})", sql) : sql, binds);
  return true;
}

Member tenant_member(const Resource& resource) {
  return {"tenant_id", [&resource](const Call&, db::Session&, const resource::RowList&) {
            return [&resource](const void* row, json::Writer& w) {
              w.member("tenant_id", *member_of<std::string>(resource, "project_id", row));
            };
          }};
}

}  // namespace

void check_revision(const Call& call, const Resource& resource, const void* row) {
  const std::string* header = call.request().headers.find("If-Match");
  const auto* revision = member_of<std::int64_t>(resource, "revision_number", row);
  if (!header || !revision) return;
  std::string_view text = trim(*header);
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (!text.starts_with(kRevision)) return;
  const auto expected = parse_int(text.substr(kRevision.size()));
  if (!expected) {
    throw bad_request("if-match",
                      "Revision number etag must be in the format of "
                      "revision_number=<int>");
  }
  if (*expected == *revision) return;
  throw Fault(Fault::Kind::precondition_failed,
              fmt::format("Constrained to {}, but current revision is {}", *expected, *revision))
      .named("RevisionNumberConstraintFailed");
}

void add_common(const Resource& resource, std::vector<Member>& members, resource::Filter& filter) {
  if (resource.field_named("project_id")) {
    members.insert(members.begin(), tenant_member(resource));
  }
  if (!resource.field_named("tags")) return;
  filter = [&resource, inner = std::move(filter)](const Call& call, std::string_view key,
                                                  const std::vector<std::string_view>& values,
                                                  Page& page) {
    return (inner && inner(call, key, values, page)) || add_tag_filter(resource, key, values, page);
  };
}

}  // namespace haneul::neutron
