#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace haneul::json {

class Value;
struct Member;
using Array = std::vector<Value>;

// Members in the order they were written. Look-ups are linear while there are few; an object of
// many keys has an index, so that whoever sends one cannot make us walk it for each of them.
class Object {
 public:
  Object();
  Object(std::initializer_list<Member> members);
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  ~Object();

  // Null if the key is absent.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // Adds or replaces.
  Value& set(std::string_view key, Value value);
  bool erase(std::string_view key);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const Member* begin() const;
  const Member* end() const;
  Member* begin();  // keys must not be changed so that two are alike
  Member* end();
  bool operator==(const Object& other) const;  // order does not matter

 private:
  using Index = std::map<std::string, std::size_t, std::less<>>;
  void need_index();

  std::vector<Member> members_;
  std::unique_ptr<Index> index_;  // null: few members, or keys may have changed since
};

// A JSON value. Integers stay exact within 64 bits signed; larger ones become doubles.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool v) : held_(v) {}
  Value(int v) : held_(std::int64_t{v}) {}
  Value(std::int64_t v) : held_(v) {}
  Value(double v) : held_(v) {}
  Value(const char* v) : held_(std::string(v)) {}
  Value(std::string_view v) : held_(std::string(v)) {}
  Value(std::string v) : held_(std::move(v)) {}
  Value(Array v) : held_(std::move(v)) {}
  Value(Object v) : held_(std::move(v)) {}

  bool is_null() const { return held_.index() == 0; }
  // Null unless the value is of that type.
  const bool* boolean() const { return std::get_if<bool>(&held_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&held_); }
  const std::string* text() const { return std::get_if<std::string>(&held_); }
  const Array* array() const { return std::get_if<Array>(&held_); }
  const Object* object() const { return std::get_if<Object>(&held_); }
  std::string* text() { return std::get_if<std::string>(&held_); }
  Array* array() { return std::get_if<Array>(&held_); }
  Object* object() { return std::get_if<Object>(&held_); }
  // An integer or a double.
  std::optional<double> number() const;
  // What the value is, as JSON schema names it: null boolean integer number string array object.
  std::string_view type_name() const;

  // Follows object keys; null where one is missing or not an object.
  const Value* at(std::initializer_list<std::string_view> path) const;

  bool operator==(const Value& other) const = default;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> held_;
};

struct Member {
  std::string key;
  Value value;
};

struct ParseLimits {
  std::size_t depth_max = 64;
  std::size_t members_max = 100'000;  // values in the whole document
};

// One document, surrounded by nothing but blanks; UTF-8 is checked. On failure nothing, and why
// with the byte offset in *error if given. A repeated key keeps the last value, as Python does.
std::optional<Value> parse(std::string_view text, std::string* error = nullptr,
                           const ParseLimits& limits = {});

// Compact, keys in order, non-ASCII as UTF-8.
std::string dump(const Value& value);
std::string dump(const Object& object);

}  // namespace haneul::json
