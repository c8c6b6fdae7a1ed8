#include "http/loop.h"

#include <optional>
#include <pthread.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace haneul::http {

namespace asio = boost::asio;
using boost::system::error_code;

struct Loop::Impl {
  explicit Impl(std::string thread_name) : name(std::move(thread_name)) {}

  const std::string name;
  asio::io_context io{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{io.get_executor()};
  asio::steady_timer timer{io};
  std::thread thread;
};

Loop::Loop(std::string thread_name) : impl_(std::make_unique<Impl>(std::move(thread_name))) {}

Loop::~Loop() {
  finish();
}

void Loop::start() {
  impl_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), impl_->name.substr(0, 15).c_str());
    impl_->io.run();
  });
}

void Loop::finish() {
  if (!impl_->thread.joinable()) return;
  post([this] { impl_->work.reset(); });
  impl_->thread.join();
}

void Loop::post(std::function<void()> job) {
  asio::post(impl_->io, std::move(job));
}

void Loop::after(Duration delay, std::function<void()> job) {
  impl_->timer.expires_after(delay);
  impl_->timer.async_wait([job = std::move(job)](error_code error) {
    if (!error) job();
  });
}

void Loop::cancel_after() {
  impl_->timer.cancel();
}

struct Descriptor::Impl {
  Impl(Loop& loop, int fd) : stream(loop.impl_->io) {
    error_code error;
    stream.assign(fd, error);
    if (!error) return;
    ::close(fd);
    throw boost::system::system_error(error);
  }

  asio::posix::stream_descriptor stream;
};

Descriptor::Descriptor(Loop& loop, int fd) : fd_(fd), impl_(std::make_unique<Impl>(loop, fd)) {}

Descriptor::~Descriptor() = default;

namespace {

auto waking(std::shared_ptr<Readiness> who) {
  return [who = std::move(who)](error_code error) {
    if (error != asio::error::operation_aborted) who->ready();
  };
}

}  // namespace

void Descriptor::await_readable(std::shared_ptr<Readiness> who) {
  impl_->stream.async_wait(asio::posix::descriptor_base::wait_read, waking(std::move(who)));
}

void Descriptor::await_writable(std::shared_ptr<Readiness> who) {
  impl_->stream.async_wait(asio::posix::descriptor_base::wait_write, waking(std::move(who)));
}

void Descriptor::close() {
  error_code ignored;
  impl_->stream.close(ignored);
}

}  // namespace haneul::http
