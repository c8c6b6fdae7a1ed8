#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace haneul {

// The one way to end a request early: `throw Fault::not_found("...")`. A Fault says what went
// wrong in words for the user; only a service's dialect turns its kind into a status code and a
// body. Expected failures are std::optional or Result and never a Fault.
class Fault : public std::exception {
 public:
  enum class Kind {
    bad_request,
    unauthorized,
    forbidden,
    not_found,
    method_not_allowed,
    not_acceptable,
    conflict,
    gone,
    precondition_failed,
    too_large,
    unsupported_media,
    range_not_satisfiable,
    over_quota,  // 403 for Nova, 409 for Neutron, 413 for Cinder: the dialect knows
    too_many,    // a rate or queue limit
    internal,
    not_implemented,
    unavailable,  // try again later
    no_room       // disk or storage is full
  };

  Fault(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  static Fault bad_request(std::string m) { return {Kind::bad_request, std::move(m)}; }
  static Fault unauthorized(std::string m) { return {Kind::unauthorized, std::move(m)}; }
  static Fault forbidden(std::string m) { return {Kind::forbidden, std::move(m)}; }
  static Fault not_found(std::string m) { return {Kind::not_found, std::move(m)}; }
  static Fault conflict(std::string m) { return {Kind::conflict, std::move(m)}; }
  static Fault gone(std::string m) { return {Kind::gone, std::move(m)}; }
  static Fault too_large(std::string m) { return {Kind::too_large, std::move(m)}; }
  static Fault over_quota(std::string m) { return {Kind::over_quota, std::move(m)}; }
  static Fault not_acceptable(std::string m) { return {Kind::not_acceptable, std::move(m)}; }
  static Fault not_implemented(std::string m) { return {Kind::not_implemented, std::move(m)}; }
  static Fault unavailable(std::string m) { return {Kind::unavailable, std::move(m)}; }
  static Fault internal(std::string m) { return {Kind::internal, std::move(m)}; }

  // The service's own name of the error ("NetworkNotFound"), where its body carries one.
  Fault&& named(std::string name) && {
    name_ = std::move(name);
    return std::move(*this);
  }
  // An extra answer header, e.g. Retry-After.
  Fault&& with_header(std::string name, std::string value) && {
    headers_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

  Kind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& name() const { return name_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Kind kind_;
  std::string message_;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace haneul
