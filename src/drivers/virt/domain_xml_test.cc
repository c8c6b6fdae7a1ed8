#include "drivers/virt/domain_xml.h"

#include <functional>

#include <gtest/gtest.h>

namespace haneul::virt {
namespace {

GuestSpec guest() {
  GuestSpec s;
  s.id = "c7a5fdbd-edaf-9455-926a-d65c16db1809";
  s.name = "instance-0000002a";
  s.title = "web <1>";
  s.vcpus = 2;
  s.memory_mib = 256;
  s.nics.push_back({"port", "tap11111111-22", "fa:16:3e:00:00:01", 1442, "virtio"});
  s.config_drive = true;
  s.project_id = "p";
  s.user_id = "u";
  s.flavor_name = "m1.tiny";
  s.image_id = "i";
  return s;
}

DomainFiles files() {
  return {.disk = "/d/disk.qcow2",
          .base = "/d/base.raw",
          .base_format = "raw",
          .config_drive = "/d/config.iso",
          .console = "/d/console.log"};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string with(const std::string& property, const std::string& value) {
  auto s = guest();
  s.image_properties[property] = value;
  return domain_xml(s, files(), false);
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

constexpr const char* kGolden = R"(<domain type='qemu'>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <name>instance-0000002a</name>
  <title>web &lt;1&gt;</title>
  <metadata>
    <nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'>
      <nova:name>web &lt;1&gt;</nova:name>
      <nova:flavor name='m1.tiny'>
        <nova:memory>256</nova:memory>
        <nova:vcpus>2</nova:vcpus>
      </nova:flavor>
      <nova:owner>
        <nova:user uuid='u'/>
        <nova:project uuid='p'/>
      </nova:owner>
      <nova:root type='image' uuid='i'/>
    </nova:instance>
  </metadata>
  <memory unit='MiB'>256</memory>
  <vcpu placement='static'>2</vcpu>
  <sysinfo type='smbios'>
    <system>
      <entry name='manufacturer'>OpenStack Foundation</entry>
      <entry name='product'>OpenStack Nova</entry>
      <entry name='serial'>c7a5fdbd-edaf-9455-926a-d65c16db1809</entry>
      <entry name='uuid'>c7a5fdbd-edaf-9455-926a-d65c16db1809</entry>
      <entry name='family'>Virtual Machine</entry>
    </system>
  </sysinfo>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
    <smbios mode='sysinfo'/>
  </os>
  <features><acpi/><apic/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
  <cpu mode='custom' match='exact' check='none'>
    <model fallback='forbid'>Nehalem</model><topology sockets='2' dies='1' cores='1' threads='1'/>
  </cpu>
  <clock offset='utc'>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='writeback' discard='unmap'/>
      <source file='/d/disk.qcow2'/>
      <backingStore type='file'>
        <format type='raw'/>
        <source file='/d/base.raw'/>
        <backingStore/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <source file='/d/config.iso'/>
      <target dev='hda' bus='ide'/>
      <readonly/>
    </disk>
    <controller type='usb' model='none'/>
    <interface type='ethernet'>
      <mac address='fa:16:3e:00:00:01'/>
      <target dev='tap11111111-22' managed='no'/>
      <model type='virtio'/>
      <driver>
        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
      </driver>
      <mtu size='1442'/>
      <rom enabled='no'/>
    </interface>
    <serial type='file'>
      <source path='/d/console.log' append='on'/>
      <target port='0'/>
    </serial>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
    </rng>
    <memballoon model='none'/>
    <video><model type='none'/></video>
  </devices>
</domain>
)";

TEST(DomainXml, IsThis) {
  EXPECT_EQ(domain_xml(guest(), files(), false), kGolden);
}

TEST(DomainXml, KvmTakesTheHostsProcessor) {
  const auto xml = domain_xml(guest(), files(), true);
  EXPECT_TRUE(has(xml, "<domain type='kvm'>"));
  EXPECT_TRUE(has(xml, "<cpu mode='host-model'>"));
  EXPECT_FALSE(has(xml, "<tcg>"));
}

TEST(DomainXml, LargeGuestsHaveABalloon) {
  auto s = guest();
  s.memory_mib = 2048;
  const auto xml = domain_xml(s, files(), false);
  EXPECT_TRUE(has(xml, "<memballoon model='virtio'/>"));
  EXPECT_TRUE(has(xml, "<tb-cache unit='MiB'>256<"));
}

TEST(DomainXml, WithoutFilesThereAreNoDisks) {
  const auto xml = domain_xml(guest(), {.console = "/c"}, false);
  EXPECT_FALSE(has(xml, "<disk"));
}

TEST(DomainXml, ImagePropertiesChooseTheDevices) {
  EXPECT_TRUE(has(with("hw_machine_type", "q35"), "machine='q35'"));
  EXPECT_TRUE(has(with("hw_machine_type", "q35"), "<target dev='sda' bus='sata'/>"));
  EXPECT_TRUE(has(with("hw_machine_type", "pc-i440fx-7.2"), "machine='pc-i440fx-7.2'"));
  EXPECT_TRUE(has(with("hw_disk_bus", "scsi"), "<target dev='sda' bus='scsi'/>"));
  EXPECT_TRUE(has(with("hw_disk_bus", "scsi"), "<controller type='scsi' model='virtio-scsi'/>"));
  EXPECT_TRUE(has(with("hw_disk_bus", "usb"), "<controller type='usb' model='qemu-xhci'/>"));
  EXPECT_TRUE(has(with("hw_vif_model", "e1000"), "<model type='e1000'/>"));
  EXPECT_FALSE(has(with("hw_vif_model", "e1000"), "<host csum"));
  EXPECT_TRUE(has(with("hw_vif_model", ""), "<model type='virtio'/>"));
}

TEST(DomainXml, DisksOnOneBusHaveDifferentNames) {
  const auto xml = with("hw_disk_bus", "ide");
  EXPECT_TRUE(has(xml, "<target dev='hda' bus='ide'/>"));
  EXPECT_TRUE(has(xml, "<target dev='hdb' bus='ide'/>"));
}

TEST(DomainXml, UnknownPropertiesAreRefused) {
  for (const char* name :
       {"hw_machine_type", "hw_disk_bus", "hw_vif_model", "hw_cdrom_bus", "hw_scsi_model"}) {
    EXPECT_EQ(refusal([&] { with(name, "bo'gus"); }),
              std::string("The image property ") + name +
                  " has the value 'bo&apos;gus', which is not supported.");
  }
  EXPECT_NE(refusal([] { with("hw_machine_type", "pc-q35-'/><evil"); }), "");
  auto s = guest();
  s.image_properties = {{"hw_machine_type", "q35"}, {"hw_disk_bus", "ide"}};
  EXPECT_EQ(refusal([&] { domain_xml(s, files(), false); }),
            "The machine type q35 has no IDE bus.");
}

TEST(DomainXml, NamesAndSizesAreChecked) {
  for (const char* name : {"", "../x", "a/b", "a b", "-x", "<x>"}) {
    auto s = guest();
    s.name = name;
    EXPECT_NE(refusal([&] { domain_xml(s, files(), false); }), "") << name;
  }
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    auto s = guest();
    s.vcpus = bad;
    EXPECT_NE(refusal([&] { domain_xml(s, files(), false); }), "");
    s = guest();
    s.memory_mib = bad;
    EXPECT_NE(refusal([&] { domain_xml(s, files(), false); }), "");
  }
}

TEST(DomainXml, NothingOfTheUsersGetsOutOfItsPlace) {
  auto s = guest();
  s.title = "]]></title><evil attr='x'/>\n\x01\xff";
  s.flavor_name = "a'b\"c";
  s.project_id = s.user_id = s.image_id = "'/><evil/>";
  s.nics[0].mac = s.nics[0].tap = "'/><evil/>";
  const auto xml = domain_xml(s, files(), false);
  EXPECT_FALSE(has(xml, "<evil"));
  EXPECT_TRUE(has(xml, "<title>]]&gt;&lt;/title&gt;&lt;evil attr=&apos;x&apos;/&gt; </title>"));
  EXPECT_TRUE(has(xml, "name='a&apos;b&quot;c'"));
}

TEST(XmlEscape, DropsWhatXmlForbids) {
  EXPECT_EQ(xml_escape("a&b<c>\"'"), "a&amp;b&lt;c&gt;&quot;&apos;");
  EXPECT_EQ(xml_escape(std::string_view("\0\x01\x1f\x7f|", 5)), "\x7f|");
  EXPECT_EQ(xml_escape("\t\n\r"), "&#9;&#10;&#13;");
  EXPECT_EQ(xml_escape("é€\U0001f600"), "é€\U0001f600");
  EXPECT_EQ(xml_escape("a\xff\xc0\x80z"), "az");
  EXPECT_EQ(xml_escape("a\xe2\x82"), "a");
  EXPECT_EQ(xml_escape("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace haneul::virt
