"""What security groups and port security let through between real guests; the way out without a
floating IP; both layouts of the metadata service."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
from waiting import until  # noqa: E402

# Pings one address from another for as long as the guest lives, and tells how it goes.
WATCH = """#!/bin/sh
ip address add {source}/24 dev eth0 2>/dev/null
(
    n=0
    while true; do
        n=$((n + 1))
        if ping -c 1 -W 1 -I {source} {address} >/dev/null 2>&1; then
            echo "watch $n: {address} answers" >/dev/console
        else
            echo "watch $n: {address} is silent" >/dev/console
        fi
        usleep 900000
    done
) &
"""

ASK_METADATA = """#!/bin/sh
ask() {
    echo "asked $1: $(timeout 5 wget -qO- "http://169.254.169.254/$1" | tr '\\n' ' ')"
}
ask latest/meta-data/instance-id
ask latest/meta-data/local-ipv4
ask latest/meta-data/public-keys/0/openssh-key
ask 2009-04-04/meta-data/hostname
ask latest/user-data
ask openstack
ask openstack/latest/meta_data.json
ask openstack/latest/network_data.json
ask openstack/latest/vendor_data2.json
"""


def watch(address, source):
    return guests.user_data(WATCH.format(address=address, source=source))


class Walls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = guests.real_cloud()
        cls.addClassCleanup(cls.cloud.down)
        cls.cloud.up()
        cls.demo = guests.Tenant(cls.cloud)
        cls.network = cls.demo.api.network
        cls.net = cls.demo.network("walls", "10.21.0.0/24")
        cls.default = cls.network.find_security_group("default")
        cls.inner = cls.network.create_security_group(name="inner")
        port = cls.network.create_port(network_id=cls.net.id, security_groups=[cls.inner.id],
                                       fixed_ips=[{"ip_address": "10.21.0.10"}])
        cls.target = cls.demo.boot_on("target", port, config_drive=True)
        cls.demo.wait_console(cls.target, r"haneul-guest: ready")

    def allow(self, **rule):
        made = self.network.create_security_group_rule(
            security_group_id=self.inner.id, direction="ingress", protocol="icmp", **rule)
        self.addCleanup(self.network.delete_security_group_rule, made, ignore_missing=True)
        return made

    def client(self, name, address, source=None):
        """A guest that pings the target, and its port."""
        port = self.demo.port(self.net, address)
        server = self.demo.boot_on(name, port, config_drive=True,
                                   user_data=watch("10.21.0.10", source or address))
        self.addCleanup(self.demo.api.compute.delete_server, server)
        self.demo.wait_console(server, r"watch 2: ")
        return server, port

    def turns(self, server, how):
        seen = len(self.demo.console(server))
        until(f"the target {how}", 60, lambda: how in self.demo.console(server)[seen:])

    def test_remote_group(self):
        server, _ = self.client("member", "10.21.0.20")
        self.assertNotIn("answers", self.demo.console(server))
        rule = self.allow(remote_group_id=self.default.id)
        self.turns(server, "answers")
        self.network.delete_security_group_rule(rule)
        self.turns(server, "is silent")

    def test_addresses_that_are_not_the_ports(self):
        self.allow(remote_ip_prefix="10.21.0.0/24")
        server, port = self.client("pretender", "10.21.0.30", source="10.21.0.200")
        self.assertNotIn("answers", self.demo.console(server))
        self.network.update_port(port, allowed_address_pairs=[{"ip_address": "10.21.0.200"}])
        self.turns(server, "answers")
        self.network.update_port(port, allowed_address_pairs=[])
        self.turns(server, "is silent")
        self.network.update_port(port, security_groups=[], port_security_enabled=False)
        self.turns(server, "answers")

    def test_out_without_a_floating_ip(self):
        private = self.network.find_network("private")
        # Ordinary projects do not see the external network's subnet.
        seen = guests.Tenant(self.cloud, "haneul-admin").api.network
        public = seen.find_network("public")
        gateway = next(seen.subnets(network_id=public.id)).gateway_ip
        server = self.demo.boot("outward", private, user_data=guests.user_data(
            WATCH.replace("-I {source} ", "").replace("ip address", "#").format(
                address=gateway, source="")))
        self.addCleanup(self.demo.api.compute.delete_server, server)
        self.demo.wait_console(server, rf"watch \d+: {gateway} answers")

    def test_metadata_in_both_layouts(self):
        key = guests.Key(self.enterContext(guests.directory()))
        self.demo.api.compute.create_keypair(name="asked", public_key=key.public)
        private = self.network.find_network("private")
        server = self.demo.boot("asker", private, key_name="asked", metadata={"colour": "green"},
                                user_data=guests.user_data(ASK_METADATA))
        self.addCleanup(self.demo.api.compute.delete_server, server)
        self.demo.wait_console(server, r"haneul-guest: ready")
        text = self.demo.console(server)
        address = next(self.network.ports(device_id=server.id)).fixed_ips[0]["ip_address"]
        self.assertRegex(text, r"asked latest/meta-data/instance-id: i-[0-9a-f]{8}")
        self.assertIn(f"asked latest/meta-data/local-ipv4: {address}", text)
        self.assertIn(f"openssh-key: {' '.join(key.public.split()[:2])}", text)
        self.assertRegex(text, r"meta-data/hostname: asker")
        self.assertIn("asked latest/user-data: #!/bin/sh", text)
        self.assertRegex(text, r"asked openstack: 2012-08-10 .*latest")
        self.assertRegex(text, rf"meta_data.json: .*\"uuid\": ?\"{server.id}\"")
        self.assertRegex(text, r"\"meta\": ?\{\"colour\": ?\"green\"\}")
        self.assertRegex(text, r"network_data.json: .*\"ipv4_dhcp\"")
        self.assertRegex(text, r"vendor_data2.json: \{")


if __name__ == "__main__":
    unittest.main()
