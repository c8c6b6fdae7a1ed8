#include "services/neutron/verbs.h"

#include <algorithm>

#include <fmt/format.h>

#include "access/policy.h"
#include "base/text.h"
#include "resource/dialect.h"
#include "services/neutron/body.h"
#include "services/neutron/errors.h"
#include "services/neutron/listing.h"

namespace haneul::neutron {

using resource::Call;
using resource::Change;
using resource::Field;
using resource::Resource;
using resource::RowList;

void RowFacts::add(std::string_view name, std::string value) {
  texts_.emplace_back(name, std::move(value));
}

void RowFacts::add(std::string_view name, bool value) {
  flags_.emplace_back(name, value);
}

std::optional<access::TargetValue> RowFacts::get(std::string_view name) const {
  for (const auto& [key, value] : texts_) {
    if (key == name) return access::TargetValue(std::string_view(value));
  }
  for (const auto& [key, value] : flags_) {
    if (key == name) return access::TargetValue(value);
  }
  return row_.get(name);
}

namespace {

std::string* text_member(const Resource& r, std::string_view column, void* row) {
  const Field* f = r.field_in_column(column);
  return f && f->codec == &resource::kText ? static_cast<std::string*>(f->member(row)) : nullptr;
}

std::string_view key_of(const Resource& r, const void* row) {
  return *text_member(r, r.key, const_cast<void*>(row));
}

void set_time(const Resource& r, std::string_view column, void* row, Instant now) {
  const Field* f = r.field_in_column(column);
  if (f && f->codec == &resource::kTime) *static_cast<Instant*>(f->member(row)) = now;
}

std::int64_t* revision_of(const Resource& r, void* row) {
  const Field* f = r.field_in_column("revision_number");
  return f ? static_cast<std::int64_t*>(f->member(row)) : nullptr;
}

// What one answer shows: decided on its first row, as upstream does.
class Rendering {
 public:
  Rendering(const Call& call, db::Session& session, const Collection& c, const RowList& rows,
            std::vector<std::string_view> selected)
      : c_(c), style_(call.dialect().time_style()), selected_(std::move(selected)) {
    if (rows.size() == 0) return;
    const Resource& r = c.resource();
    for (const Field& f : r.fields) {
      if (f.shown_by == 0 || !wanted(f.name)) continue;
      const auto rule = fmt::format("{}:{}", r.policy.show, f.name);
      const bool guarded =
          (f.guarded_by & resource::show) != 0 && call.service().policy().has(rule);
      if (!guarded || call.allowed(rule, RowFacts(r, rows.at(0)))) shown_.push_back(&f);
    }
    shows_tenant_ = r.field_named("project_id") && wanted("tenant_id");
    for (const auto& member : c.members) {
      if (wanted(member.name)) writers_.push_back(member.prepare(call, session, rows));
    }
  }

  void write(json::Writer& w, const void* row) const {
    w.begin_object();
    for (const Field* f : shown_) {
      w.key(f->name);
      f->codec->write(w, f->member(const_cast<void*>(row)), style_);
    }
    if (shows_tenant_) {
      w.member("tenant_id", *text_member(c_.resource(), "project_id", const_cast<void*>(row)));
    }
    for (const auto& writer : writers_) writer(row, w);
    w.end_object();
  }

 private:
  bool wanted(std::string_view name) const {
    return selected_.empty() ||
           std::find(selected_.begin(), selected_.end(), name) != selected_.end();
  }

