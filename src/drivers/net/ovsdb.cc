#include "drivers/net/ovsdb.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include <utility>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/log.h"
#include "drivers/net/ovsdb_stream.h"

namespace haneul::net::ovsdb {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kMonitorName = "haneul";
constexpr json::ParseLimits kLimits{.depth_max = 32, .members_max = 100'000'000};
constexpr std::size_t kReadBytes = 256 * 1024;

int wait_time(SteadyClock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

std::string why_refused(const json::Value& result) {
  const json::Value* error = result.at({"error"});
  const json::Value* details = result.at({"details"});
  if (error == nullptr || error->text() == nullptr) return {};
  std::string why = *error->text();
  if (details != nullptr && details->text() != nullptr) why += ": " + *details->text();
  return why;
}

}  // namespace

Client::Client(ClientOptions options)
    : options_(std::move(options)), replica_(options_.tables), wake_(::eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "ovsdb");
    run_until_closed();
  });
}

Client::~Client() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

bool Client::wait_ready(milliseconds time_max) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time_max, [this] { return ready_ || closing_; });
  return ready_;
}

bool Client::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

bool Client::wait_until(milliseconds time_max, const std::function<bool(const Replica&)>& holds) {
  std::unique_lock lock(mutex_);
  bool held = false;
  changed_.wait_for(lock, time_max, [&] {
    held = ready_ && read(holds);
    return held || closing_;
  });
  return held;
}

json::Array Client::transact(json::Array operations) {
  const auto deadline = SteadyClock::now() + options_.request_time_max;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return ready_ || closing_; });
    if (!ready_) throw Error("no connection to " + options_.database + ": " + last_error_);
  }
  json::Array params;
  params.reserve(operations.size() + 1);
  params.push_back(options_.database);
  for (json::Value& operation : operations) params.push_back(std::move(operation));
  const std::int64_t id = post("transact", std::move(params));
  json::Value result = await(id, deadline);
  if (result.array() == nullptr) throw Error("ill-formed answer of " + options_.database);
  for (const json::Value& one : *result.array()) {
    const std::string why = why_refused(one);
    if (!why.empty()) throw Refused(options_.database + " refused: " + why);
  }
  return std::move(*result.array());
}

void Client::run_until_closed() {
  for (;;) {
    try {
      serve_connection();
    } catch (const Error& error) {
      disconnect(error.what());
    }
    {
      const std::lock_guard lock(mutex_);
      if (closing_) break;
    }
    pollfd wake{wake_.get(), POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(options_.reconnect_pause.count()));
  }
  disconnect("closed");
}

void Client::serve_connection() {
  const int socket = connect_to(options_.endpoint, options_.connect_time_max);
  {
    const std::lock_guard lock(send_mutex_);
    socket_.reset(socket);
  }
  Splitter splitter(options_.message_bytes_max);
  splitter_ = &splitter;
  handshake(socket);
  {
    const std::lock_guard lock(mutex_);
    ready_ = true;
  }
  changed_.notify_all();
  receive(socket, SteadyClock::time_point::max(), [] { return false; });
}

void Client::handshake(int socket) {
  const json::Value schema =
      ask_while_connecting(socket, "get_schema", json::Array{options_.database});
  auto parsed = parse_schema(schema);
  if (!parsed) throw Error("ill-formed schema of " + options_.database);
  {
    const std::lock_guard lock(replica_mutex_);
    replica_.use_schema(*std::move(parsed));
  }
  const json::Value initial = ask_while_connecting(socket, "monitor_cond", monitor_request());
  std::vector<Change> changes;
  bool fits = false;
  {
    const std::lock_guard lock(replica_mutex_);
    fits = initial.object() != nullptr && replica_.reset(*initial.object(), changes);
  }
  if (!fits) throw Error("ill-formed rows of " + options_.database);
  announce(changes);
}

json::Array Client::monitor_request() const {
  json::Object requests;
  const std::shared_lock lock(replica_mutex_);
  for (const MonitoredTable& table : replica_.tables()) {
    const TableSchema& schema = replica_.schema_of(table.name);
    json::Array columns;
    for (const auto& name : table.columns) {
      if (schema.columns.contains(name)) columns.push_back(name);
    }
    requests.set(table.name, json::Object{{"columns", std::move(columns)}});
  }
  return json::Array{options_.database, std::string(kMonitorName), std::move(requests)};
}

json::Value Client::ask_while_connecting(int socket, std::string_view method, json::Array params) {
  const auto deadline = SteadyClock::now() + options_.request_time_max;
  const std::int64_t id = post(method, std::move(params));
  std::shared_ptr<Pending> pending;
  {
    const std::lock_guard lock(mutex_);
    pending = pending_.at(id);
  }
  receive(socket, deadline, [&] { return pending->done; });
  return await(id, deadline);
}

