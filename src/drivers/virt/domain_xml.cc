#include "drivers/virt/domain_xml.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include <fmt/format.h>

namespace haneul::virt {
namespace {

constexpr std::int64_t kVcpusMax = 1024;
constexpr std::int64_t kMemoryMibMax = 16 * 1024 * 1024;
constexpr std::int64_t kTinyMemoryMib = 512;

// upstream: openstack/nova:nova/virt/libvirt/vif.py, blockinfo.py (what is valid for QEMU and KVM)
constexpr std::array<std::string_view, 6> kNicModels = {"virtio",  "e1000", "e1000e",
                                                        "rtl8139", "pcnet", "ne2k_pci"};
constexpr std::array<std::string_view, 5> kDiskBuses = {"virtio", "scsi", "sata", "ide", "usb"};
constexpr std::array<std::string_view, 4> kCdromBuses = {"scsi", "sata", "ide", "usb"};
constexpr std::array<std::string_view, 2> kScsiModels = {"virtio-scsi", "lsilogic"};

std::string property(const GuestSpec& spec, const char* name, std::string_view otherwise) {
  const auto found = spec.image_properties.find(name);
  if (found == spec.image_properties.end() || found->second.empty()) return std::string(otherwise);
  return found->second;
}

std::string one_of(std::string value, std::string_view name,
                   std::span<const std::string_view> known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return value;
  throw Error(fmt::format("The image property {} has the value '{}', which is not supported.", name,
                          xml_escape(value)));
}

// pc, q35, or a version of one of them.
std::string machine_of(const GuestSpec& spec) {
  std::string machine = property(spec, "hw_machine_type", "pc");
  const bool version = machine.starts_with("pc-i440fx-") || machine.starts_with("pc-q35-");
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const bool plain = std::all_of(machine.begin(), machine.end(), fine) && machine.size() < 64;
  if (machine == "pc" || machine == "q35" || (version && plain)) return machine;
  return one_of(std::move(machine), "hw_machine_type", {});
}

// Everything about the machine that the parts of the XML have in common.
struct Machine {
  std::string type;
  bool q35 = false;
  std::string disk_bus, cdrom_bus, scsi_model;

