#pragma once
#include <string>
#include <utility>
#include <variant>

namespace haneul {

// Why something expected to fail sometimes did fail, in words for the user.
struct Failure {
  std::string reason;
};

// Either a value or the reason there is none. For failures that are part of normal work; what
// ends a request is a Fault.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::move(value)) {}
  Result(Failure failure) : held_(std::move(failure)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() & { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  const T& operator*() const& { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }
  const std::string& reason() const { return std::get<1>(held_).reason; }

 private:
  std::variant<T, Failure> held_;
};

}  // namespace haneul
