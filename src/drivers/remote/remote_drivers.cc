#include "drivers/remote/remote_drivers.h"

#include "base/fault.h"
#include "base/text.h"
#include "drivers/remote/shapes.h"

namespace haneul::remote {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kSoon = seconds(20);  // somebody may be waiting for it in a request
constexpr Duration kUsual = seconds(60);
constexpr Duration kStart = minutes(3);   // QEMU may be slow to come up
constexpr Duration kBytes = minutes(25);  // an image may have to be fetched first

template <class Error>
json::Value ask_as(bus::Bus& bus, const std::string& host, const std::string& method,
                   json::Object body, Duration time_max) {
  try {
    return bus.call(host, {method, std::move(body), time_max});
  } catch (const bus::Error& e) {
    if (e.kind() == bus::Error::Kind::refused) throw Fault::internal(e.what());
    throw Error(e.what());
  }
}

}  // namespace

json::Value RemoteVirt::ask(const std::string& method, json::Object body, Duration time_max) {
  return ask_as<virt::Error>(bus_, host_, method, std::move(body), time_max);
}

void RemoteVirt::ask_for(const std::string& guest_id, const std::string& method) {
  ask(method, {{"guest", guest_id}}, kUsual);
}

virt::HostFacts RemoteVirt::facts() {
  return decoded<virt::HostFacts>(ask("virt.facts", {}, kSoon));
}

void RemoteVirt::create_disk(const std::string& guest_id, const virt::ImageSource& image,
                             std::int64_t disk_gib) {
  ask("virt.create_disk", {{"guest", guest_id}, {"image", encode(image)}, {"disk_gib", disk_gib}},
      kBytes);
}

// Files may hold any bytes, JSON may not.
void RemoteVirt::write_config_drive(const std::string& guest_id,
                                    const std::map<std::string, std::string>& files) {
  std::map<std::string, std::string> coded;
  for (const auto& [path, content] : files) coded[path] = base64_encode(content);
  ask("virt.write_config_drive", {{"guest", guest_id}, {"files", encode(coded)}}, kStart);
}

void RemoteVirt::remove_files(const std::string& guest_id) {
  ask_for(guest_id, "virt.remove_files");
}

void RemoteVirt::define(const virt::GuestSpec& spec) {
  ask("virt.define", {{"guest", spec.id}, {"spec", encode(spec)}}, kStart);
}

void RemoteVirt::undefine(const std::string& guest_id) {
  ask_for(guest_id, "virt.undefine");
}

void RemoteVirt::start(const std::string& guest_id) {
  ask("virt.start", {{"guest", guest_id}}, kStart);
}

void RemoteVirt::request_shutdown(const std::string& guest_id) {
  ask_for(guest_id, "virt.request_shutdown");
}

void RemoteVirt::power_off(const std::string& guest_id) {
  ask_for(guest_id, "virt.power_off");
}

void RemoteVirt::request_reboot(const std::string& guest_id) {
  ask_for(guest_id, "virt.request_reboot");
}

void RemoteVirt::reset(const std::string& guest_id) {
  ask("virt.reset", {{"guest", guest_id}}, kStart);
}

void RemoteVirt::pause(const std::string& guest_id) {
  ask_for(guest_id, "virt.pause");
}

void RemoteVirt::unpause(const std::string& guest_id) {
  ask_for(guest_id, "virt.unpause");
}

virt::Power RemoteVirt::power(const std::string& guest_id) {
  return decoded<virt::Power>(ask("virt.power", {{"guest", guest_id}}, kSoon));
}

std::vector<virt::GuestState> RemoteVirt::list() {
  return decoded<std::vector<virt::GuestState>>(ask("virt.list", {}, kUsual));
}

std::vector<std::string> RemoteVirt::list_files() {
  return decoded<std::vector<std::string>>(ask("virt.list_files", {}, kUsual));
}

std::string RemoteVirt::console_log(const std::string& guest_id, std::size_t bytes_max) {
  const auto text = decoded<std::string>(
      ask("virt.console_log",
          {{"guest", guest_id}, {"bytes_max", static_cast<std::int64_t>(bytes_max)}}, kSoon));
  return base64_decode(text).value_or("");
}

void RemoteVirt::on_power_change(std::function<void(const virt::GuestState&)> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

void RemoteVirt::tell_power_change(const virt::GuestState& guest) const {
  std::function<void(const virt::GuestState&)> told;
  {
    const std::lock_guard lock(mutex_);
    told = told_;
  }
  if (told) told(guest);
}

json::Value RemotePorts::ask(const std::string& method, json::Object body) {
  return ask_as<net::Error>(bus_, host_, method, std::move(body), kUsual);
}

std::string RemotePorts::plug(const net::Port& port, std::int64_t mtu) {
  return decoded<std::string>(ask("net.plug", {{"port", encode(port)}, {"mtu", mtu}}));
}

void RemotePorts::unplug(const std::string& port_id) {
  ask("net.unplug", {{"port", port_id}});
}

std::vector<std::string> RemotePorts::list_plugged() {
  return decoded<std::vector<std::string>>(ask("net.list_plugged", {}));
}

void RemotePorts::serve_metadata(const std::vector<net::Network>& networks) {
  ask("net.serve_metadata", {{"networks", encode(networks)}});
}

}  // namespace haneul::remote
