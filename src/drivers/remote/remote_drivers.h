#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "bus/bus.h"
#include "drivers/net/driver.h"
#include "drivers/virt/driver.h"

namespace haneul::remote {

// A host's drivers seen from the controller: every call is an order to the host's agent. What the
// agent's driver throws, and a host that is not connected or does not answer in time, is the
// driver's Error: the step is tried again. An order the agent does not understand is a Fault.
class RemoteVirt final : public virt::Driver {
 public:
  RemoteVirt(bus::Bus& bus, std::string host) : bus_(bus), host_(std::move(host)) {}

  virt::HostFacts facts() override;
  // The path of the source is not sent: the agent fetches the bytes from its controller.
  void create_disk(const std::string& guest_id, const virt::ImageSource& image,
                   std::int64_t disk_gib) override;
  void write_config_drive(const std::string& guest_id,
                          const std::map<std::string, std::string>& files) override;
  void remove_files(const std::string& guest_id) override;
  void define(const virt::GuestSpec& spec) override;
  void undefine(const std::string& guest_id) override;
  void start(const std::string& guest_id) override;
  void request_shutdown(const std::string& guest_id) override;
  void power_off(const std::string& guest_id) override;
  void request_reboot(const std::string& guest_id) override;
  void reset(const std::string& guest_id) override;
  void pause(const std::string& guest_id) override;
  void unpause(const std::string& guest_id) override;
  virt::Power power(const std::string& guest_id) override;
  std::vector<virt::GuestState> list() override;
  std::vector<std::string> list_files() override;
  std::string console_log(const std::string& guest_id, std::size_t bytes_max) override;
  // May be set again at any time, and may be called from any thread.
  void on_power_change(std::function<void(const virt::GuestState&)> told) override;

  // The agent says so.
  void tell_power_change(const virt::GuestState& guest) const;

 private:
  json::Value ask(const std::string& method, json::Object body, Duration time_max);
  void ask_for(const std::string& guest_id, const std::string& method);

  bus::Bus& bus_;
  const std::string host_;
  mutable std::mutex mutex_;
  std::function<void(const virt::GuestState&)> told_;
};

class RemotePorts final : public net::HostDriver {
 public:
  RemotePorts(bus::Bus& bus, std::string host) : bus_(bus), host_(std::move(host)) {}

  std::string plug(const net::Port& port, std::int64_t mtu) override;
  void unplug(const std::string& port_id) override;
  std::vector<std::string> list_plugged() override;

  // From now on the agent answers metadata on exactly these networks.
  void serve_metadata(const std::vector<net::Network>& networks);

 private:
  json::Value ask(const std::string& method, json::Object body);

  bus::Bus& bus_;
  const std::string host_;
};

}  // namespace haneul::remote
