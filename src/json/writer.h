#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "json/value.h"

namespace haneul::json {

// Writes JSON text straight into a string; commas are its own business. Answers are written with
// it, never built as a tree first. Not thread-safe.
class Writer {
 public:
  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);

  Writer& null() { return raw("null"); }
  Writer& value(std::string_view text);
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(bool b) { return raw(b ? "true" : "false"); }
  Writer& value(std::int64_t n);
  Writer& value(int n) { return value(std::int64_t{n}); }
  Writer& value(double n);
  Writer& value(const Value& v);
  Writer& value(const Object& v);
  Writer& value(const std::vector<std::string>& texts);
  template <class T>
  Writer& value(const std::optional<T>& v) {
    return v ? value(*v) : null();
  }
  // Text that is JSON already.
  Writer& raw(std::string_view json);

  template <class T>
  Writer& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate();
  void quoted(std::string_view text);

  std::string out_;
  bool first_ = true;  // the next value needs no comma
};

}  // namespace haneul::json
