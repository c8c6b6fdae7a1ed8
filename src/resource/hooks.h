#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "access/target.h"
#include "db/database.h"
#include "json/value.h"
#include "json/writer.h"
#include "resource/fwd.h"
#include "resource/table.h"

namespace haneul::resource {

// What a hook works with: the request, the transaction it commits in, and the object as sent.
struct Change {
  Call& call;
  db::Transaction& tx;
  const json::Object& given;
  std::string prepared = {};  // what Hooks::prepare made
};

// The hand-written part of a noun; every hook may be left out.
template <class T>
struct Hooks {
  // Work on the body that is too slow for a transaction (hashing), done when the policy has said
  // yes and before the transaction begins.
  std::function<std::string(Call&, const json::Object& given)> prepare;
  // The row has the values given, checked one by one, and an id. Complete it; refuse by a Fault.
  std::function<void(Change&, T&)> before_create;
  // The row is stored: make what hangs on it.
  std::function<void(Change&, const T&)> after_create;
  std::function<void(Change&, const T& old, T& fresh)> before_update;
  std::function<void(Change&, const T& old, const T& fresh)> after_update;
  std::function<void(Change&, const T&)> before_remove;
  std::function<void(Change&, const T&)> after_remove;
  // Which rows this caller may see at all, instead of Call::owned.
  std::function<Where(const Call&)> visible;
  // What the policy of a list is asked about beside the caller's own project, user and domain.
  std::function<void(const Call&, access::PairsTarget&)> list_target;
  // Conditions of a list beyond the table's filters.
  std::function<void(const Call&, db::Session&, Page&)> narrow;
  // Members that are no columns: called once for all rows of an answer; what it returns writes
  // them for one row.
  std::function<std::function<void(const T&, json::Writer&)>(const Call&, db::Session&,
                                                             std::span<const T>)>
      extras;
  // Keys of the body that are no fields of the table but known to the hooks.
  std::vector<std::string_view> also_known;
};

// A growing array of rows whose type is forgotten.
class RowList {
 public:
  virtual ~RowList() = default;
  virtual void* add() = 0;
  virtual const void* at(std::size_t i) const = 0;
  virtual void* at(std::size_t i) = 0;
  virtual std::size_t size() const = 0;
  virtual void pop() = 0;
};

template <class T>
class TypedRows final : public RowList {
 public:
  void* add() override { return &rows.emplace_back(); }
  const void* at(std::size_t i) const override { return &rows[i]; }
  void* at(std::size_t i) override { return &rows[i]; }
  std::size_t size() const override { return rows.size(); }
  void pop() override { rows.pop_back(); }
  std::vector<T> rows;
};

// A resource and its hooks with the row's type forgotten, so that the verbs are compiled once.
struct Noun {
  explicit Noun(const Resource& r) : resource(r), table(r) {}

  const Resource& resource;
  Table table;
  std::function<std::unique_ptr<RowList>()> make_rows;
  std::function<std::string(Call&, const json::Object&)> prepare;
  std::function<void(const Call&, access::PairsTarget&)> list_target;
  std::function<void(Change&, void*)> before_create;
  std::function<void(Change&, const void*)> after_create, before_remove, after_remove;
  std::function<void(Change&, const void*, void*)> before_update;
  std::function<void(Change&, const void*, const void*)> after_update;
  std::function<Where(const Call&)> visible;
  std::function<void(const Call&, db::Session&, Page&)> narrow;
  using WriteExtras = std::function<void(const void*, json::Writer&)>;
  std::function<WriteExtras(const Call&, db::Session&, const RowList&)> extras;
  std::vector<std::string_view> also_known;

  Where rows_for(const Call& call) const;
};

template <class T>
std::shared_ptr<const Noun> make_noun(const Resource& resource, Hooks<T> h) {
  auto noun = std::make_shared<Noun>(resource);
  noun->make_rows = [] { return std::make_unique<TypedRows<T>>(); };
  noun->prepare = h.prepare;
  noun->list_target = h.list_target;
  const auto one = [](auto hook) -> std::function<void(Change&, const void*)> {
    if (!hook) return {};
    return [hook](Change& c, const void* row) { hook(c, *static_cast<const T*>(row)); };
  };
  if (h.before_create) {
    noun->before_create = [f = h.before_create](Change& c, void* r) { f(c, *static_cast<T*>(r)); };
  }
  noun->after_create = one(h.after_create);
  noun->before_remove = one(h.before_remove);
  noun->after_remove = one(h.after_remove);
  if (h.before_update) {
    noun->before_update = [f = h.before_update](Change& c, const void* old, void* fresh) {
      f(c, *static_cast<const T*>(old), *static_cast<T*>(fresh));
    };
  }
  if (h.after_update) {
    noun->after_update = [f = h.after_update](Change& c, const void* old, const void* fresh) {
      f(c, *static_cast<const T*>(old), *static_cast<const T*>(fresh));
    };
  }
  noun->visible = h.visible;
  noun->narrow = h.narrow;
  if (h.extras) {
    noun->extras = [f = h.extras](const Call& c, db::Session& s, const RowList& rows) {
      auto write = f(c, s, static_cast<const TypedRows<T>&>(rows).rows);
      return Noun::WriteExtras(
          [write](const void* row, json::Writer& w) { write(*static_cast<const T*>(row), w); });
    };
  }
  noun->also_known = h.also_known;
  return noun;
}

}  // namespace haneul::resource
