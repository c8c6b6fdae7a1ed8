#include "drivers/net/fake.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "drivers/net/names.h"

namespace haneul::net {
namespace {

bool belongs_to_router(const Port& port) {
  return port.device_owner.starts_with("network:router_");
}

template <class T>
std::optional<T> look_up(const std::map<std::string, T>& from, const std::string& id) {
  const auto found = from.find(id);
  if (found == from.end()) return std::nullopt;
  return found->second;
}

int listen_on_loopback() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) throw Error(std::string("no metadata socket: ") + std::strerror(errno));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 128) != 0) {
    const int why = errno;
    ::close(listener);
    throw Error(std::string("cannot listen on loopback for metadata: ") + std::strerror(why));
  }
  return listener;
}

}  // namespace

FakeDriver::FakeDriver(FakeOptions options) : options_(std::move(options)) {
  if (!options_.journal_path.empty()) {
    journal_ = std::make_unique<FakeJournal>(options_.journal_path);
    replay();
    journal_->rewrite(live_lines());
  }
  if (!options_.synchronous_events) notifier_ = std::thread([this] { notify_until_closed(); });
}

FakeDriver::~FakeDriver() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  if (notifier_.joinable()) notifier_.join();
}

void FakeDriver::put(const Network& network) {
  const Object object{Kind::network, network.id};
  enter(FakeOp::put, object);
  const std::lock_guard lock(mutex_);
  if (!ports_of_.contains(network.id)) note_object('+', object);
  add(object);
  if (options_.keep_contents) network_contents_.insert_or_assign(network.id, network);
}

void FakeDriver::put(const Port& port) {
  enter(FakeOp::put, {Kind::port, port.id});
  if (port.device_owner == "network:floatingip") return;
  std::unique_lock lock(mutex_);
  const auto net = ports_of_.find(port.network_id);
  if (net == ports_of_.end()) {
    throw Error("port " + port.id + " is of network " + port.network_id + ", which is not here");
  }
  const auto old = ports_.find(port.id);
  const bool was_up = old != ports_.end() && old->second.up;
  PortState next = {port.network_id, !port.host.empty(), belongs_to_router(port), was_up};
  if (old == ports_.end() || !(old->second == next)) {
    note(port_line(port.id, next));
    if (old != ports_.end()) ports_of_[old->second.network_id].erase(port.id);
    net->second.insert(port.id);
    ports_.insert_or_assign(port.id, std::move(next));
  }
  if (options_.keep_contents) port_contents_.insert_or_assign(port.id, port);
  refresh(port.id);
  deliver(lock);
}

void FakeDriver::put(const Router& router) {
  const Object object{Kind::router, router.id};
  enter(FakeOp::put, object);
  const std::lock_guard lock(mutex_);
  if (!routers_.contains(router.id)) note_object('+', object);
  add(object);
  if (options_.keep_contents) router_contents_.insert_or_assign(router.id, router);
}

void FakeDriver::put(const SecurityGroup& group) {
  const Object object{Kind::security_group, group.id};
  enter(FakeOp::put, object);
  const std::lock_guard lock(mutex_);
  if (!groups_.contains(group.id)) note_object('+', object);
  add(object);
  if (options_.keep_contents) group_contents_.insert_or_assign(group.id, group);
}

void FakeDriver::remove(const Object& object) {
  enter(FakeOp::remove, object);
  const std::lock_guard lock(mutex_);
  if (!known(object)) return;
  note_object('-', object);
  erase(object);
}

std::vector<Object> FakeDriver::list() {
  enter(FakeOp::list, {Kind::network, ""});
  const std::lock_guard lock(mutex_);
  std::vector<Object> all;
  all.reserve(ports_of_.size() + ports_.size() + routers_.size() + groups_.size());
  for (const auto& [id, ports] : ports_of_) all.push_back({Kind::network, id});
  for (const auto& [id, state] : ports_) all.push_back({Kind::port, id});
  for (const auto& id : routers_) all.push_back({Kind::router, id});
  for (const auto& id : groups_) all.push_back({Kind::security_group, id});
  return all;
}

std::string FakeDriver::plug(const Port& port, std::int64_t) {
  enter(FakeOp::plug, {Kind::port, port.id});
  std::unique_lock lock(mutex_);
  if (!plugged_.contains(port.id)) note("plug " + port.id);
  plugged_.insert(port.id);
  refresh(port.id);
  deliver(lock);
  return tap_name(port.id);
}

void FakeDriver::unplug(const std::string& port_id) {
  enter(FakeOp::unplug, {Kind::port, port_id});
  std::unique_lock lock(mutex_);
  if (!plugged_.contains(port_id)) return;
  note("unplug " + port_id);
  plugged_.erase(port_id);
  refresh(port_id);
  deliver(lock);
}

std::vector<std::string> FakeDriver::list_plugged() {
  enter(FakeOp::list, {Kind::port, ""});
  const std::lock_guard lock(mutex_);
  return {plugged_.begin(), plugged_.end()};
}

