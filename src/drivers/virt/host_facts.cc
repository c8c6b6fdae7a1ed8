#include "drivers/virt/host_facts.h"

#include <fstream>
#include <map>
#include <unistd.h>

#include <sys/statvfs.h>
#include <sys/utsname.h>

#include "base/text.h"

namespace haneul::virt {
namespace {

constexpr std::int64_t kGib = 1024 * 1024 * 1024;

std::map<std::string, std::int64_t> meminfo_kib() {
  std::map<std::string, std::int64_t> out;
  std::ifstream in("/proc/meminfo");
  std::string key;
  std::int64_t value = 0;
  std::string rest;
  while (in >> key >> value && std::getline(in, rest)) out[key] = value;
  return out;
}

// The text between `open` and `close`, and what follows, from the first place both are found.
struct Cut {
  std::string_view inside, after;
};
Cut cut(std::string_view text, std::string_view open, std::string_view close) {
  const auto from = text.find(open);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + open.size());
  const auto to = text.find(close);
  if (to == std::string_view::npos) return {};
  return {text.substr(0, to), text.substr(to + close.size())};
}

void read_count(std::int64_t& to, std::string_view element, std::string_view name) {
  const auto text = cut(element, std::string(name) + "='", "'").inside;
  if (const auto n = parse_int(text); n && *n > 0) to = *n;
}

}  // namespace

// upstream: openstack/nova:nova/virt/libvirt/host.py (get_memory_mb_used)
void read_machine(HostFacts& facts, const std::string& dir) {
  facts.vcpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  auto memory = meminfo_kib();
  facts.memory_mib = memory["MemTotal:"] / 1024;
  const auto available = memory["MemFree:"] + memory["Buffers:"] + memory["Cached:"];
  facts.memory_used_mib = facts.memory_mib - available / 1024;
  struct statvfs disk {};
  if (::statvfs(dir.c_str(), &disk) == 0) {
    const auto block = static_cast<std::int64_t>(disk.f_frsize);
    facts.disk_gib = static_cast<std::int64_t>(disk.f_blocks) * block / kGib;
    facts.disk_free_gib = static_cast<std::int64_t>(disk.f_bavail) * block / kGib;
  }
  utsname system{};
  ::uname(&system);
  facts.cpu_arch = system.machine;
  if (facts.hostname.empty()) facts.hostname = system.nodename;
}

void read_capabilities(HostFacts& facts, std::string_view xml) {
  const auto host = cut(xml, "<host>", "</host>").inside;
  const auto cpu = cut(host, "<cpu>", "</cpu>").inside;
  if (const auto arch = cut(cpu, "<arch>", "<").inside; !arch.empty()) facts.cpu_arch = arch;
  facts.cpu_model = cut(cpu, "<model>", "<").inside;
  facts.cpu_vendor = cut(cpu, "<vendor>", "<").inside;
  const auto topology = cut(cpu, "<topology ", "/>").inside;
  read_count(facts.cpu_sockets, topology, "sockets");
  read_count(facts.cpu_cores, topology, "cores");
  read_count(facts.cpu_threads, topology, "threads");
  facts.cpu_features.clear();
  for (auto rest = cut(cpu, "<feature name='", "'"); !rest.inside.empty();
       rest = cut(rest.after, "<feature name='", "'")) {
    facts.cpu_features.emplace_back(rest.inside);
  }
}

}  // namespace haneul::virt
