#include "http/server.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <stdexcept>
#include <unistd.h>
#include <vector>

#include "http/front.h"
#include "http/lane.h"
#include "http/listener.h"

namespace haneul::http {

struct Server::Impl {
  Impl(const ServerOptions& options, Handler& handler, const Clock& clock)
      : front(options, handler, clock) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.loop_threads, 1); ++i) {
      lanes.push_back(std::make_unique<Lane>(front, i));
    }
  }

  void add(int fd, std::string label, std::shared_ptr<const TlsContext> tls, bool logged = true);
  void close(const std::vector<std::shared_ptr<Listener>>& closing);
  // Runs on every lane's loop; returns when all have run it.
  void on_lanes(const std::function<void(Lane&)>& visit);

  Front front;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::mutex mutex;  // guards the rest
  enum class Phase { idle, running, stopped } phase = Phase::idle;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::size_t listeners_total = 0;
  std::atomic<std::size_t> accepted{0};
};

void Server::Impl::add(int fd, std::string label, std::shared_ptr<const TlsContext> tls,
                       bool logged) {
  auto origin = std::make_shared<Origin>();
  origin->is_logged = logged;
  origin->label = std::move(label);
  origin->tls = std::move(tls);
  const std::lock_guard lock(mutex);
  if (phase == Phase::stopped) {
    ::close(fd);
    throw std::runtime_error("The server has been stopped and cannot listen any more.");
  }
  const std::size_t home = listeners_total++ % lanes.size();
  auto spread = [this, home](int accepted_fd, const std::shared_ptr<Origin>& from,
                             std::string peer) {
    const std::size_t to = accepted++ % lanes.size();
    if (to == home) return lanes[to]->adopt(accepted_fd, from, std::move(peer));
    lanes[to]->adopt_later(accepted_fd, from, std::move(peer));
  };
  const auto listener =
      std::make_shared<Listener>(lanes[home]->loop(), fd, std::move(origin), std::move(spread));
  listeners.push_back(listener);
  if (phase == Phase::running) listener->loop().post([listener] { listener->start(); });
}

void Server::Impl::on_lanes(const std::function<void(Lane&)>& visit) {
  std::vector<std::promise<void>> done(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i]->loop().post([&, i] {
      visit(*lanes[i]);
      done[i].set_value();
    });
  }
  for (auto& one : done) one.get_future().wait();
}

void Server::Impl::close(const std::vector<std::shared_ptr<Listener>>& closing) {
  on_lanes([&](Lane& lane) {
    for (const auto& listener : closing) {
      if (&listener->loop() == &lane.loop()) listener->close();
    }
  });
}

Server::Server(ServerOptions options, Handler& handler, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, handler, clock)) {}

Server::~Server() {
  stop();
}

std::uint16_t Server::listen(const std::string& address, std::uint16_t port, std::string label,
                             const Tls* tls) {
  std::shared_ptr<const TlsContext> context;
  if (tls != nullptr) {
    context = std::make_shared<TlsContext>(tls->certificate_path, tls->key_path,
                                           tls->client_authorities_path);
  }
  const auto [fd, bound] = bind_and_listen(address, port);
  impl_->add(fd, std::move(label), std::move(context));
  return bound;
}

void Server::adopt(int listening_fd, std::string label, bool logged) {
  impl_->add(listening_fd, std::move(label), nullptr, logged);
}

void Server::forget(const std::string& label) {
  std::vector<std::shared_ptr<Listener>> closing;
  const std::lock_guard lock(impl_->mutex);
  std::erase_if(impl_->listeners, [&](const auto& listener) {
    if (listener->label() != label) return false;
    closing.push_back(listener);
    return true;
  });
  for (const auto& listener : closing) listener->origin().retired = true;
  if (impl_->phase == Impl::Phase::idle) {
    for (const auto& listener : closing) listener->close();
  }
  if (impl_->phase != Impl::Phase::running || closing.empty()) return;
  impl_->close(closing);
  impl_->on_lanes([&](Lane& lane) {
    for (const auto& listener : closing) lane.retire(&listener->origin());
  });
}

void Server::start() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->phase != Impl::Phase::idle) return;
  Front& front = impl_->front;
  const ServerOptions& options = front.options;
  front.api = std::make_unique<Pool>("http-api", options.api_threads, options.api_queue_max);
  front.bulk = std::make_unique<Pool>("http-bulk", options.bulk_threads, options.bulk_queue_max);
  front.slow = std::make_unique<Pool>("http-slow", options.slow_threads, options.slow_queue_max);
  for (const auto& listener : impl_->listeners) listener->start();
  for (const auto& lane : impl_->lanes) lane->loop().start();
  impl_->phase = Impl::Phase::running;
}

void Server::stop(Duration grace) {
  const std::lock_guard lock(impl_->mutex);
  Front& front = impl_->front;
  const auto phase = std::exchange(impl_->phase, Impl::Phase::stopped);
  if (phase == Impl::Phase::idle) {
    for (const auto& listener : impl_->listeners) listener->close();
  }
  if (phase != Impl::Phase::running) return;

  front.stopping = true;
  impl_->close(impl_->listeners);
  impl_->on_lanes([](Lane& lane) { lane.retire(nullptr); });
  {
    std::unique_lock waiting(front.mutex);
    front.none_open.wait_for(waiting, grace, [&] { return front.connections_open == 0; });
  }
  front.aborting = true;
  impl_->on_lanes([](Lane& lane) { lane.abort(); });
  front.api->close();
  front.slow->close();
  front.bulk->close();
  // Twice: closing what pool threads gave back may come after the first.
  for (int i = 0; i < 2; ++i) impl_->on_lanes([](Lane& lane) { lane.abort(); });
  for (const auto& lane : impl_->lanes) lane->loop().finish();
  impl_->listeners.clear();
}

ServerStats Server::stats() const {
  const Front& front = impl_->front;
  ServerStats stats;
  stats.connections_open = front.connections_open;
  stats.connections_total = front.connections_total;
  stats.requests_total = front.requests_total;
  stats.refused_busy_total = front.refused_busy_total;
  stats.bytes_in_total = front.bytes_in_total;
  stats.bytes_out_total = front.bytes_out_total;
  stats.api_queued = front.api ? front.api->queued() : 0;
  return stats;
}

}  // namespace haneul::http