int FakeDriver::open_metadata_socket(const Network& network) {
  enter(FakeOp::open_metadata, {Kind::network, network.id});
  const std::lock_guard lock(mutex_);
  const int listener = listen_on_loopback();
  if (metadata_.insert(network.id).second) note("open " + network.id);
  return listener;
}

void FakeDriver::close_metadata(const std::string& network_id) {
  enter(FakeOp::close_metadata, {Kind::network, network_id});
  const std::lock_guard lock(mutex_);
  if (!metadata_.contains(network_id)) return;
  note("close " + network_id);
  metadata_.erase(network_id);
}

std::vector<std::string> FakeDriver::list_metadata() {
  enter(FakeOp::list, {Kind::network, ""});
  const std::lock_guard lock(mutex_);
  return {metadata_.begin(), metadata_.end()};
}

void FakeDriver::on_events(Events events) {
  std::unique_lock lock(mutex_);
  events_ = std::move(events);
  for (const auto& [id, state] : ports_) {
    tell([port = id, up = state.up](const Events& to) {
      if (to.port_up) to.port_up(port, up);
    });
  }
  deliver(lock);
}

void FakeDriver::fail_next(FakeOp op, std::string message, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) failures_[op].push_back(message);
}

void FakeDriver::before_each(std::function<void(FakeOp, const Object&)> hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

void FakeDriver::lose(const Object& object) {
  {
    const std::lock_guard lock(mutex_);
    note_object('-', object);
    erase(object);
  }
  disturb(object);
}

void FakeDriver::disturb(const Object& object) {
  std::unique_lock lock(mutex_);
  tell([object](const Events& to) {
    if (to.drifted) to.drifted(object);
  });
  deliver(lock);
}

void FakeDriver::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return (untold_.empty() && !telling_) || closing_; });
}

std::optional<Network> FakeDriver::network(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return look_up(network_contents_, id);
}

std::optional<Port> FakeDriver::port(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return look_up(port_contents_, id);
}

std::optional<Router> FakeDriver::router(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return look_up(router_contents_, id);
}

std::optional<SecurityGroup> FakeDriver::security_group(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return look_up(group_contents_, id);
}

bool FakeDriver::has(const Object& object) const {
  const std::lock_guard lock(mutex_);
  return known(object);
}

bool FakeDriver::known(const Object& object) const {
  switch (object.kind) {
    case Kind::network:
      return ports_of_.contains(object.id);
    case Kind::port:
      return ports_.contains(object.id);
    case Kind::router:
      return routers_.contains(object.id);
    case Kind::security_group:
      return groups_.contains(object.id);
  }
  return false;
}

bool FakeDriver::is_up(const std::string& port_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = ports_.find(port_id);
  return found != ports_.end() && found->second.up;
}

void FakeDriver::enter(FakeOp op, const Object& object) {
  std::function<void(FakeOp, const Object&)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = hook_;
  }
  if (hook) hook(op, object);
  const std::lock_guard lock(mutex_);
  const auto planned = failures_.find(op);
  if (planned == failures_.end() || planned->second.empty()) return;
  const std::string message = std::move(planned->second.front());
  planned->second.pop_front();
  throw Error(message);
}

void FakeDriver::add(const Object& object) {
  switch (object.kind) {
    case Kind::network:
      ports_of_.try_emplace(object.id);
      break;
    case Kind::router:
      routers_.insert(object.id);
      break;
    case Kind::security_group:
      groups_.insert(object.id);
      break;
    case Kind::port:
      break;
  }
}

void FakeDriver::erase(const Object& object) {
  switch (object.kind) {
    case Kind::network:
      if (const auto net = ports_of_.find(object.id); net != ports_of_.end()) {
        const auto ports = net->second;
        for (const auto& port : ports) erase_port(port);
        ports_of_.erase(object.id);
      }
      network_contents_.erase(object.id);
      break;
    case Kind::port:
      erase_port(object.id);
      break;
    case Kind::router:
      routers_.erase(object.id);
      router_contents_.erase(object.id);
      break;
    case Kind::security_group:
      groups_.erase(object.id);
      group_contents_.erase(object.id);
      break;
  }
}

void FakeDriver::erase_port(const std::string& id) {
  const auto found = ports_.find(id);
  if (found == ports_.end()) return;
  if (const auto net = ports_of_.find(found->second.network_id); net != ports_of_.end()) {
    net->second.erase(id);
  }
  ports_.erase(found);
  port_contents_.erase(id);
}

void FakeDriver::refresh(const std::string& port_id) {
  const auto found = ports_.find(port_id);
  if (found == ports_.end()) return;
  PortState& state = found->second;
  const bool up = should_be_up(port_id, state);
  if (up == state.up) return;
  state.up = up;
  tell([port_id, up](const Events& to) {
    if (to.port_up) to.port_up(port_id, up);
  });
}

}  // namespace haneul::net
