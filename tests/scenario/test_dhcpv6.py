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
        self.given = cloud.state / "dhcpv6.given"
        self.script = cloud.state / "dhcpv6.script"
        self.script.write_text(f"#!/bin/sh\nenv | grep ^new_ >>{self.given}\n")
        self.script.chmod(0o755)

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
        """What a client tells its script; it runs once and touches nothing else."""
        self.given.write_text("")
        self.inside("timeout", "15", "dhclient", "-6", *options, "-1", "-d", "-sf",
                    str(self.script), "-lf", "/dev/null", "-pf", "/dev/null", self.name)
        return self.given.read_text()


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
            text = plug.ask(*options)
            return text if "new_dhcp6" in text else None
        return until("the client has an answer", 90, ask)

    def test_stateful(self):
        port = self.network.create_port(
            network_id=self.subnet("stateful", "fd00:66::/64", "dhcpv6-stateful").id)
        with Plug(self.cloud, port) as plug:
            told = self.given(plug)
            self.assertEqual({port.fixed_ips[0]["ip_address"]},
                             set(re.findall(r"new_ip6_address=(\S+)", told)))
            self.assertIn("new_dhcp6_name_servers=2001:db8::53", told)

    def test_stateless(self):
        port = self.network.create_port(
            network_id=self.subnet("stateless", "fd00:67::/64", "dhcpv6-stateless").id)
        with Plug(self.cloud, port) as plug:
            told = self.given(plug, "-S")
            self.assertNotIn("new_ip6_address", told)
            self.assertIn("new_dhcp6_name_servers=2001:db8::53", told)


if __name__ == "__main__":
    unittest.main()
