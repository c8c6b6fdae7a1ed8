#include "json/value.h"

#include <algorithm>

#include "json/writer.h"

namespace haneul::json {
namespace {

constexpr std::size_t kIndexedFrom = 32;  // members

}  // namespace

Object::Object() = default;
Object::Object(std::initializer_list<Member> members) {
  for (const Member& m : members) set(m.key, m.value);
}
Object::Object(const Object& other) : members_(other.members_) {}
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(const Object& other) {
  members_ = other.members_;
  index_.reset();
  return *this;
}
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

void Object::need_index() {
  if (index_ || members_.size() < kIndexedFrom) return;
  index_ = std::make_unique<Index>();
  for (std::size_t i = 0; i < members_.size(); ++i) index_->emplace(members_[i].key, i);
}

const Value* Object::find(std::string_view key) const {
  if (index_) {
    const auto found = index_->find(key);
    return found == index_->end() ? nullptr : &members_[found->second].value;
  }
  for (const Member& m : members_) {
    if (m.key == key) return &m.value;
  }
  return nullptr;
}

Value* Object::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Object::set(std::string_view key, Value value) {
  need_index();
  if (Value* old = find(key)) return *old = std::move(value);
  members_.push_back({std::string(key), std::move(value)});
  if (index_) index_->emplace(key, members_.size() - 1);
  return members_.back().value;
}

bool Object::erase(std::string_view key) {
  index_.reset();
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
  index_.reset();
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
