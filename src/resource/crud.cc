#include "resource/crud.h"

#include <algorithm>

#include <fmt/format.h>

#include "json/writer.h"
#include "resource/body.h"
#include "resource/dialect.h"
#include "resource/listing.h"
#include "resource/service.h"

namespace haneul::resource {
namespace {

std::string_view text_at(const Resource& resource, std::string_view column, const void* row) {
  const Field* f = resource.field_in_column(column);
  return f && f->codec == &kText
             ? std::string_view(*static_cast<const std::string*>(f->member(const_cast<void*>(row))))
             : std::string_view();
}

void set_text(const Resource& resource, std::string_view column, std::string text, void* row) {
  const Field* f = resource.field_in_column(column);
  if (f && f->codec == &kText) *static_cast<std::string*>(f->member(row)) = std::move(text);
}

bool wanted(const std::vector<std::string_view>& selected, std::string_view name) {
  return selected.empty() || std::find(selected.begin(), selected.end(), name) != selected.end();
}

// Which rows' guarded fields this caller may see: asked once per field and answer, on the row.
bool may_see(const Call& call, const Noun& noun, const Field& f, const void* row) {
  if ((f.guarded_by & show) == 0) return true;
  return call.allowed(fmt::format("{}:{}", noun.resource.policy.show, f.name),
                      RowTarget(noun.resource, row));
}

void write_row(json::Writer& w, const Call& call, const Noun& noun, const void* row, Verb verb,
               const std::vector<std::string_view>& selected, const Noun::WriteExtras& extras) {
  w.begin_object();
  for (const Field& f : noun.resource.fields) {
    if (!f.shown(verb, call.version()) || !wanted(selected, f.name)) continue;
    if (!may_see(call, noun, f, row)) continue;
    w.key(f.name);
    f.codec->write(w, f.member(const_cast<void*>(row)), call.dialect().time_style());
  }
  call.dialect().row_links(w, call, noun.resource,
                           std::string(text_at(noun.resource, noun.resource.key, row)));
  if (extras) extras(row, w);
  w.end_object();
}

void reserve_quota(Change& change, const Noun& noun, const void* row, std::int64_t amount) {
  const auto& r = noun.resource;
  if (r.quota.empty()) return;
  const auto project = text_at(r, r.owner_column, row);
  auto& quota = change.call.world().quota;
  const auto service = change.call.service().facts().name;
  if (const auto over = quota.reserve(change.tx, service, project, r.quota, amount)) {
    throw change.call.dialect().over_quota(*over);
  }
}

const json::Object& envelope(Call& call, const Noun& noun) {
  return call.form(noun.resource.singular).given();
}

// What a new row has before hooks: an id, and the caller's project or domain unless the body says
// another and the policy of the verb lets it through.
void prepare(Call& call, const Noun& noun, void* row) {
  const auto& r = noun.resource;
  if (text_at(r, r.key, row).empty()) set_text(r, r.key, call.dialect().new_id(r), row);
  if (r.scope == Scope::project && text_at(r, r.owner_column, row).empty()) {
    set_text(r, r.owner_column, call.caller().project_id.text, row);
  }
}

void must_find(const Call& call, db::Session& session, const Noun& noun, const std::string& key,
               std::string_view rule, void* row) {
  if (!noun.table.find(session, key, noun.rows_for(call), row)) {
    call.throw_absent(noun.resource, key, rule);
  }
  call.enforce(rule, RowTarget(noun.resource, row));
}

std::string prepared_for(Call& call, const Noun& noun, const json::Object& given) {
  return noun.prepare ? noun.prepare(call, given) : std::string();
}

template <class F>
auto with_duplicates_named(const Call& call, const Noun& noun, F&& body) {
  try {
    return body();
  } catch (const db::Duplicate& e) {
    throw call.dialect().duplicate(noun.resource, e.columns);
  }
}

}  // namespace

Where Noun::rows_for(const Call& call) const {
  return visible ? visible(call) : call.owned(resource);
}

std::string render_one(const Call& call, db::Session& session, const Noun& noun,
                       const RowList& rows, Verb verb) {
  const auto extras = noun.extras ? noun.extras(call, session, rows) : Noun::WriteExtras();
  json::Writer w;
  w.begin_object().key(noun.resource.singular);
  write_row(w, call, noun, rows.at(0), verb, {}, extras);
  w.end_object();
  return w.take();
}

http::Response create_one(Call& call, const Noun& noun) {
  const auto rows = noun.make_rows();
  void* row = rows->add();
  const json::Object& given = envelope(call, noun);
  fill_row(call, noun, create, given, row);
  prepare(call, noun, row);
  call.enforce(noun.resource.policy.create, RowTarget(noun.resource, row));
  const std::string prepared = prepared_for(call, noun, given);
  return with_duplicates_named(call, noun, [&] {
    return call.db().write([&](db::Transaction& tx) {
      Change change{call, tx, given, prepared};
      if (noun.before_create) noun.before_create(change, row);
      reserve_quota(change, noun, row, 1);
      noun.table.insert(tx, row);
      if (noun.after_create) noun.after_create(change, row);
      return http::Response::json(noun.resource.status.create,
                                  render_one(call, tx, noun, *rows, show));
    });
  });
}

http::Response show_one(Call& call, const Noun& noun, const std::string& key) {
  return call.db().read([&](db::Session& session) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    must_find(call, session, noun, key, noun.resource.policy.show, row);
    return http::Response::json(200, render_one(call, session, noun, *rows, show));
  });
}

