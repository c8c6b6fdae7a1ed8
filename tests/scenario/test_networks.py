"""Who can reach whom: two networks of a project with and without a router between them, two projects
with the same addresses, and a guest with IPv6 alone."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
from waiting import until  # noqa: E402

# Pings one address for as long as the guest lives, and tells how it goes.
WATCH = """#!/bin/sh
(
    n=0
    while true; do
        n=$((n + 1))
        if ping -c 1 -W 1 {address} >/dev/null 2>&1; then
            echo "watch $n: {address} answers" >/dev/console
        else
            echo "watch $n: {address} is silent" >/dev/console
        fi
        usleep 900000
    done
) &
"""

# Tells the addresses that routers' advertisements bring, which may come after the guest is ready.
TELL_IPV6 = """#!/bin/sh
(
    while ! ip -6 -o addr show dev eth0 scope global | grep -q inet6; do usleep 300000; done
    ip -6 -o addr show dev eth0 scope global >/dev/console
    ip -6 route >/dev/console
) &
"""


def watch(address):
    return guests.user_data(WATCH.format(address=address))


class Networks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = guests.real_cloud()
        cls.addClassCleanup(cls.cloud.down)
        cls.cloud.up()
        cls.demo = guests.Tenant(cls.cloud)
        cls.admin = guests.Tenant(cls.cloud, "haneul-admin")
        cls.left = cls.demo.network("left", "10.11.0.0/24")
        cls.right = cls.demo.network("right", "10.12.0.0/24")
        cls.target = cls.demo.boot_on("target", cls.demo.port(cls.right, "10.12.0.10"))
        cls.demo.wait_console(cls.target, r"haneul-guest: ready")

    def other_tenant(self):
        """Another project, with a user of its own."""
        identity = self.admin.api.identity
        project = identity.create_project(name="other", domain_id="default")
        user = identity.create_user(name="other", password="other-secret", domain_id="default",
                                    default_project_id=project.id)
        role = identity.find_role("member")
        identity.assign_project_role_to_user(project, user, role)
        return guests.Tenant(self.cloud, auth={"username": "other", "password": "other-secret",
                                               "project_name": "other"})

    def test_a_router_joins_two_networks(self):
        walker = self.demo.boot_on("walker", self.demo.port(self.left, "10.11.0.10"),
                                   user_data=watch("10.12.0.10"))
        self.demo.wait_console(walker, r"watch 3: 10.12.0.10 is silent")
        network = self.demo.api.network
        router = network.create_router(name="between")
        for net in (self.left, self.right):
            network.add_interface_to_router(router, subnet_id=self.subnet_of(net))
        self.demo.wait_console(walker, r"watch \d+: 10.12.0.10 answers", 60)
        network.remove_interface_from_router(router, subnet_id=self.subnet_of(self.left))
        seen = len(self.demo.console(walker))
        until("the way is gone", 60, lambda: self.silent_after(walker, seen))
        network.remove_interface_from_router(router, subnet_id=self.subnet_of(self.right))
        network.delete_router(router)

    def subnet_of(self, net):
        return next(self.demo.api.network.subnets(network_id=net.id)).id

    def silent_after(self, server, seen):
        return "is silent" in self.demo.console(server)[seen:]

    def test_the_same_addresses_in_two_projects(self):
        other = self.other_tenant()
        net = other.network("right", "10.12.0.0/24")
        stranger = other.boot_on("stranger", other.port(net, "10.12.0.77"),
                                 user_data=watch("10.12.0.10"))
        other.wait_console(stranger, r"watch 5: 10.12.0.10 is silent")
        self.assertNotIn("answers", other.console(stranger))
        # Each project's guest of that address has its own metadata.
        twin = other.boot_on("twin", other.port(net, "10.12.0.10"))
        other.wait_console(twin, r"haneul-guest: hostname=twin")
        other.wait_console(stranger, r"watch \d+: 10.12.0.10 answers", 60)
        self.assertIn("haneul-guest: hostname=target", self.demo.console(self.target))

    def test_ipv6_addresses(self):
        network = self.demo.api.network
        net = network.create_network(name="six")
        subnet = network.create_subnet(network_id=net.id, ip_version=6, cidr="fd00:6::/64",
                                       ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        router = network.create_router(name="six")
        network.add_interface_to_router(router, subnet_id=subnet.id)
        port = network.create_port(network_id=net.id)
        guest = self.demo.boot_on("six", port, config_drive=True,
                                  user_data=guests.user_data(TELL_IPV6))
        address = port.fixed_ips[0]["ip_address"]
        self.demo.wait_console(guest, rf"inet6 {address}/64 scope global (tentative )?dynamic")
        self.demo.wait_console(guest, r"default via fe80::")
        network.remove_interface_from_router(router, subnet_id=subnet.id)
        network.delete_router(router)

    def test_what_the_subnet_tells(self):
        net = self.demo.network("told", "10.13.0.0/24", dns_nameservers=["10.13.0.99"],
                                host_routes=[{"destination": "192.0.2.0/24",
                                              "nexthop": "10.13.0.98"}])
        script = "#!/bin/sh\nip route\ncat /etc/resolv.conf\nip link show eth0\n"
        guest = self.demo.boot_on("told", self.demo.port(net, "10.13.0.10"), config_drive=True,
                                  user_data=guests.user_data(script))
        self.demo.wait_console(guest, r"haneul-guest: ready")
        text = self.demo.console(guest)
        self.assertRegex(text, r"192.0.2.0/24 via 10.13.0.98")
        self.assertRegex(text, r"nameserver 10.13.0.99")
        self.assertRegex(text, rf"mtu {net.mtu}\b")


if __name__ == "__main__":
    unittest.main()
