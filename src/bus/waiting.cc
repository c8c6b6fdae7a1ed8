#include "bus/waiting.h"

#include <array>
#include <utility>

namespace haneul::bus {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"unreachable", "failed", "refused"};

Reply reply_of(Frame frame) {
  if (frame.kind == Frame::Kind::answer) return {std::move(frame.body), std::nullopt, {}};
  auto kind = Error::Kind::failed;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (frame.name == kKinds[i]) kind = static_cast<Error::Kind>(i);
  }
  const std::string* why = frame.body.text();
  return {{}, kind, why ? *why : "it gave no reason"};
}

Reply unreachable(const std::string& why) {
  return {{}, Error::Kind::unreachable, why};
}

}  // namespace

Frame failure_frame(std::uint64_t id, Error::Kind kind, std::string why) {
  return {.kind = Frame::Kind::failure,
          .id = id,
          .name = std::string(kKinds[static_cast<std::size_t>(kind)]),
          .time_left = {},
          .body = std::move(why)};
}

std::pair<std::uint64_t, std::future<Reply>> Waiting::add(Duration deadline) {
  Order& order = orders_[++last_];
  order.deadline = deadline;
  return {last_, order.reply.get_future()};
}

void Waiting::settle(Frame frame) {
  auto order = orders_.extract(frame.id);
  if (!order.empty()) order.mapped().reply.set_value(reply_of(std::move(frame)));
}

void Waiting::expire(Duration now) {
  for (auto order = orders_.begin(); order != orders_.end();) {
    if (now < order->second.deadline) {
      ++order;
      continue;
    }
    order->second.reply.set_value(unreachable("it did not answer in time"));
    order = orders_.erase(order);
  }
}

void Waiting::abandon(const std::string& why) {
  for (auto& [id, order] : std::exchange(orders_, {})) order.reply.set_value(unreachable(why));
}

}  // namespace haneul::bus
