#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/target.h"
#include "resource/hooks.h"
#include "resource/row_target.h"
#include "services/neutron/attribute.h"

namespace haneul::neutron {

// A row as policies see it, with what they ask of other rows put beside it: "network:project_id"
// and the like. Added facts win over the row's own.
class RowFacts final : public access::Target {
 public:
  RowFacts(const resource::Resource& resource, const void* row) : row_(resource, row) {}
  void add(std::string_view name, std::string value);
  void add(std::string_view name, bool value);
  std::optional<access::TargetValue> get(std::string_view name) const override;

 private:
  resource::RowTarget row_;
  std::deque<std::pair<std::string_view, std::string>> texts_;
  std::vector<std::pair<std::string_view, bool>> flags_;
};

// One filter that is no column's equality; false if the key is none of the noun's.
using Filter = std::function<bool(const resource::Call&, std::string_view key,
                                  const std::vector<std::string_view>& values, resource::Page&)>;

// A noun of Neutron: the frame's declaration and hooks, and what neutron-lib's attribute maps say
// beyond them. Neutron's verbs (verbs.h) work on it; they differ from the frame's in bulk bodies,
// conversions, guards that look at values, and what is hidden.
struct Collection {
  using Facts = std::function<void(db::Session&, const void* row, RowFacts&)>;
  using Write = resource::Noun::WriteExtras;
  // Computed members: `name` for ?fields=, and what writes key and value for one row.
  struct Member {
    std::string_view name;
    std::function<Write(const resource::Call&, db::Session&, const resource::RowList&)> prepare;
  };
  using Before = std::function<void(resource::Call&)>;

  std::shared_ptr<const resource::Noun> noun;
  std::span<const Attribute> attributes;
  Facts facts;
  Filter filter;
  std::vector<Member> members;
  Before before_list;  // may write: rows that come to be when somebody looks

  const resource::Resource& resource() const { return noun->resource; }
};

template <class T>
struct Hooks : resource::Hooks<T> {
  std::span<const Attribute> attributes = {};
  std::function<void(db::Session&, const T&, RowFacts&)> facts = {};
  Filter filter = {};
  std::vector<Collection::Member> members = {};
  Collection::Before before_list = {};
};

template <class T>
Collection make_collection(const resource::Resource& resource, Hooks<T> hooks) {
  Collection c;
  c.attributes = hooks.attributes;
  if (hooks.facts) {
    c.facts = [f = hooks.facts](db::Session& s, const void* row, RowFacts& facts) {
      f(s, *static_cast<const T*>(row), facts);
    };
  }
  c.filter = hooks.filter;
  c.members = hooks.members;
  c.before_list = hooks.before_list;
  c.noun = resource::make_noun<T>(resource, std::move(hooks));
  return c;
}

template <class T>
const std::vector<T>& rows_of(const resource::RowList& rows) {
  return static_cast<const resource::TypedRows<T>&>(rows).rows;
}

}  // namespace haneul::neutron
