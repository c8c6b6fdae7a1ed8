#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include "json/value.h"

namespace haneul::json {
namespace {

namespace bj = boost::json;

// Receives Boost's parse events and builds our values, counting them.
class Builder {
 public:
  constexpr static std::size_t max_object_size = static_cast<std::size_t>(-1);
  constexpr static std::size_t max_array_size = static_cast<std::size_t>(-1);
  constexpr static std::size_t max_key_size = 65'536;
  constexpr static std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Error = bj::error_code;

  explicit Builder(std::size_t values_max) : left_(values_max) {}
  Value take() { return std::move(root_); }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error& e) { return push(Value(Array{}), e); }
  bool on_array_end(std::size_t, Error&) { return pop(); }
  bool on_object_begin(Error& e) { return push(Value(Object{}), e); }
  bool on_object_end(std::size_t, Error&) { return pop(); }
  bool on_string_part(bj::string_view s, std::size_t, Error&) { return more(text_, s); }
  bool on_string(bj::string_view s, std::size_t, Error& e) {
    more(text_, s);
    return add(Value(std::exchange(text_, {})), e);
  }
  bool on_key_part(bj::string_view s, std::size_t, Error&) { return more(key_, s); }
  bool on_key(bj::string_view s, std::size_t, Error&) { return more(key_, s); }
  bool on_number_part(bj::string_view, Error&) { return true; }
  bool on_int64(std::int64_t n, bj::string_view, Error& e) { return add(Value(n), e); }
  bool on_uint64(std::uint64_t n, bj::string_view, Error& e) {
    return add(Value(static_cast<double>(n)), e);
  }
  bool on_double(double n, bj::string_view, Error& e) { return add(Value(n), e); }
  bool on_bool(bool b, Error& e) { return add(Value(b), e); }
  bool on_null(Error& e) { return add(Value(), e); }
  bool on_comment_part(bj::string_view, Error&) { return true; }
  bool on_comment(bj::string_view, Error&) { return true; }

 private:
  static bool more(std::string& to, bj::string_view part) {
    to.append(part.data(), part.size());
    return true;
  }
  // Puts a value into the innermost open array or object; returns where it stands.
  Value* place(Value value, Error& e) {
    if (left_-- == 0) {
      e = bj::error::array_too_large;
      return nullptr;
    }
    if (open_.empty()) return &(root_ = std::move(value));
    if (Array* array = open_.back()->array()) return &array->emplace_back(std::move(value));
    return &open_.back()->object()->set(std::exchange(key_, {}), std::move(value));
  }
  bool add(Value value, Error& e) { return place(std::move(value), e) != nullptr; }
  bool push(Value value, Error& e) {
    Value* at = place(std::move(value), e);
    if (at) open_.push_back(at);
    return at != nullptr;
  }
  bool pop() {
    open_.pop_back();
    return true;
  }

  std::size_t left_;
  Value root_;
  std::vector<Value*> open_;
  std::string key_, text_;
};

}  // namespace

std::optional<Value> parse(std::string_view text, std::string* error, const ParseLimits& limits) {
  bj::parse_options options;
  options.max_depth = limits.depth_max;
  bj::basic_parser<Builder> parser(options, limits.members_max);
  bj::error_code failure;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), failure);
  if (!failure && used < text.size()) failure = bj::error::extra_data;
  if (failure) {
    if (error) *error = failure.message() + " at byte " + std::to_string(used);
    return std::nullopt;
  }
  return parser.handler().take();
}

}  // namespace haneul::json
