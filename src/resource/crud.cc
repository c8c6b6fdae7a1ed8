#include "resource/crud.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "access/policy.h"
#include "json/writer.h"
#include "resource/body.h"
#include "resource/dialect.h"
#include "resource/listing.h"
#include "resource/rendering.h"
#include "resource/service.h"

namespace haneul::resource {
namespace {

template <class T>
T* member_of(const Resource& r, std::string_view column, const Codec& codec, void* row) {
  const Field* f = r.field_in_column(column);
  return f && f->codec == &codec ? static_cast<T*>(f->member(row)) : nullptr;
}

std::string* text_member(const Resource& r, std::string_view column, void* row) {
  return member_of<std::string>(r, column, kText, row);
}

void set_time(const Resource& r, std::string_view column, void* row, Instant now) {
  if (Instant* at = member_of<Instant>(r, column, kTime, row)) *at = now;
}

// Rows of one body, each beside the object it came from.
struct Batch {
  std::unique_ptr<RowList> rows;
  Items items;
};

// What a new row has before hooks: an id, the caller's project unless the body names one (then the
// policy must let it through), its times.
void complete(Call& call, const Noun& noun, const json::Object& given, void* row) {
  const Resource& r = noun.resource;
  std::string* key = text_member(r, r.key, row);
  if (key && key->empty()) *key = call.dialect().new_id(r);
  std::string* owner = r.scope == Scope::project ? text_member(r, r.owner_column, row) : nullptr;
  if (owner && owner->empty() && !given.has(r.owner_column)) {
    *owner = call.caller().project_id.text;
  }
  set_time(r, "created_at", row, call.now().truncated());
  set_time(r, "updated_at", row, call.now().truncated());
}

Batch read_batch(Call& call, const Noun& noun) {
  Batch batch{noun.make_rows(), call.dialect().read_items(call, noun.resource, create)};
  for (json::Object& given : batch.items.objects) {
    void* row = batch.rows->add();
    fill_row(call, noun, create, given, row);
    complete(call, noun, given, row);
  }
  return batch;
}

void reserve_quota(Call& call, db::Transaction& tx, const Noun& noun, const Batch& batch) {
  const Resource& r = noun.resource;
  if (r.quota.empty()) return;
  std::map<std::string, std::int64_t> wanted;
  for (std::size_t i = 0; i < batch.rows->size(); ++i) {
    ++wanted[*text_member(r, r.owner_column, batch.rows->at(i))];
  }
  for (const auto& [project, amount] : wanted) {
    const auto over =
        call.world().quota.reserve(tx, call.service().facts().name, project, r.quota, amount);
    if (over) throw call.dialect().over_quota(*over);
  }
}

void release_quota(Call& call, db::Transaction& tx, const Noun& noun, void* row) {
  const Resource& r = noun.resource;
  if (r.quota.empty()) return;
  call.world().quota.release(tx, call.service().facts().name, *text_member(r, r.owner_column, row),
                             r.quota, 1);
}

template <class F>
auto with_duplicates_named(const Call& call, const Noun& noun, F&& body) {
  try {
    return body();
  } catch (const db::Duplicate& e) {
    throw call.dialect().duplicate(noun.resource, e.columns);
  }
}

void enforce_create(const Call& call, db::Session& session, const Noun& noun,
                    const json::Object& given, const void* row) {
  enforce_on(call, session, noun, noun.resource.policy.create,
             guard_rules(call, noun, create, given, row), row);
}

// "<event>.created" and so on, for nouns that have one.
void record(Call& call, db::Transaction& tx, const Noun& noun, const char* what, void* row) {
  const Resource& r = noun.resource;
  if (r.event.empty()) return;
  const std::string* owner =
      r.scope == Scope::project ? text_member(r, r.owner_column, row) : nullptr;
  call.record(tx, {.type = fmt::format("{}.{}", r.event, what),
                   .subject = std::string(noun.key_of(row)),
                   .project_id = owner ? *owner : std::string()});
}

// Slow work before the transaction; only for who may do what it is for.
std::string prepare_create(Call& call, const Noun& noun, const Batch& batch, std::size_t i) {
  if (!noun.prepare) return {};
  const json::Object& given = batch.items.objects[i];
  call.db().read(
      [&](db::Session& session) { enforce_create(call, session, noun, given, batch.rows->at(i)); });
  return noun.prepare(call, given);
}

void insert_row(Call& call, db::Transaction& tx, const Noun& noun, const Batch& batch,
                std::size_t i, const std::string& prepared) {
  void* row = batch.rows->at(i);
  Change change{call, tx, batch.items.objects[i], prepared};
  if (noun.before_create) noun.before_create(change, row);
  noun.table.insert(tx, row);
  if (noun.after_create) noun.after_create(change, row);
  record(call, tx, noun, "created", row);
}

std::string render_many(const Call& call, db::Session& session, const Noun& noun,
                        const RowList& rows) {
  const Rendering rendering(call, session, noun, rows, show);
  json::Writer w;
  w.begin_object().key(noun.resource.plural).begin_array();
  for (std::size_t i = 0; i < rows.size(); ++i) rendering.write(w, rows.at(i));
  w.end_array().end_object();
  return w.take();
}

}  // namespace

void enforce_on(const Call& call, db::Session& session, const Noun& noun, std::string_view rule,
                const std::vector<std::string>& more, const void* row) {
  if (!call.has_caller()) throw call.dialect().unauthenticated();
  RowFacts facts(noun.resource, row);
  if (noun.facts) noun.facts(session, row, facts);
  std::vector<std::string> asked{std::string(rule)};
  asked.insert(asked.end(), more.begin(), more.end());
  for (const auto& one : asked) {
    if (call.allowed(one, facts)) continue;
    const auto& p = noun.resource.policy;
    const bool seen = rule == p.create || p.show.empty() || call.allowed(p.show, facts);
    throw call.dialect().refused_among(one, asked, seen);
  }
}

namespace {

void find_row(const Call& call, db::Session& session, const Noun& noun, std::string_view key,
              std::string_view rule, void* row) {
  if (noun.table.find(session, key, noun.rows_for(call), row)) return;
  call.throw_absent(noun.resource, key, rule);
}

}  // namespace

void fetch_row(const Call& call, db::Session& session, const Noun& noun, std::string_view key,
               std::string_view rule, void* row) {
  find_row(call, session, noun, key, rule, row);
  enforce_on(call, session, noun, rule, {}, row);
}

void touch(const Resource& resource, void* row, Instant now) {
  set_time(resource, "updated_at", row, now.truncated());
  if (auto* revision = member_of<std::int64_t>(resource, "revision_number", kInteger, row)) {
    ++*revision;
  }
}

std::string render_one(const Call& call, db::Session& session, const Noun& noun,
                       const RowList& rows, Verb verb) {
  const Rendering rendering(call, session, noun, rows, verb);
  json::Writer w;
  w.begin_object().key(noun.resource.singular);
  rendering.write(w, rows.at(0));
  w.end_object();
  return w.take();
}

http::Response create_one(Call& call, const Noun& noun) {
  const Batch batch = read_batch(call, noun);
  std::vector<std::string> prepared;
  for (std::size_t i = 0; i < batch.rows->size(); ++i) {
    prepared.push_back(prepare_create(call, noun, batch, i));
  }
  return with_duplicates_named(call, noun, [&] {
    return call.db().write([&](db::Transaction& tx) {
      for (std::size_t i = 0; i < batch.rows->size(); ++i) {
        enforce_create(call, tx, noun, batch.items.objects[i], batch.rows->at(i));
      }
      reserve_quota(call, tx, noun, batch);
      for (std::size_t i = 0; i < batch.rows->size(); ++i) {
        insert_row(call, tx, noun, batch, i, prepared[i]);
      }
      return http::Response::json(noun.resource.status.create,
                                  batch.items.bulk ? render_many(call, tx, noun, *batch.rows)
                                                   : render_one(call, tx, noun, *batch.rows, show));
    });
  });
}

http::Response show_one(Call& call, const Noun& noun, const std::string& key) {
  if (noun.before_look) noun.before_look(call);
  return call.db().read([&](db::Session& session) {
    const auto rows = noun.make_rows();
    fetch_row(call, session, noun, key, noun.resource.policy.show, rows->add());
    const Rendering rendering(call, session, noun, *rows, show, selected_members(call));
    json::Writer w;
    w.begin_object().key(noun.resource.singular);
    rendering.write(w, rows->at(0));
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

namespace {

void enforce_list(const Call& call, const Noun& noun) {
  if (call.dialect().lists_are_open()) return;
  if (!noun.list_target) return call.enforce(noun.resource.policy.list);
  access::PairsTarget target;
  noun.list_target(call, target);
  call.enforce(noun.resource.policy.list, target);
}

// The rows of a page, in the order they are shown, and what follows them.
PageEnd read_rows(db::Session& session, const Noun& noun, const Listing& listing, RowList& rows) {
  noun.table.select(session, listing.page, [&] { return rows.add(); });
  PageEnd end{.limit = listing.limit, .reversed = listing.reversed};
  if (listing.limit >= 0 && static_cast<std::int64_t>(rows.size()) > listing.limit) {
    rows.pop();
    end.more = true;
  }
  if (listing.reversed) rows.reverse();
  end.rows = static_cast<std::int64_t>(rows.size());
  if (rows.size() > 0) {
    end.first = noun.key_of(rows.at(0));
    end.last = noun.key_of(rows.at(rows.size() - 1));
  }
  return end;
}

constexpr std::size_t kRowBytesExpected = 600;

}  // namespace

http::Response list_all(Call& call, const Noun& noun) {
  enforce_list(call, noun);
  // An open list shows what the caller might see row by row: nothing, with a token of another
  // scope.
  const bool in_scope =
      call.service().policy().takes_scope(noun.resource.policy.list, call.caller());
  return list_where(call, noun, in_scope ? Where() : Where().and_("0"));
}

http::Response list_where(Call& call, const Noun& noun, const Where& also) {
  if (noun.before_look) noun.before_look(call);
  return call.db().read([&](db::Session& session) {
    Listing listing = read_listing(call, session, noun);
    listing.page.where.and_(also);
    const auto rows = noun.make_rows();
    const PageEnd end = read_rows(session, noun, listing, *rows);
    const Rendering rendering(call, session, noun, *rows, list, listing.selected);
    json::Writer w;
    w.reserve((rows->size() + 1) * kRowBytesExpected);
    w.begin_object().key(noun.resource.plural).begin_array();
    for (std::size_t i = 0; i < rows->size(); ++i) rendering.write(w, rows->at(i));
    w.end_array();
    call.dialect().end_list(w, call, noun.resource, end);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

namespace {

// What an update may be told before its transaction: a wrong body where the service looks at that
// first; the outcome of slow work for who may do it.
std::string prepare_update(Call& call, const Noun& noun, const std::string& key,
                           json::Object& given) {
  if (call.dialect().checks_before_finding()) {
    const auto scratch = noun.make_rows();
    fill_row(call, noun, update, given, scratch->add());
  }
  if (!noun.prepare) return {};
  const auto seen = noun.make_rows();
  call.db().read([&](db::Session& session) {
    fetch_row(call, session, noun, key, noun.resource.policy.update, seen->add());
  });
  return noun.prepare(call, given);
}

}  // namespace

http::Response update_one(Call& call, const Noun& noun, const std::string& key) {
  Items items = call.dialect().read_items(call, noun.resource, update);
  json::Object& given = items.objects.front();
  const std::string prepared = prepare_update(call, noun, key, given);
  const std::string_view rule = noun.resource.policy.update;
  return with_duplicates_named(call, noun, [&] {
    return call.db().write([&](db::Transaction& tx) {
      const auto before = noun.make_rows(), rows = noun.make_rows();
      void* old = before->add();
      void* row = rows->add();
      find_row(call, tx, noun, key, rule, old);
      enforce_on(call, tx, noun, rule, guard_rules(call, noun, update, given, old), old);
      noun.table.find(tx, key, {}, row);
      fill_row(call, noun, update, given, row);
      Change change{call, tx, given, prepared};
      if (noun.before_update) noun.before_update(change, old, row);
      touch(noun.resource, row, call.now());
      noun.table.update(tx, row);
      if (noun.after_update) noun.after_update(change, old, row);
      record(call, tx, noun, "updated", row);
      return http::Response::json(noun.resource.status.update,
                                  render_one(call, tx, noun, *rows, show));
    });
  });
}

http::Response remove_one(Call& call, const Noun& noun, const std::string& key) {
  call.dialect().check_remove(call.request());
  return call.db().write([&](db::Transaction& tx) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    fetch_row(call, tx, noun, key, noun.resource.policy.remove, row);
    const json::Object none;
    Change change{call, tx, none};
    if (noun.before_remove) noun.before_remove(change, row);
    noun.table.remove(tx, key);
    release_quota(call, tx, noun, row);
    if (noun.after_remove) noun.after_remove(change, row);
    record(call, tx, noun, "deleted", row);
    return http::Response::empty(noun.resource.status.remove);
  });
}

}  // namespace haneul::resource
