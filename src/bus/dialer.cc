#include "bus/dialer.h"

#include <algorithm>
#include <pthread.h>

#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/door.h"
#include "http/upgrade.h"

namespace haneul::bus {

Duration Pauses::next() {
  const Duration pause = next_;
  next_ = std::min(2 * next_, max_);
  return pause + Duration(random_below(static_cast<std::size_t>(pause.count() / 2) + 1));
}

Dialer::Dialer(WireBus& bus, DialerOptions options,
               std::function<void(const std::string& why)> refused)
    : bus_(bus),
      options_(std::move(options)),
      refused_(std::move(refused)),
      instance_(new_uuid()),
      thread_([this] {
        ::pthread_setname_np(::pthread_self(), "bus-dialer");
        run();
      }) {}

Dialer::~Dialer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

bool Dialer::rest(Duration pause) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, pause, [this] { return stopping_; });
}

void Dialer::run() {
  Pauses pauses(options_.pause_first, options_.pause_max);
  try {
    do {
      if (!dial()) continue;
      pauses.reset();
      bus_.await_gone(kController);
    } while (rest(pauses.next()));
  } catch (const Error& e) {
    refused_(e.what());
  }
}

bool Dialer::dial() {
  auto answer = http::ask_upgrade({.url = options_.url + std::string(kAgentPath),
                                   .protocol = std::string(kProtocol),
                                   .headers = {{"Authorization", "Bearer " + options_.secret},
                                               {"X-Haneul-Node", options_.node},
                                               {"X-Haneul-Instance", instance_}},
                                   .ca_pem = options_.ca_pem});
  if (answer && answer->taken) {
    last_failure_.clear();
    bus_.adopt(std::move(*answer->taken), {kController, options_.url, {}});
    return true;
  }
  const std::string why =
      answer ? fmt::format("it says {}: {}", answer->status, trim(answer->body)) : answer.reason();
  const bool is_final = answer && answer->status >= 400 && answer->status < 500 &&
                        answer->status != 408 && answer->status != 409;
  if (is_final) {
    throw Error(Error::Kind::refused,
                fmt::format("the controller at {} refuses this agent; {}", options_.url, why));
  }
  // Once for each reason, not for each attempt.
  if (why != last_failure_) {
    log::warning("the controller cannot be reached", {{"url", options_.url}, {"reason", why}});
  }
  last_failure_ = why;
  return false;
}

}  // namespace haneul::bus