namespace {

void enforce_list(const Call& call, const Noun& noun) {
  if (!noun.list_target) return call.enforce(noun.resource.policy.list);
  access::PairsTarget target;
  noun.list_target(call, target);
  call.enforce(noun.resource.policy.list, target);
}

}  // namespace

http::Response list_all(Call& call, const Noun& noun) {
  enforce_list(call, noun);
  return list_where(call, noun, {});
}

http::Response list_where(Call& call, const Noun& noun, const Where& also) {
  return call.db().read([&](db::Session& session) {
    Listing listing = read_listing(call, session, noun);
    listing.page.where.and_(also);
    const auto rows = noun.make_rows();
    noun.table.select(session, listing.page, [&] { return rows->add(); });
    std::string next;
    if (listing.limit >= 0 && static_cast<std::int64_t>(rows->size()) > listing.limit) {
      rows->pop();
      next = text_at(noun.resource, noun.resource.key, rows->at(rows->size() - 1));
    }
    const auto extras = noun.extras ? noun.extras(call, session, *rows) : Noun::WriteExtras();
    json::Writer w;
    w.begin_object().key(noun.resource.plural).begin_array();
    for (std::size_t i = 0; i < rows->size(); ++i) {
      write_row(w, call, noun, rows->at(i), list, listing.selected, extras);
    }
    w.end_array();
    call.dialect().end_list(w, call, noun.resource, next);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response update_one(Call& call, const Noun& noun, const std::string& key) {
  const json::Object& given = envelope(call, noun);
  std::string prepared;
  if (noun.prepare) {
    const auto seen = noun.make_rows();
    call.db().read([&](db::Session& session) {
      must_find(call, session, noun, key, noun.resource.policy.update, seen->add());
    });
    prepared = prepared_for(call, noun, given);
  }
  return with_duplicates_named(call, noun, [&] {
    return call.db().write([&](db::Transaction& tx) {
      const auto before = noun.make_rows(), rows = noun.make_rows();
      void* old = before->add();
      void* row = rows->add();
      must_find(call, tx, noun, key, noun.resource.policy.update, old);
      noun.table.find(tx, key, {}, row);
      fill_row(call, noun, update, given, row);
      Change change{call, tx, given, prepared};
      if (noun.before_update) noun.before_update(change, old, row);
      noun.table.update(tx, row);
      if (noun.after_update) noun.after_update(change, old, row);
      return http::Response::json(noun.resource.status.update,
                                  render_one(call, tx, noun, *rows, show));
    });
  });
}

http::Response remove_one(Call& call, const Noun& noun, const std::string& key) {
  return call.db().write([&](db::Transaction& tx) {
    const auto rows = noun.make_rows();
    void* row = rows->add();
    must_find(call, tx, noun, key, noun.resource.policy.remove, row);
    const json::Object none;
    Change change{call, tx, none};
    if (noun.before_remove) noun.before_remove(change, row);
    noun.table.remove(tx, key);
    reserve_quota(change, noun, row, -1);
    if (noun.after_remove) noun.after_remove(change, row);
    return http::Response::empty(noun.resource.status.remove);
  });
}

}  // namespace haneul::resource
