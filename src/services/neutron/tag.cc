#include "services/neutron/tag.h"

#include <algorithm>

#include <fmt/format.h>

#include "resource/crud.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

constexpr std::size_t kTagsPerObjectMax = 50;

JsonText* tags_member(const resource::Resource& r, void* row) {
  return static_cast<JsonText*>(r.field_named("tags")->member(row));
}

std::string rule_of(const resource::Noun& noun, std::string_view verb) {
  return fmt::format("{}_{}:tags", verb, noun.resource.singular);
}

Fault no_such_tag(std::string_view tag) {
  return Fault::not_found(fmt::format("Tag {} could not be found.", tag)).named("TagNotFound");
}

// The row, for whoever may do this to its tags.
void find_row(resource::Call& call, db::Session& session, const resource::Noun& noun,
              std::string_view verb, void* row) {
  const std::string& id = call.param("id");
  if (!noun.table.find(session, id, noun.rows_for(call), row)) {
    throw Fault::not_found(
        fmt::format("Resource {} {} could not be found.", noun.resource.singular, id))
        .named("TagResourceNotFound");
  }
  const std::string rule = rule_of(noun, verb);
  const bool known = call.service().policy().has(rule);
  const std::string_view base =
      verb == "get" ? noun.resource.policy.show : noun.resource.policy.update;
  resource::enforce_on(call, session, noun, known ? std::string_view(rule) : base, {}, row);
}

std::string render(const std::vector<std::string>& tags) {
  json::Writer w;
  w.begin_object().member("tags", tags).end_object();
  return w.take();
}

using Edit = std::function<void(std::vector<std::string>&)>;

http::Response edit_tags(resource::Call& call, const resource::Noun& noun, std::string_view verb,
                         const Edit& edit, int status, bool shows) {
  return call.db().write([&](db::Transaction& tx) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    find_row(call, tx, noun, verb, row);
    JsonText* member = tags_member(noun.resource, row);
    auto tags_now = texts_of(*member);
    edit(tags_now);
    std::sort(tags_now.begin(), tags_now.end());
    tags_now.erase(std::unique(tags_now.begin(), tags_now.end()), tags_now.end());
    if (tags_now.size() > kTagsPerObjectMax) {
      throw bad_request(
          "tags",
          fmt::format("The number of tags exceed the per-resource limit of {}", kTagsPerObjectMax));
    }
    *member = json_of(tags_now);
    store_tags(tx, call.param("id"), *member);
    resource::touch(noun.resource, row, call.now());
    noun.table.update(tx, row);
    return shows ? http::Response::json(status, render(tags_now)) : http::Response::empty(status);
  });
}

std::vector<std::string> sent_tags(resource::Call& call) {
  const json::Value& body = call.body();
  const json::Value* sent = body.at({"tags"});
  if (!sent) throw http_bad_request("Invalid tags body");
  json::Value copy = *sent;
  if (copy.is_null()) throw invalid_input("'None' is not a list");
  if (const auto refusal = tags(copy)) throw invalid_input(*refusal);
  return texts_of(JsonText::of(copy));
}

http::Response list_tags(resource::Call& call, const resource::Noun& noun) {
  return call.db().read([&](db::Session& session) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    find_row(call, session, noun, "get", row);
    return http::Response::json(200, render(texts_of(*tags_member(noun.resource, row))));
  });
}

http::Response show_tag(resource::Call& call, const resource::Noun& noun) {
  return call.db().read([&](db::Session& session) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    find_row(call, session, noun, "get", row);
    const auto all = texts_of(*tags_member(noun.resource, row));
    const std::string& tag = call.param("tag");
    if (std::find(all.begin(), all.end(), tag) == all.end()) throw no_such_tag(tag);
    return http::Response::empty(204);
  });
}

}  // namespace

void store_tags(db::Transaction& tx, std::string_view object_id, const JsonText& tags_now) {
  tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {object_id});
  for (const auto& tag : texts_of(tags_now)) {
    tx.execute("INSERT INTO neutron_tags (object_id, tag) VALUES (?, ?)", {object_id, tag});
  }
}

void add_tag_routes(resource::Service& service, const Noun& noun) {
  const std::string all = std::string(noun->resource.path) + "/{id}/tags", one = all + "/{tag}";
  service.route("GET", all, [noun](resource::Call& call) { return list_tags(call, *noun); });
  service.route("GET", one, [noun](resource::Call& call) { return show_tag(call, *noun); });
  service.route("PUT", all, [noun](resource::Call& call) {
    const auto sent = sent_tags(call);
    return edit_tags(
        call, *noun, "update", [&](auto& now) { now = sent; }, 200, true);
  });
  service.route("PUT", one, [noun](resource::Call& call) {
    const std::string tag = call.param("tag");
    if (const auto refusal = check_text(tag, 255)) throw invalid_input(*refusal);
    return edit_tags(
        call, *noun, "update", [&](auto& now) { now.push_back(tag); }, 201, false);
  });
  service.route("DELETE", all, [noun](resource::Call& call) {
    return edit_tags(
        call, *noun, "delete", [](auto& now) { now.clear(); }, 204, false);
  });
  service.route("DELETE", one, [noun](resource::Call& call) {
    const std::string tag = call.param("tag");
    const Edit edit = [&](std::vector<std::string>& now) {
      const auto found = std::find(now.begin(), now.end(), tag);
      if (found == now.end()) throw no_such_tag(tag);
      now.erase(found);
    };
    return edit_tags(call, *noun, "delete", edit, 204, false);
  });
}

}  // namespace haneul::neutron
