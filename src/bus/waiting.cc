#include "bus/waiting.h"

#include <array>
#include <utility>

namespace haneul::bus {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"unreachable", "failed", "refused"};

std::exception_ptr error_of(const Frame& frame) {
  auto kind = Error::Kind::failed;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (frame.name == kKinds[i]) kind = static_cast<Error::Kind>(i);
  }
  const std::string* why = frame.body.text();
  return std::make_exception_ptr(Error(kind, why ? *why : "it gave no reason"));
}

}  // namespace

Frame failure_frame(std::uint64_t id, Error::Kind kind, std::string why) {
  return {.kind = Frame::Kind::failure,
          .id = id,
          .name = std::string(kKinds[static_cast<std::size_t>(kind)]),
          .time_left = {},
          .body = std::move(why)};
}

std::pair<std::uint64_t, std::future<json::Value>> Waiting::add(Duration deadline) {
  Order& order = orders_[++last_];
  order.deadline = deadline;
  return {last_, order.answer.get_future()};
}

void Waiting::settle(Frame frame) {
  auto order = orders_.extract(frame.id);
  if (order.empty()) return;
  if (frame.kind == Frame::Kind::answer) {
    order.mapped().answer.set_value(std::move(frame.body));
  } else {
    order.mapped().answer.set_exception(error_of(frame));
  }
}

void Waiting::expire(Duration now) {
  const Error late(Error::Kind::unreachable, "it did not answer in time");
  for (auto order = orders_.begin(); order != orders_.end();) {
    if (now < order->second.deadline) {
      ++order;
      continue;
    }
    order->second.answer.set_exception(std::make_exception_ptr(late));
    order = orders_.erase(order);
  }
}

void Waiting::abandon(const std::string& why) {
  for (auto& [id, order] : std::exchange(orders_, {})) {
    order.answer.set_exception(std::make_exception_ptr(Error(Error::Kind::unreachable, why)));
  }
}

}  // namespace haneul::bus
