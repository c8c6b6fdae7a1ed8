#include "drivers/remote/executor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "drivers/remote/shapes.h"

namespace haneul::remote {
namespace {

// Answers must fit into a frame.
constexpr std::int64_t kConsoleBytesMax = 2 * 1024 * 1024;

std::string guest_of(const json::Value& body) {
  return member<std::string>(body, "guest");
}

// What an order works on alone; empty if it only looks.
std::string subject_of(const json::Value& body) {
  for (const char* name : {"guest", "port"}) {
    const json::Value* found = body.at({name});
    if (found && found->object()) found = found->object()->find("id");
    if (found && found->text()) return *found->text();
  }
  return "";
}

}  // namespace

// One order at a time for each guest or port; waits no longer than somebody waits for the answer.
class Executor::Turn {
 public:
  Turn(Executor& executor, const bus::Asked& asked)
      : executor_(executor), subject_(subject_of(asked.body)) {
    std::unique_lock lock(executor_.mutex_);
    const Duration patience = asked.deadline - executor_.clock_.steady();
    const auto is_free = [&] { return !executor_.busy_.contains(subject_); };
    if (!executor_.free_.wait_for(lock, patience, is_free) || !asked.awaited()) {
      throw bus::Error(bus::Error::Kind::unreachable, "its turn came too late");
    }
    if (!subject_.empty()) executor_.busy_.insert(subject_);
  }
  ~Turn() {
    const std::lock_guard lock(executor_.mutex_);
    executor_.busy_.erase(subject_);
    executor_.free_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Executor& executor_;
  const std::string subject_;
};

Executor::Executor(Host host, const Clock& clock) : host_(std::move(host)), clock_(clock) {
  add_virt();
  add_power();
  add_net();
}

json::Value Executor::carry_out(const bus::Asked& asked) {
  const auto method = methods_.find(asked.method);
  if (method == methods_.end()) {
    throw bus::Error(bus::Error::Kind::refused,
                     fmt::format("the agent has no method {}; controller and agent may be of "
                                 "different versions",
                                 asked.method));
  }
  const Turn turn(*this, asked);
  return method->second(asked.body);
}

void Executor::create_disk(const json::Value& body) {
  auto image = member<virt::ImageSource>(body, "image");
  image.fetch = [this, source = image](const std::string& to) { host_.fetch(source, to); };
  host_.virt.create_disk(guest_of(body), image, member<std::int64_t>(body, "disk_gib"));
}

void Executor::add_virt() {
  virt::Driver& virt = host_.virt;
  methods_["virt.facts"] = [&virt](const json::Value&) { return encode(virt.facts()); };
  methods_["virt.create_disk"] = [this](const json::Value& b) {
    create_disk(b);
    return json::Value();
  };
  methods_["virt.write_config_drive"] = [&virt](const json::Value& b) {
    auto files = member<std::map<std::string, std::string>>(b, "files");
    for (auto& [path, content] : files) {
      auto bytes = base64_decode(content);
      if (!bytes) misread("files");
      content = std::move(*bytes);
    }
    virt.write_config_drive(guest_of(b), files);
    return json::Value();
  };
  methods_["virt.define"] = [&virt](const json::Value& b) {
    virt.define(member<virt::GuestSpec>(b, "spec"));
    return json::Value();
  };
  methods_["virt.list"] = [&virt](const json::Value&) { return encode(virt.list()); };
  methods_["virt.list_files"] = [&virt](const json::Value&) { return encode(virt.list_files()); };
  methods_["virt.console_log"] = [&virt](const json::Value& b) {
    const auto wanted = member<std::int64_t>(b, "bytes_max");
    const auto bytes_max = std::clamp<std::int64_t>(wanted, 0, kConsoleBytesMax);
    return json::Value(
        base64_encode(virt.console_log(guest_of(b), static_cast<std::size_t>(bytes_max))));
  };
}

void Executor::add_power() {
  virt::Driver& virt = host_.virt;
  methods_["virt.power"] = [&virt](const json::Value& b) {
    return encode(virt.power(guest_of(b)));
  };
  const std::pair<const char*, void (virt::Driver::*)(const std::string&)> verbs[] = {
      {"virt.remove_files", &virt::Driver::remove_files},
      {"virt.undefine", &virt::Driver::undefine},
      {"virt.start", &virt::Driver::start},
      {"virt.request_shutdown", &virt::Driver::request_shutdown},
      {"virt.power_off", &virt::Driver::power_off},
      {"virt.request_reboot", &virt::Driver::request_reboot},
      {"virt.reset", &virt::Driver::reset},
      {"virt.pause", &virt::Driver::pause},
      {"virt.unpause", &virt::Driver::unpause}};
  for (const auto& [name, verb] : verbs) {
    methods_[name] = [&virt, verb = verb](const json::Value& b) {
      (virt.*verb)(guest_of(b));
      return json::Value();
    };
  }
}

void Executor::add_net() {
  net::HostDriver& net = host_.net;
  methods_["net.plug"] = [&net](const json::Value& b) {
    return json::Value(net.plug(member<net::Port>(b, "port"), member<std::int64_t>(b, "mtu")));
  };
  methods_["net.unplug"] = [&net](const json::Value& b) {
    net.unplug(member<std::string>(b, "port"));
    return json::Value();
  };
  methods_["net.list_plugged"] = [&net](const json::Value&) { return encode(net.list_plugged()); };
  methods_["net.serve_metadata"] = [this](const json::Value& b) {
    host_.serve_metadata(member<std::vector<net::Network>>(b, "networks"));
    return json::Value();
  };
}

}  // namespace haneul::remote