  explicit Machine(const GuestSpec& spec)
      : type(machine_of(spec)),
        q35(type.find("q35") != std::string::npos),
        disk_bus(one_of(property(spec, "hw_disk_bus", "virtio"), "hw_disk_bus", kDiskBuses)),
        cdrom_bus(one_of(property(spec, "hw_cdrom_bus", q35 ? "sata" : "ide"), "hw_cdrom_bus",
                         kCdromBuses)),
        scsi_model(
            one_of(property(spec, "hw_scsi_model", "virtio-scsi"), "hw_scsi_model", kScsiModels)) {
    if (q35 && (disk_bus == "ide" || cdrom_bus == "ide")) {
      throw Error(fmt::format("The machine type {} has no IDE bus.", type));
    }
  }
  bool uses(std::string_view bus) const { return disk_bus == bus || cdrom_bus == bus; }
};

void check(const GuestSpec& spec) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const auto& name = spec.name;
  if (name.empty() || name.size() > 128 || name[0] == '.' || name[0] == '-' ||
      !std::all_of(name.begin(), name.end(), fine)) {
    throw Error("The guest's name has characters that are not allowed.");
  }
  if (spec.vcpus < 1 || spec.vcpus > kVcpusMax) throw Error("The number of vCPUs is out of range.");
  if (spec.memory_mib < 1 || spec.memory_mib > kMemoryMibMax) {
    throw Error("The memory size is out of range.");
  }
}

// libvirt takes no line ends in titles.
std::string title(const GuestSpec& spec) {
  std::string text = spec.title;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return xml_escape(text);
}

std::string metadata(const GuestSpec& spec) {
  std::string out = fmt::format(
      "  <metadata>\n"
      "    <nova:instance xmlns:nova='{}'>\n"
      "      <nova:name>{}</nova:name>\n"
      "      <nova:flavor name='{}'>\n"
      "        <nova:memory>{}</nova:memory>\n"
      "        <nova:vcpus>{}</nova:vcpus>\n"
      "      </nova:flavor>\n"
      "      <nova:owner>\n"
      "        <nova:user uuid='{}'/>\n"
      "        <nova:project uuid='{}'/>\n"
      "      </nova:owner>\n",
      kNovaNamespace, xml_escape(spec.title), xml_escape(spec.flavor_name), spec.memory_mib,
      spec.vcpus, xml_escape(spec.user_id), xml_escape(spec.project_id));
  if (!spec.image_id.empty()) {
    out += fmt::format("      <nova:root type='image' uuid='{}'/>\n", xml_escape(spec.image_id));
  }
  return out + "    </nova:instance>\n  </metadata>\n";
}

// cloud-init knows an OpenStack guest by its product name.
std::string system(const GuestSpec& spec, const Machine& machine) {
  return fmt::format(
      "  <sysinfo type='smbios'>\n"
      "    <system>\n"
      "      <entry name='manufacturer'>OpenStack Foundation</entry>\n"
      "      <entry name='product'>OpenStack Nova</entry>\n"
      "      <entry name='serial'>{0}</entry>\n"
      "      <entry name='uuid'>{0}</entry>\n"
      "      <entry name='family'>Virtual Machine</entry>\n"
      "    </system>\n"
      "  </sysinfo>\n"
      "  <os>\n"
      "    <type arch='x86_64' machine='{1}'>hvm</type>\n"
      "    <boot dev='hd'/>\n"
      "    <smbios mode='sysinfo'/>\n"
      "  </os>\n",
      xml_escape(spec.id), xml_escape(machine.type));
}

// Under TCG QEMU would reserve up to a gibibyte of translated code for each guest. Nehalem is the
// least a distribution built for x86-64-v2 starts on, and TCG knows all of it.
std::string processor(const GuestSpec& spec, bool kvm) {
  const auto topology =
      fmt::format("<topology sockets='{}' dies='1' cores='1' threads='1'/>", spec.vcpus);
  const std::string clock =
      "  <clock offset='utc'>\n"
      "    <timer name='pit' tickpolicy='delay'/>\n"
      "    <timer name='rtc' tickpolicy='catchup'/>\n"
      "    <timer name='hpet' present='no'/>\n"
      "  </clock>\n";
  if (kvm) {
    return fmt::format(
        "  <features><acpi/><apic/></features>\n"
        "  <cpu mode='host-model'>{}</cpu>\n{}",
        topology, clock);
  }
  return fmt::format(
      "  <features><acpi/><apic/><tcg><tb-cache unit='MiB'>{}</tb-cache></tcg></features>\n"
      "  <cpu mode='custom' match='exact' check='none'>\n"
      "    <model fallback='forbid'>Nehalem</model>{}\n"
      "  </cpu>\n{}",
      spec.memory_mib <= kTinyMemoryMib ? 64 : 256, topology, clock);
}

std::string_view device_prefix(std::string_view bus) {
  if (bus == "virtio") return "vd";
  return bus == "ide" ? "hd" : "sd";
}

// The backing chain is spelt out, so that libvirt never looks for it in the files.
std::string backing(const DomainFiles& files) {
  if (files.base.empty()) return "      <backingStore/>\n";
  return fmt::format(
      "      <backingStore type='file'>\n"
      "        <format type='{}'/>\n"
      "        <source file='{}'/>\n"
      "        <backingStore/>\n"
      "      </backingStore>\n",
      xml_escape(files.base_format), xml_escape(files.base));
}

std::string disks(const DomainFiles& files, const Machine& machine) {
  std::string out;
  std::map<std::string_view, char> next;  // letter by device prefix
  const auto device = [&next](std::string_view bus) {
    const auto prefix = device_prefix(bus);
    const char letter = next.emplace(prefix, 'a').first->second++;
    return fmt::format("<target dev='{}{}' bus='{}'/>", prefix, letter, bus);
  };
  if (!files.disk.empty()) {
    out += fmt::format(
        "    <disk type='file' device='disk'>\n"
        "      <driver name='qemu' type='qcow2' cache='writeback' discard='unmap'/>\n"
        "      <source file='{}'/>\n"
        "{}"
        "      {}\n"
        "    </disk>\n",
        xml_escape(files.disk), backing(files), device(machine.disk_bus));
  }
  if (!files.config_drive.empty()) {
    out += fmt::format(
        "    <disk type='file' device='cdrom'>\n"
        "      <driver name='qemu' type='raw'/>\n"
        "      <source file='{}'/>\n"
        "      {}\n"
        "      <readonly/>\n"
        "    </disk>\n",
        xml_escape(files.config_drive), device(machine.cdrom_bus));
  }
  return out;
}

std::string controllers(const Machine& machine) {
  std::string out = machine.uses("usb") ? "    <controller type='usb' model='qemu-xhci'/>\n"
                                        : "    <controller type='usb' model='none'/>\n";
  if (machine.uses("scsi")) {
    out += fmt::format("    <controller type='scsi' model='{}'/>\n", machine.scsi_model);
  }
  return out;
}

// Open vSwitch in user space reads whole frames from the tap: no checksum and no segmentation may
// be left to whoever is behind it.
constexpr std::string_view kOffloadsOff =
    "      <driver>\n"
    "        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/>\n"
    "        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>\n"
    "      </driver>\n";

std::string nic(const Nic& n, const GuestSpec& spec) {
  const std::string model =
      one_of(property(spec, "hw_vif_model", n.model), "hw_vif_model", kNicModels);
  return fmt::format(
      "    <interface type='ethernet'>\n"
      "      <mac address='{}'/>\n"
      "      <target dev='{}' managed='no'/>\n"
      "      <model type='{}'/>\n"
      "{}"
      "      <mtu size='{}'/>\n"
      "      <rom enabled='no'/>\n"
      "    </interface>\n",
      xml_escape(n.mac), xml_escape(n.tap), model, model == "virtio" ? kOffloadsOff : "", n.mtu);
}

std::string devices(const GuestSpec& spec, const DomainFiles& files, const Machine& machine) {
  std::string out = "  <devices>\n" + disks(files, machine) + controllers(machine);
  for (const Nic& n : spec.nics) out += nic(n, spec);
  out += fmt::format(
      "    <serial type='file'>\n"
      "      <source path='{}' append='on'/>\n"
      "      <target port='0'/>\n"
      "    </serial>\n"
      "    <rng model='virtio'>\n"
      "      <backend model='random'>/dev/urandom</backend>\n"
      "    </rng>\n",
      xml_escape(files.console));
  out += spec.memory_mib <= kTinyMemoryMib ? "    <memballoon model='none'/>\n"
                                           : "    <memballoon model='virtio'/>\n";
  return out + "    <video><model type='none'/></video>\n  </devices>\n";
}

}  // namespace

std::string domain_xml(const GuestSpec& spec, const DomainFiles& files, bool kvm) {
  check(spec);
  const Machine machine(spec);
  std::string out = fmt::format(
      "<domain type='{}'>\n"
      "  <uuid>{}</uuid>\n"
      "  <name>{}</name>\n",
      kvm ? "kvm" : "qemu", xml_escape(spec.id), xml_escape(spec.name));
  if (!spec.title.empty()) out += fmt::format("  <title>{}</title>\n", title(spec));
  out += metadata(spec);
  out += fmt::format("  <memory unit='MiB'>{}</memory>\n  <vcpu placement='static'>{}</vcpu>\n",
                     spec.memory_mib, spec.vcpus);
  out += system(spec, machine) + processor(spec, kvm);
  out +=
      "  <on_poweroff>destroy</on_poweroff>\n"
      "  <on_reboot>restart</on_reboot>\n"
      "  <on_crash>destroy</on_crash>\n";
  return out + devices(spec, files, machine) + "</domain>\n";
}

}  // namespace haneul::virt
