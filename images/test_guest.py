#!/usr/bin/env python3
"""Boots the guest image in QEMU, by emulation alone, and checks what it says.

    images/build /tmp/guest.qcow2
    HANEUL_GUEST=/tmp/guest.qcow2 python3 -m unittest -v images/test_guest.py

Every wait is for a line on the serial console, with a deadline.
"""
import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from guest_vm import HERE, Guest, run  # noqa: E402

MIN_RAM = int(dict(line.split("=", 1) for line in
                   (HERE / "haneul-guest.properties").read_text().split("\n")
                   if "=" in line and not line.startswith("#"))["min_ram"])
USER_DATA = "#!/bin/sh\necho user data runs as $(id -un)\n"
CLOUD_CONFIG = """#cloud-config
hostname: other
password: pw1
chpasswd: {expire: false}
runcmd:
  - echo first $(hostname)
  - [echo, "second"]
"""
FIXED_NETWORK = {
    "links": [{"id": "tap1", "type": "ovs", "ethernet_mac_address": "FA:16:3E:00:00:01",
               "mtu": 1400}],
    "networks": [
        {"id": "network0", "type": "ipv4", "link": "tap1", "ip_address": "10.0.2.77",
         "netmask": "255.255.255.0",
         "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.0.2.2"}]},
        {"id": "network1", "type": "ipv6", "link": "tap1", "ip_address": "2001:db8::7",
         "netmask": "ffff:ffff:ffff:ffff::", "routes": []}],
    "services": [{"type": "dns", "address": "10.0.2.3"}]}


def write_tree(root, files):
    for path, content in files.items():
        target = Path(root) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def serve(root):
    """Answers one HTTP request on standard input with a file below root."""
    path = sys.stdin.buffer.readline().split()[1].decode().strip("/")
    while sys.stdin.buffer.readline().strip():
        pass
    file = Path(root) / path
    body = file.read_bytes() if file.is_file() else b"no such thing\n"
    status = "200 OK" if file.is_file() else "404 Not Found"
    sys.stdout.buffer.write(f"HTTP/1.0 {status}\r\nContent-Length: {len(body)}\r\n"
                            "Connection: close\r\n\r\n".encode() + body)
    sys.stdout.buffer.flush()


class GuestTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.root = Path(cls.temporary.name)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", cls.root / "key")
        cls.key = (cls.root / "key.pub").read_text()
        cls.fingerprint = re.escape(run("ssh-keygen", "-lf", cls.root / "key").split()[1])

    def directory(self):
        return Path(tempfile.mkdtemp(dir=self.root))

    def openstack(self, user_data=USER_DATA, **meta_data):
        """The files of OpenStack's metadata, as on a config drive."""
        meta_data = {"uuid": "0e1c8f3a-0000-4000-8000-000000000001",
                     "hostname": "guest-1.novalocal", "name": "guest-1",
                     "public_keys": {"my key": self.key}, **meta_data}
        return {"openstack/latest/meta_data.json": meta_data,
                "openstack/latest/user_data": user_data}

    def config_drive_iso(self, files):
        tree = write_tree(self.directory() / "tree", files)
        iso = tree.parent / "config.iso"
        run("genisoimage", "-quiet", "-J", "-R", "-V", "config-2", "-o", iso, tree)
        return iso

    def config_drive_vfat(self, files):
        tree = write_tree(self.directory() / "tree", files)
        image = tree.parent / "config.img"
        run("mformat", "-C", "-i", image, "-v", "config-2", "-T", "4096", "-h", "16", "-s", "32",
            "::")
        run("mcopy", "-s", "-i", image, tree / "openstack", "::")
        return image

    def check_first_boot(self, guest, source):
        guest.marker("boot-count=1")
        guest.marker(r"address eth0 [\d.]+/24")
        guest.marker("mtu eth0 1500")
        guest.marker(f"source={source}")
        guest.marker("hostname=guest-1")
        guest.marker("instance-id=0e1c8f3a-0000-4000-8000-000000000001")
        guest.marker(f"key={self.fingerprint}")
        guest.marker("user-data=#!/bin/sh")
        guest.wait_for("^user data runs as root$")
        guest.marker("user-data-exit=0")
        return guest.wait_for_login()

    def report(self, text):
        print(f"[{self.id().rsplit('.', 1)[1]}: {text}]", file=sys.stderr)

    def test_config_drive_reboot_and_power_button(self):
        """q35, the config drive a virtio-scsi CD-ROM: a guest's whole life."""
        iso = self.config_drive_iso(self.openstack(admin_pass="s3cret pass"))
        extra = ["-device", "virtio-scsi-pci", "-device", "scsi-cd,drive=config",
                 "-drive", f"file={iso},if=none,id=config,media=cdrom,readonly=on"]
        with Guest(self.directory(), extra=extra) as guest:
            self.report(f"login after {self.check_first_boot(guest, 'config-drive'):.1f} s")
            self.assertIn("admin-pass=set", guest.log)
            self.assertEqual(guest.ssh("hostname; id -un").split(), ["guest-1", "root"])
            self.assertEqual(guest.ssh("id -un", user="haneul").strip(), "haneul")
            self.check_tools(guest)
            self.check_dhcp_routes(guest)
            self.check_console_login(guest, "s3cret pass")
            host_key = guest.ssh("sha256sum /etc/dropbear/*; echo kept >/root/file; reboot")
            guest.marker("stopping")
            guest.marker("boot-count=2")
            guest.wait_for_login()
            self.assertEqual(guest.log.count("user data runs as root"), 1)
            self.assertEqual(guest.ssh("cat /root/file").strip(), "kept")
            self.assertEqual(guest.ssh("sha256sum /etc/dropbear/*"), host_key)
            took = guest.power_button()
            self.report(f"off {took:.1f} s after the power button")
            self.assertLess(took, 5)

    def check_tools(self, guest):
        guest.ssh("for tool in ping ip wget nc sha256sum; do command -v $tool || exit 1; done")
        guest.ssh("ping -c1 -W2 10.0.2.2 && ! cat /etc/shadow", user="haneul")
        self.assertIn("2001:db8", guest.ssh("ip -6 addr add 2001:db8::1/64 dev lo; ip -6 addr"))
        size = int(guest.ssh("df -m /").split("\n")[1].split()[1])
        self.assertGreater(size, 900, "the root has not grown to the disk of 1 GiB")

    def check_dhcp_routes(self, guest):
        """What OVN's answer does: option 121 sets the routes, and only it."""
        routes = guest.ssh(
            "interface=eth0 ip=10.0.2.15 mask=24 mtu=1442 router=10.0.2.9"
            " staticroutes='169.254.169.254/32 10.0.2.3 0.0.0.0/0 10.0.2.2 192.0.2.0/24 0.0.0.0'"
            " /lib/haneul/dhcp-event renew; ip route; cat /sys/class/net/eth0/mtu")
        self.assertIn("169.254.169.254 via 10.0.2.3 dev eth0", routes)
        self.assertIn("default via 10.0.2.2 dev eth0", routes)
        self.assertIn("192.0.2.0/24 dev eth0 scope link", routes)
        self.assertNotIn("10.0.2.9", routes)
        self.assertTrue(routes.endswith("\n1442\n"), routes)

    def check_console_login(self, guest, password):
        guest.type("root")
        guest.wait_for("Password: ")
        guest.type(password)
        guest.wait_for("# ")
        guest.type("echo I am $(id -un)")
        guest.wait_for("^I am root$")

    def test_cdrom_and_new_card_on_pc(self):
        """pc, the config drive an IDE CD-ROM, and a network card plugged in later."""
        iso = self.config_drive_iso(self.openstack())
        with Guest(self.directory(), machine="pc", extra=["-cdrom", str(iso)]) as guest:
            self.report(f"login after {self.check_first_boot(guest, 'config-drive'):.1f} s")
            guest.qmp({"execute": "netdev_add", "arguments": {
                          "type": "user", "id": "net1", "net": "10.9.9.0/24"}},
                      {"execute": "device_add", "arguments": {
                          "driver": "virtio-net-pci", "netdev": "net1", "id": "card1"}})
            guest.marker("address eth1 10.9.9.15/24")
            self.assertIn("default via 10.0.2.2 dev eth0", guest.ssh("ip route"))
            guest.power_button()

    def test_fixed_address_and_cloud_config(self):
        """No DHCP: the config drive, a vfat disk, has the address. And cloud-config."""
        files = self.openstack(CLOUD_CONFIG)
        files["openstack/latest/network_data.json"] = FIXED_NETWORK
        drive = f"file={self.config_drive_vfat(files)},if=virtio,format=raw"
        with Guest(self.directory(), extra=["-drive", drive]) as guest:
            guest.marker("mtu eth0 1400")
            guest.marker("address eth0 10.0.2.77/24")
            guest.marker("address eth0 2001:db8::7/64")
            guest.marker("user-data=#cloud-config")
            guest.marker("hostname=other")
            guest.marker("password=haneul")
            guest.wait_for("^first other$")
            guest.wait_for("^second$")
            guest.wait_for("^other login: ")
            self.assertNotIn("10.0.2.15", guest.log)
            guest.type("haneul")
            guest.wait_for("Password: ")
            guest.type("pw1")
            guest.wait_for(r"\$ ")
            guest.type("ip route; cat /etc/resolv.conf")
            guest.wait_for("^default via 10.0.2.2 dev eth0")
            guest.wait_for("^nameserver 10.0.2.3$")

    def metadata_net(self, files):
        """QEMU's own network, laid so that the service's address lies in it."""
        tree = write_tree(self.directory(), files)
        return ("user,net=169.254.169.0/24,guestfwd=tcp:169.254.169.254:80-"
                f"cmd:{sys.executable} {Path(__file__).resolve()} --serve {tree}")

    def test_metadata_service(self):
        with Guest(self.directory(), net=self.metadata_net(self.openstack())) as guest:
            self.report(f"login after {self.check_first_boot(guest, 'metadata'):.1f} s")

    def test_ec2_metadata_in_least_memory(self):
        files = {"latest/meta-data/instance-id": "0e1c8f3a-0000-4000-8000-000000000001",
                 "latest/meta-data/hostname": "guest-1.novalocal",
                 "latest/meta-data/public-keys/0/openssh-key": self.key,
                 "latest/user-data": USER_DATA}
        with Guest(self.directory(), machine="pc", memory=MIN_RAM,
                   net=self.metadata_net(files)) as guest:
            took = self.check_first_boot(guest, "ec2")
            self.report(f"login after {took:.1f} s with {MIN_RAM} MiB")
            guest.ssh("head -c 8000000 /dev/urandom | sha256sum")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    else:
        unittest.main()
