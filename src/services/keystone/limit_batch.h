#pragma once
#include <vector>

#include "resource/body.h"
#include "resource/crud.h"
#include "resource/hooks.h"
#include "resource/table.h"
#include "services/keystone/dialect.h"

namespace haneul::keystone {

// POST of {"limits": [{…}, …]}: all rows are stored or none. `complete` checks one in the
// transaction.
template <class T, class F>
http::Response create_batch(resource::Call& call, const resource::Noun& noun,
                            const resource::Store<T>& store, std::string_view rule, F&& complete) {
  call.enforce(rule);
  resource::Form form(call.dialect(), call.body(), "");
  const json::Array* items = form.array(noun.resource.plural);
  if (!items) {
    form.fail(
        {.kind = resource::Problem::Kind::missing, .field = std::string(noun.resource.plural)});
  }
  form.done();
  resource::TypedRows<T> rows;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto item = form.item((*items)[i], noun.resource.plural, i);
    T& row = rows.rows.emplace_back();
    json::Object given = item.given();
    fill_row(call, noun, resource::create, given, &row);
    row.id = call.dialect().new_id(noun.resource);
  }
  return call.db().write([&](db::Transaction& tx) {
    for (T& row : rows.rows) {
      complete(tx, row);
      store.insert(tx, row);
    }
    json::Writer w;
    w.begin_object().key(noun.resource.plural).begin_array();
    for (const T& row : rows.rows) {
      w.begin_object();
      for (const auto& f : noun.resource.fields) {
        if (!f.shown(resource::show, {})) continue;
        w.key(f.name);
        f.codec->write(w, f.member(const_cast<T*>(&row)), call.dialect().time_style());
      }
      call.dialect().row_links(w, call, noun.resource, row.id);
      w.end_object();
    }
    w.end_array().end_object();
    return http::Response::json(201, w.take());
  });
}

}  // namespace haneul::keystone
