#include "services/keystone/project_tag.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/row_target.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Call;
using Tags = std::vector<std::string>;

constexpr std::size_t kTagCharsMax = 255;

[[noreturn]] void refuse(const Call& call, resource::Problem::Kind kind, json::Value value,
                         std::string wanted, std::int64_t limit = 0) {
  throw call.dialect().invalid({.kind = kind,
                                .field = "tags",
                                .value = std::move(value),
                                .expected = std::move(wanted),
                                .limit = limit});
}

void check_tag(const Call& call, const std::string& tag) {
  using Kind = resource::Problem::Kind;
  if (tag.empty()) refuse(call, Kind::too_short, tag, "");
  if (utf8_length(tag) > kTagCharsMax) refuse(call, Kind::too_long, tag, "", kTagCharsMax);
  if (tag.find_first_of(",/") != std::string::npos) refuse(call, Kind::malformed, tag, "tag");
}

json::Array as_json(const Tags& tags) {
  return json::Array(tags.begin(), tags.end());
}

void write_tags(json::Writer& w, const Call& call, const Tags& tags) {
  w.begin_object().key("links").begin_object();
  w.member("self", call.base_url() + call.request().path).end_object();
  w.member("tags", tags).end_object();
}

// The project, if the caller may do `rule` to it, changed and stored by `change`.
template <class F>
void change_tags(Call& call, State& state, const char* rule, F&& change) {
  call.db().write([&](db::Transaction& tx) {
    Project p = call.fetch(tx, state.projects, call.param("project_id"), rule);
    change(p.tags);
    check_tags(call, p.tags);
    state.projects.update(tx, p);
    call.record(tx, {.type = "identity.project.updated", .subject = p.id});
  });
}

http::Response list_tags(Call& call, State& state) {
  return call.db().read([&](db::Session& session) {
    const Project p =
        call.fetch(session, state.projects, call.param("project_id"), "identity:list_project_tags");
    json::Writer w;
    write_tags(w, call, p.tags);
    return http::Response::json(200, w.take());
  });
}

http::Response replace_tags(Call& call, State& state) {
  resource::Form form(call.dialect(), call.body(), "");
  const json::Array* given = form.array("tags");
  if (!given) form.fail({.kind = resource::Problem::Kind::missing, .field = "tags"});
  Tags tags;
  for (const auto& value : *given) {
    if (!value.text()) refuse(call, resource::Problem::Kind::wrong_type, value, "string");
    tags.push_back(*value.text());
  }
  change_tags(call, state, "identity:update_project_tags", [&](Tags& t) { t = tags; });
  json::Writer w;
  write_tags(w, call, tags);
  return http::Response::json(200, w.take());
}

http::Response clear_tags(Call& call, State& state) {
  change_tags(call, state, "identity:delete_project_tags", [](Tags& t) { t.clear(); });
  return http::Response::empty(204);
}

http::Response show_tag(Call& call, State& state) {
  call.db().read([&](db::Session& session) {
    const Project p =
        call.fetch(session, state.projects, call.param("project_id"), "identity:get_project_tag");
    const auto& tag = call.param("value");
    if (std::find(p.tags.begin(), p.tags.end(), tag) == p.tags.end()) {
      throw no_such("project tag", tag);
    }
  });
  return http::Response::empty(204);
}

http::Response add_tag(Call& call, State& state) {
  const auto& tag = call.param("value");
  change_tags(call, state, "identity:create_project_tag", [&](Tags& t) {
    if (std::find(t.begin(), t.end(), tag) == t.end()) t.push_back(tag);
  });
  auto response = http::Response::empty(201);
  response.headers.set("Location", call.base_url() + call.request().path);
  return response;
}

http::Response remove_tag(Call& call, State& state) {
  const auto& tag = call.param("value");
  change_tags(call, state, "identity:delete_project_tag", [&](Tags& t) {
    if (std::erase(t, tag) == 0) throw no_such("project tag", tag);
  });
  return http::Response::empty(204);
}

}  // namespace

void check_tags(const Call& call, const Tags& tags) {
  using Kind = resource::Problem::Kind;
  if (tags.size() > static_cast<std::size_t>(kProjectTagsMax)) {
    refuse(call, Kind::too_long, as_json(tags), "", kProjectTagsMax);
  }
  for (const auto& tag : tags) check_tag(call, tag);
  auto sorted = tags;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    throw Fault::bad_request(
        fmt::format("Invalid input for field 'tags': {} has non-unique elements",
                    resource::python_repr(as_json(tags))));
  }
}

void narrow_by_tags(const Call& call, resource::Page& page) {
  for (const std::string_view key : {"tags", "tags-any", "not-tags", "not-tags-any"}) {
    const std::string* asked = call.query().find(key);
    if (!asked) continue;
    const bool any = key.ends_with("-any");
    std::string sql;
    std::vector<std::string> quoted;
    for (const auto tag : split(*asked, ',')) quoted.push_back(json::dump(json::Value(tag)));
    std::vector<db::Bind> binds;
    for (const auto& tag : quoted) {
      sql += fmt::format("{}instr(tags, ?) > 0", sql.empty() ? "" : any ? " OR " : " AND ");
      binds.emplace_back(tag);
    }
    page.where.and_(key.starts_with("not") ? "NOT (" + sql + ")" : sql, binds);
  }
}

void add_project_tags(resource::Service& service, State& state) {
  const std::string all = "/v3/projects/{project_id}/tags", one = all + "/{value}";
  service.route("GET", all, [&](Call& c) { return list_tags(c, state); });
  service.route("PUT", all, [&](Call& c) { return replace_tags(c, state); });
  service.route("DELETE", all, [&](Call& c) { return clear_tags(c, state); });
  service.route("GET", one, [&](Call& c) { return show_tag(c, state); });
  service.route("PUT", one, [&](Call& c) { return add_tag(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove_tag(c, state); });
}

}  // namespace haneul::keystone
