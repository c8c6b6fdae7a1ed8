"""DHCPv6 with a real client: a port's address and its DNS servers. The client runs in a namespace
that is plugged in like a guest, since the guest image has none."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
from waiting import until  # noqa: E402


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


class Plug:
    """A namespace on the cloud's integration bridge, with a port's MAC address."""

    def __init__(self, cloud, port):
        self.database = next((cloud.state / "ovn").rglob("db.sock"))
        self.name = f"d6{os.getpid()}"
        self.port = port
        self.lease = cloud.state / "dhcpv6.lease"

    def vsctl(self, *words):
        return run("ovs-vsctl", f"--db=unix:{self.database}", *words)

    def inside(self, *command, **more):
        return subprocess.run(["ip", "netns", "exec", self.name, *command], capture_output=True,
                              text=True, **more)

    def __enter__(self):
        bridge = next(b for b in self.vsctl("list-br").split() if "int" in b)
        self.vsctl("add-port", bridge, self.name, "--", "set", "Interface", self.name,
                   "type=internal", f"external_ids:iface-id={self.port.id}")
        run("ip", "netns", "add", self.name)
        run("ip", "link", "set", self.name, "netns", self.name)
        for command in (["set", self.name, "address", self.port.mac_address],
                        ["set", self.name, "up"]):
            self.inside("ip", "link", *command, check=True)
        return self

    def __exit__(self, *_):
        self.vsctl("--if-exists", "del-port", self.name)
        run("ip", "netns", "del", self.name)

    def ask(self, *options):
        """What a client gets, as it writes it down; it runs once and touches nothing else."""
        self.lease.write_text("")
        done = self.inside("timeout", "30", "dhclient", "-6", *options, "-1", "-d", "-sf",
                           "/bin/true", "-lf", str(self.lease), "-pf", "/dev/null", self.name)
        return self.lease.read_text(), done.stderr


class Dhcpv6(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = guests.real_cloud()
        cls.addClassCleanup(cls.cloud.down)
        cls.cloud.up()
        cls.admin = guests.Tenant(cls.cloud, "haneul-admin")
        cls.network = cls.admin.api.network

    def subnet(self, name, cidr, mode):
        net = self.network.create_network(name=name)
        subnet = self.network.create_subnet(
            network_id=net.id, ip_version=6, cidr=cidr, ipv6_ra_mode=mode, ipv6_address_mode=mode,
            dns_nameservers=["2001:db8::53"])
        router = self.network.create_router(name=name)
        self.network.add_interface_to_router(router, subnet_id=subnet.id)
        return net

    def given(self, plug, *options):
        def ask():
            self.lease, self.said = plug.ask(*options)
            return "option dhcp6" in self.lease
        until("the client has an answer", 60, ask)
        return self.lease

    def test_stateful(self):
        port = self.network.create_port(
            network_id=self.subnet("stateful", "fd00:66::/64", "dhcpv6-stateful").id)
        with Plug(self.cloud, port) as plug:
            lease = self.given(plug)
            self.assertEqual([port.fixed_ips[0]["ip_address"]],
                             re.findall(r"iaaddr (\S+) ", lease))
            self.assertIn("dhcp6.name-servers 2001:db8::53", lease)

    def test_stateless(self):
        port = self.network.create_port(
            network_id=self.subnet("stateless", "fd00:67::/64", "dhcpv6-stateless").id)
        with Plug(self.cloud, port) as plug:
            lease = self.given(plug, "-S")
            self.assertNotIn("iaaddr", lease)
            self.assertIn("dhcp6.name-servers 2001:db8::53", lease)


if __name__ == "__main__":
    unittest.main()
