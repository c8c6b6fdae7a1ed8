#pragma once
#include <string>
#include <string_view>

#include "drivers/virt/driver.h"

namespace haneul::virt {

// Where a guest's files are; an empty path means there is none.
struct DomainFiles {
  std::string disk;  // qcow2
  std::string base, base_format;
  std::string config_drive;
  std::string console;
};

// The XML element of libvirt's metadata that marks our domains.
// upstream: openstack/nova:nova/virt/libvirt/config.py (NOVA_NS)
constexpr std::string_view kNovaNamespace = "http://openstack.org/xmlns/libvirt/nova/1.1";

// The guest as a libvirt domain. Image properties hw_machine_type, hw_disk_bus, hw_scsi_model,
// hw_cdrom_bus and hw_vif_model are obeyed; the last wins over Nic::model. Throws Error for a value
// that is not known or does not go with the machine, and for a name, CPU count or memory size
// libvirt would misread.
std::string domain_xml(const GuestSpec& spec, const DomainFiles& files, bool kvm);

// As character data or an attribute's value. What XML 1.0 forbids is dropped: control characters,
// U+FFFE, U+FFFF, and bytes that are not UTF-8.
std::string xml_escape(std::string_view text);

}  // namespace haneul::virt
