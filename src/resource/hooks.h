#pragma once
#include <algorithm>
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
#include "resource/row_target.h"
#include "resource/table.h"

namespace haneul::resource {

// What a hook works with: the request, the transaction it commits in, and the object as sent.
struct Change {
  Call& call;
  db::Transaction& tx;
  const json::Object& given;
  std::string prepared = {};  // what Hooks::prepare made
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
  virtual void reverse() = 0;
};

template <class T>
class TypedRows final : public RowList {
 public:
  void* add() override { return &rows.emplace_back(); }
  const void* at(std::size_t i) const override { return &rows[i]; }
  void* at(std::size_t i) override { return &rows[i]; }
  std::size_t size() const override { return rows.size(); }
  void pop() override { rows.pop_back(); }
  void reverse() override { std::reverse(rows.begin(), rows.end()); }
  std::vector<T> rows;
};

template <class T>
const std::vector<T>& rows_of(const RowList& list) {
  return static_cast<const TypedRows<T>&>(list).rows;
}

// A key of bodies that is no field of the table, but known to the hooks.
struct KnownKey {
  std::string_view name;
  Check check = nullptr;
};

// Writes members that are no columns into one row of an answer.
using WriteMember = std::function<void(const void* row, json::Writer&)>;
// Such a member: `prepare` is called once for all rows of an answer and gives what writes key and
// value for each. With a name it can be chosen like a field.
struct Member {
  std::string_view name;
  std::function<WriteMember(const Call&, db::Session&, const RowList&)> prepare;
};

// A filter that is no column's equality: adds its condition; false if the key is none of its own.
using Filter = std::function<bool(const Call&, std::string_view key,
                                  const std::vector<std::string_view>& values, Page&)>;

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
  std::vector<Member> members = {};
  std::vector<KnownKey> also_known = {};
  Filter filter = {};
  // What policies ask of other rows than this one.
  std::function<void(db::Session&, const T&, RowFacts&)> facts = {};
  // Before rows are listed or shown: what comes to be when somebody looks. May write.
  std::function<void(Call&)> before_look = {};
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
  std::vector<Member> members;
  std::vector<KnownKey> also_known;
  Filter filter;
  std::function<void(db::Session&, const void*, RowFacts&)> facts;
  std::function<void(Call&)> before_look;

  const KnownKey* known(std::string_view key) const;
  std::string_view key_of(const void* row) const;
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
  noun->members = h.members;
  if (h.extras) {
    noun->members.push_back(
        {"", [f = h.extras](const Call& c, db::Session& s, const RowList& rows) {
           auto write = f(c, s, rows_of<T>(rows));
           return WriteMember([write](const void* row, json::Writer& w) {
             write(*static_cast<const T*>(row), w);
           });
         }});
  }
  noun->also_known = h.also_known;
  noun->filter = h.filter;
  if (h.facts) {
    noun->facts = [f = h.facts](db::Session& s, const void* row, RowFacts& facts) {
      f(s, *static_cast<const T*>(row), facts);
    };
  }
  noun->before_look = h.before_look;
  return noun;
}

}  // namespace haneul::resource