  const Collection& c_;
  resource::TimeStyle style_;
  std::vector<std::string_view> selected_;
  std::vector<const Field*> shown_;
  std::vector<Collection::Write> writers_;
  bool shows_tenant_ = false;
};

std::vector<std::string_view> selected_fields(const Call& call) {
  std::vector<std::string_view> names;
  for (const auto name : call.query().all_of("fields")) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

std::string rule_words(std::string_view action, const std::vector<std::string>& rules) {
  if (rules.empty()) return fmt::format("rule:{} is disallowed by policy", action);
  std::string out = fmt::format("(rule:{}", action);
  for (const auto& rule : rules) out += " and rule:" + rule;
  return out + ") is disallowed by policy";
}

// Rows of one body, each with the object it came from.
struct Batch {
  std::unique_ptr<RowList> rows;
  Items items;
};

Batch read_batch(Call& call, const Collection& c) {
  Batch batch{c.noun->make_rows(), read_items(call, c.resource(), resource::create)};
  const Resource& r = c.resource();
  for (json::Object& given : batch.items.objects) {
    void* row = batch.rows->add();
    fill_row(call, c, resource::create, given, row);
    if (std::string* id = text_member(r, r.key, row); id->empty()) *id = new_uuid();
    std::string* project = text_member(r, "project_id", row);
    if (project && !given.has("project_id")) *project = call.caller().project_id.text;
    set_time(r, "created_at", row, call.now().truncated());
    set_time(r, "updated_at", row, call.now().truncated());
  }
  return batch;
}

void reserve_quota(Call& call, db::Transaction& tx, const Collection& c, const Batch& batch) {
  const Resource& r = c.resource();
  if (r.quota.empty()) return;
  std::map<std::string, std::int64_t> wanted;
  for (std::size_t i = 0; i < batch.rows->size(); ++i) {
    ++wanted[*text_member(r, "project_id", batch.rows->at(i))];
  }
  for (const auto& [project, amount] : wanted) {
    const auto over = call.world().quota.reserve(tx, "neutron", project, r.quota, amount);
    if (over) throw call.dialect().over_quota(*over);
  }
}

http::Response create(Call& call, const Collection& c) {
  Batch batch = read_batch(call, c);
  const auto& noun = *c.noun;
  return call.db().write([&](db::Transaction& tx) {
    reserve_quota(call, tx, c, batch);
    for (std::size_t i = 0; i < batch.rows->size(); ++i) {
      void* row = batch.rows->at(i);
      const json::Object& given = batch.items.objects[i];
      const auto rules = guard_rules(call, c, resource::create, given, row);
      enforce(call, tx, c, c.resource().policy.create, rules, row, true);
      Change change{call, tx, given};
      if (noun.before_create) noun.before_create(change, row);
      try {
        noun.table.insert(tx, row);
      } catch (const db::Duplicate& e) {
        throw call.dialect().duplicate(c.resource(), e.columns);
      }
      if (noun.after_create) noun.after_create(change, row);
    }
    if (!batch.items.bulk) {
      return http::Response::json(201, render_one(call, tx, c, *batch.rows));
    }
    const Rendering rendering(call, tx, c, *batch.rows, {});
    json::Writer w;
    w.begin_object().key(c.resource().plural).begin_array();
    for (std::size_t i = 0; i < batch.rows->size(); ++i) rendering.write(w, batch.rows->at(i));
    w.end_array().end_object();
    return http::Response::json(201, w.take());
  });
}

http::Response list(Call& call, const Collection& c) {
  if (c.before_list) c.before_list(call);
  return call.db().read([&](db::Session& session) {
    const Listing listing = read_listing(call, session, c);
    const auto rows = c.noun->make_rows();
    c.noun->table.select(session, listing.page, [&] { return rows->add(); });
    const std::size_t count = rows->size();
    const auto at = [&](std::size_t i) { return rows->at(listing.reversed ? count - 1 - i : i); };
    const Rendering rendering(call, session, c, *rows, listing.fields);
    json::Writer w;
    w.reserve(64 + count * 600);
    w.begin_object().key(c.resource().plural).begin_array();
    for (std::size_t i = 0; i < count; ++i) rendering.write(w, at(i));
    w.end_array();
    write_page_links(w, call, c, listing, count, count ? key_of(c.resource(), at(0)) : "",
                     count ? key_of(c.resource(), at(count - 1)) : "");
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show(Call& call, const Collection& c) {
  if (c.before_list) c.before_list(call);
  return call.db().read([&](db::Session& session) {
    const auto rows = c.noun->make_rows();
    fetch(call, session, c, call.param("id"), c.resource().policy.show, rows->add());
    const Rendering rendering(call, session, c, *rows, selected_fields(call));
    json::Writer w;
    w.begin_object().key(c.resource().singular);
    rendering.write(w, rows->at(0));
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

// If-Match: revision_number=5.
void check_revision(const Call& call, const Resource& r, void* row) {
  const std::string* header = call.request().headers.find("If-Match");
  const std::int64_t* revision = revision_of(r, row);
  if (!header || !revision) return;
  std::string_view text = trim(*header);
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  constexpr std::string_view kPrefix = "revision_number=";
  if (!text.starts_with(kPrefix)) return;
  const auto expected = parse_int(text.substr(kPrefix.size()));
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

http::Response update(Call& call, const Collection& c) {
  Items items = read_items(call, c.resource(), resource::update);
  json::Object& given = items.objects.front();
  const auto checked = c.noun->make_rows();
  fill_row(call, c, resource::update, given, checked->add());
  const auto& noun = *c.noun;
  const std::string& id = call.param("id");
  return call.db().write([&](db::Transaction& tx) {
    const auto before = noun.make_rows(), rows = noun.make_rows();
    void* old = before->add();
    void* row = rows->add();
    if (!noun.table.find(tx, id, noun.rows_for(call), old)) call.throw_no_such(c.resource(), id);
    noun.table.find(tx, id, {}, row);
    fill_row(call, c, resource::update, given, row);
    const auto rules = guard_rules(call, c, resource::update, given, row);
    enforce(call, tx, c, c.resource().policy.update, rules, row, false);
    check_revision(call, c.resource(), old);
    Change change{call, tx, given};
    if (noun.before_update) noun.before_update(change, old, row);
    touch(c.resource(), row, call.now());
    noun.table.update(tx, row);
    if (noun.after_update) noun.after_update(change, old, row);
    return http::Response::json(200, render_one(call, tx, c, *rows));
  });
}

http::Response remove(Call& call, const Collection& c) {
  if (!call.request().body.empty()) {
    throw http_bad_request("Request body is not supported in DELETE.");
  }
  const auto& noun = *c.noun;
  const std::string& id = call.param("id");
  return call.db().write([&](db::Transaction& tx) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    fetch(call, tx, c, id, c.resource().policy.remove, row);
    check_revision(call, c.resource(), row);
    const json::Object none;
    Change change{call, tx, none};
    if (noun.before_remove) noun.before_remove(change, row);
    noun.table.remove(tx, id);
    if (!c.resource().quota.empty()) {
      call.world().quota.release(tx, "neutron", *text_member(c.resource(), "project_id", row),
                                 c.resource().quota, 1);
    }
    if (noun.after_remove) noun.after_remove(change, row);
    return http::Response::empty(204);
  });
}

}  // namespace

void enforce(const Call& call, db::Session& session, const Collection& c, std::string_view action,
             const std::vector<std::string>& rules, const void* row, bool create) {
  RowFacts facts(c.resource(), row);
  if (c.facts) c.facts(session, row, facts);
  bool allowed = call.allowed(action, facts);
  for (const auto& rule : rules) allowed = allowed && call.allowed(rule, facts);
  if (allowed) return;
  if (!create && !call.allowed(c.resource().policy.show, facts)) throw hidden();
  throw Fault::forbidden(rule_words(action, rules)).named("PolicyNotAuthorized");
}

void fetch(const Call& call, db::Session& session, const Collection& c, std::string_view id,
           std::string_view action, void* row) {
  if (!c.noun->table.find(session, id, c.noun->rows_for(call), row)) {
    call.throw_no_such(c.resource(), id);
  }
  enforce(call, session, c, action, {}, row, false);
}

std::string render_one(const Call& call, db::Session& session, const Collection& c,
                       const RowList& rows) {
  const Rendering rendering(call, session, c, rows, {});
  json::Writer w;
  w.begin_object().key(c.resource().singular);
  rendering.write(w, rows.at(0));
  w.end_object();
  return w.take();
}

void touch(const Resource& resource, void* row, Instant now) {
  set_time(resource, "updated_at", row, now.truncated());
  if (std::int64_t* revision = revision_of(resource, row)) ++*revision;
}

void add_verbs(resource::Service& service, Collection collection) {
  const auto c = std::make_shared<const Collection>(std::move(collection));
  const Resource& r = c->resource();
  const std::string all(r.path), one = all + "/{id}";
  if (!r.policy.create.empty())
    service.route("POST", all, [c](Call& call) { return create(call, *c); });
  if (!r.policy.list.empty()) service.route("GET", all, [c](Call& call) { return list(call, *c); });
  if (!r.policy.show.empty()) service.route("GET", one, [c](Call& call) { return show(call, *c); });
  if (!r.policy.update.empty()) {
    service.route("PUT", one, [c](Call& call) { return update(call, *c); });
  }
  if (!r.policy.remove.empty()) {
    service.route("DELETE", one, [c](Call& call) { return remove(call, *c); });
  }
}

}  // namespace haneul::neutron