void Client::receive(int socket, SteadyClock::time_point deadline,
                     const std::function<bool()>& until) {
  std::string part(kReadBytes, '\0');
  while (!until()) {
    pollfd files[2] = {{socket, POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    const int ready =
        ::poll(files, 2, deadline == SteadyClock::time_point::max() ? -1 : wait_time(deadline));
    if (files[1].revents != 0) throw Error("closed");
    if (ready == 0) throw Error("no answer in time from " + options_.database);
    const ssize_t n = ::recv(socket, part.data(), part.size(), 0);
    if (n == 0) throw Error("the server of " + options_.database + " hung up");
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      throw Error("reading from " + options_.database + ": " + std::strerror(errno));
    }
    if (n <= 0) continue;
    const std::string_view got(part.data(), static_cast<std::size_t>(n));
    if (!splitter_->feed(got, [this](std::string_view text) { take_message(text); })) {
      throw Error("no JSON, or too much of it, from " + options_.database);
    }
  }
}

void Client::take_message(std::string_view text) {
  std::string why;
  const auto message = json::parse(text, &why, kLimits);
  if (!message || message->object() == nullptr) {
    throw Error("no JSON from " + options_.database + ": " + why);
  }
  const json::Object& body = *message->object();
  const json::Value* method = body.find("method");
  const json::Value* id = body.find("id");
  if (method == nullptr || method->text() == nullptr) {
    if (id != nullptr && id->integer() != nullptr) take_reply(*id->integer(), body);
  } else if (*method->text() == "echo") {
    const json::Value* params = body.find("params");
    const json::Object reply{{"result", params == nullptr ? json::Value(json::Array{}) : *params},
                             {"error", nullptr},
                             {"id", id == nullptr ? json::Value() : *id}};
    const std::lock_guard lock(send_mutex_);
    send_all(socket_.get(), json::dump(reply), options_.request_time_max);
  } else if (*method->text() == "update2") {
    take_update(body);
  }
}

void Client::take_reply(std::int64_t id, const json::Object& message) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    Pending& pending = *found->second;
    const json::Value* error = message.find("error");
    const json::Value* result = message.find("result");
    pending.done = true;
    if (error != nullptr && !error->is_null()) {
      pending.error = options_.database + ": " + json::dump(*error);
    } else {
      pending.result = result == nullptr ? json::Value() : *result;
    }
  }
  changed_.notify_all();
}

void Client::take_update(const json::Object& message) {
  const json::Value* params = message.find("params");
  const json::Array* both = params == nullptr ? nullptr : params->array();
  if (both == nullptr || both->size() != 2 || (*both)[1].object() == nullptr) {
    throw Error("ill-formed update of " + options_.database);
  }
  std::vector<Change> changes;
  bool fits = false;
  {
    const std::lock_guard lock(replica_mutex_);
    fits = replica_.apply(*(*both)[1].object(), changes);
  }
  if (!fits) throw Error("ill-formed update of " + options_.database);
  announce(changes);
}

void Client::announce(const std::vector<Change>& changes) {
  if (options_.on_change && !changes.empty()) options_.on_change(changes, *this);
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

std::int64_t Client::post(std::string_view method, json::Array params) {
  const std::lock_guard sending(send_mutex_);
  std::int64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    pending_.emplace(id, std::make_shared<Pending>());
  }
  const json::Object request{{"method", method}, {"params", std::move(params)}, {"id", id}};
  try {
    if (!socket_) throw Error("the connection to " + options_.database + " broke");
    send_all(socket_.get(), json::dump(request), options_.request_time_max);
  } catch (const Error&) {
    if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
    const std::lock_guard lock(mutex_);
    pending_.erase(id);
    throw;
  }
  return id;
}

json::Value Client::await(std::int64_t id, SteadyClock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const std::shared_ptr<Pending> pending = pending_.at(id);
  changed_.wait_until(lock, deadline, [&] { return pending->done; });
  pending_.erase(id);
  if (!pending->done) throw Error("no answer in time from " + options_.database);
  if (!pending->error.empty()) throw Error(pending->error);
  return std::move(*pending->result);
}

void Client::disconnect(const std::string& why) {
  {
    const std::lock_guard sending(send_mutex_);
    socket_.reset();
    const std::lock_guard lock(mutex_);
    if (ready_ && !closing_) {
      log::warning("database connection lost", {{"database", options_.database}, {"reason", why}});
    }
    ready_ = false;
    last_error_ = why;
    for (auto& [id, pending] : pending_) {
      if (pending->done) continue;
      pending->done = true;
      pending->error = "the connection to " + options_.database + " broke: " + why;
    }
  }
  changed_.notify_all();
}

}  // namespace haneul::net::ovsdb
