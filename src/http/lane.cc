#include "http/lane.h"

#include <exception>
#include <unistd.h>

#include "base/log.h"
#include "http/connection.h"
#include "http/front.h"

namespace haneul::http {

// How late a time-out may be noticed. One walk over a few thousand connections costs less than a
// timer that is set anew with every request.
constexpr Duration kTick = std::chrono::milliseconds(100);

Lane::Lane(Front& front, std::size_t number)
    : front_(front), loop_("http-loop-" + std::to_string(number)) {}

void Lane::adopt_later(int fd, std::shared_ptr<const Origin> origin, std::string peer) {
  loop_.post([this, fd, origin = std::move(origin), peer = std::move(peer)]() mutable {
    adopt(fd, std::move(origin), std::move(peer));
  });
}

void Lane::adopt(int fd, std::shared_ptr<const Origin> origin, std::string peer) {
  const bool is_full = front_.connections_open >= front_.options.connections_max;
  if (front_.stopping || origin->retired || (is_full && !make_room())) {
    ::close(fd);
    return;
  }
  try {
    const auto connection =
        std::make_shared<Connection>(front_, *this, fd, std::move(origin), std::move(peer));
    connection->start(connections_.insert(connections_.end(), connection));
  } catch (const std::exception& e) {
    log::warning("a connection could not be watched", {{"error", e.what()}});
    return;
  }
  if (!ticking_) schedule_tick();
}

// Whoever opens connections and leaves them idle must not keep others out: of the oldest, one that
// is between requests goes.
bool Lane::make_room() {
  constexpr int kLookedAtMax = 64;
  int looked_at = 0;
  for (const auto& connection : connections_) {
    if (++looked_at > kLookedAtMax) break;
    const auto kept = connection;  // closing takes it off the list
    if (kept->give_way()) return true;
  }
  return false;
}

void Lane::remove(Connections::iterator place) {
  connections_.erase(place);
}

// Visiting may remove the visited one.
template <class Visit>
void Lane::each(Visit visit) {
  for (auto place = connections_.begin(); place != connections_.end();) {
    const auto connection = *place++;
    visit(*connection);
  }
}

void Lane::retire(const Origin* origin) {
  each([&](Connection& connection) {
    if (origin == nullptr || &connection.origin() == origin) connection.retire();
  });
}

void Lane::abort() {
  each([](Connection& connection) { connection.abort(); });
  loop_.cancel_after();
}

void Lane::schedule_tick() {
  ticking_ = true;
  loop_.after(kTick, [this] { tick(); });
}

void Lane::tick() {
  ticking_ = false;
  const Duration now = front_.clock.steady();
  each([&](Connection& connection) { connection.tick(now); });
  if (!connections_.empty()) schedule_tick();
}

}  // namespace haneul::http
