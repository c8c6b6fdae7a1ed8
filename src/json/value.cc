#include "json/value.h"

#include <algorithm>

#include "json/writer.h"

namespace haneul::json {

Object::Object() = default;
Object::Object(std::initializer_list<Member> members) {
  for (const Member& m : members) set(m.key, m.value);
}
Object::Object(const Object&) = default;
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(const Object&) = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

const Value* Object::find(std::string_view key) const {
  for (const Member& m : members_) {
    if (m.key == key) return &m.value;
  }
  return nullptr;
}

Value* Object::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Object::set(std::string_view key, Value value) {
  if (Value* old = find(key)) return *old = std::move(value);
  members_.push_back({std::string(key), std::move(value)});
  return members_.back().value;
}

bool Object::erase(std::string_view key) {
  return std::erase_if(members_, [&](const Member& m) { return m.key == key; }) > 0;
}

std::size_t Object::size() const {
  return members_.size();
}
const Member* Object::begin() const {
  return members_.data();
}
const Member* Object::end() const {
  return members_.data() + members_.size();
}

Member* Object::begin() {
  return members_.data();
}

Member* Object::end() {
  return members_.data() + members_.size();
}

bool Object::operator==(const Object& other) const {
  if (size() != other.size()) return false;
  return std::all_of(begin(), end(), [&](const Member& m) {
    const Value* theirs = other.find(m.key);
    return theirs != nullptr && *theirs == m.value;
  });
}

std::optional<double> Value::number() const {
  if (const auto* i = integer()) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&held_)) return *d;
  return std::nullopt;
}

std::string_view Value::type_name() const {
  constexpr std::string_view kNames[] = {"null",   "boolean", "integer", "number",
                                         "string", "array",   "object"};
  return kNames[held_.index()];
}

const Value* Value::at(std::initializer_list<std::string_view> path) const {
  const Value* here = this;
  for (const std::string_view key : path) {
    const Object* o = here->object();
    here = o ? o->find(key) : nullptr;
    if (!here) return nullptr;
  }
  return here;
}

std::string dump(const Value& value) {
  Writer out;
  out.value(value);
  return out.take();
}

std::string dump(const Object& object) {
  Writer out;
  out.value(object);
  return out.take();
}

}  // namespace haneul::json
