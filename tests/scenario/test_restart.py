"""The program goes and comes back, or its daemons do; guests do not notice. At the end nothing is
left of the cloud."""

import os
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
from leftovers import devices, namespaces, output, processes  # noqa: E402
from waiting import until  # noqa: E402


class Restart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.devices, cls.namespaces = devices(), namespaces()
        cls.tables = output("nft", "list", "tables")
        cls.cloud = guests.real_cloud()
        cls.addClassCleanup(cls.cloud.down)
        cls.cloud.up()
        cls.demo = guests.Tenant(cls.cloud)
        cls.private = cls.demo.api.network.find_network("private")

    def qemu(self, server):
        found = [pid for pid, line in processes(server.id).items() if "qemu-system" in line]
        self.assertEqual(1, len(found), found)
        return found[0]

    def reachable_guest(self, name):
        network = self.demo.api.network
        group = network.find_security_group("default")
        network.create_security_group_rule(security_group_id=group.id, direction="ingress",
                                           protocol="icmp", remote_ip_prefix="0.0.0.0/0")
        server = self.demo.boot(name, self.private)
        port = next(network.ports(device_id=server.id))
        public = network.find_network("public")
        ip = network.create_ip(floating_network_id=public.id, port_id=port.id)
        address = ip.floating_ip_address
        until("the guest answers", 90, lambda: guests.pings(address))
        return server, port, address

    def test_guests_outlive_the_program(self):
        server, port, address = self.reachable_guest("lasting")
        pid = self.qemu(server)
        for leave in (self.cloud.kill, self.cloud.terminate):
            leave()
            self.assertTrue(guests.pings(address), "while the program is away")
            self.cloud.up()
            self.assertEqual(pid, self.qemu(server))
            until("the guest answers", 30, lambda: guests.pings(address))
        self.assertIn("haneul-guest", self.demo.console(server))
        self.daemons_come_back(address)
        self.edits_are_mended(port, address)
        self.a_guest_that_dies_is_off(server, pid)
        code, lines = self.cloud.doctor()
        self.assertEqual(0, code, lines)
        self.nothing_is_left()

    def daemons_come_back(self, address):
        for name in ("ovsdb-switch", "ovsdb-ovn", "ovn-northd", "ovn-controller", "ovs-vswitchd"):
            files = list((self.cloud.state / "ovn").rglob(f"{name}.pid"))
            self.assertEqual(1, len(files), name)
            old = int(files[0].read_text())
            os.kill(old, signal.SIGKILL)

            def anew():
                text = files[0].read_text().strip() if files[0].exists() else ""
                return text and int(text) != old and pathlib.Path(f"/proc/{text}").exists()

            until(f"{name} is back", 30, anew)
        until("the guest answers again", 60, lambda: guests.pings(address))

    def edits_are_mended(self, port, address):
        run = next((self.cloud.state / "ovn").rglob("ovnnb_db.sock"))
        nbctl = ["ovn-nbctl", f"--db=unix:{run}"]
        self.assertIn(port.id, output(*nbctl, "show"))
        output(*nbctl, "lsp-del", port.id)
        until("the port is back", 60, lambda: port.id in output(*nbctl, "show"))
        until("the guest answers again", 60, lambda: guests.pings(address))
        self.strays_go(nbctl)

    def strays_go(self, nbctl):
        """A network of ours that no row speaks of, as an interrupted removal would leave it."""
        nobody = "0b5d7a4e-6d0f-4d7c-9c57-3a1c2b1c9d11"
        output(*nbctl, "create", "Logical_Switch", f"name=neutron-{nobody}",
               f"external_ids:\"haneul:object\"=\"network/{nobody}\"")
        foreign = output(*nbctl, "create", "Logical_Switch", "name=foreign").strip()
        until("it is gone", 60, lambda: nobody not in output(*nbctl, "show"))
        self.assertIn("foreign", output(*nbctl, "show"), "what is not ours stays")
        output(*nbctl, "ls-del", foreign)

    def a_guest_that_dies_is_off(self, server, pid):
        os.kill(pid, signal.SIGKILL)
        self.demo.api.compute.wait_for_server(server, status="SHUTOFF", wait=60, interval=0.5)

    def nothing_is_left(self):
        self.cloud.down()
        self.assertEqual({}, processes(str(self.cloud.state)))
        self.assertEqual(self.devices, devices() & (self.devices | devices()))
        self.assertEqual(set(), devices() - self.devices)
        self.assertEqual(set(), namespaces() - self.namespaces)
        self.assertEqual(self.tables, output("nft", "list", "tables"))
        self.assertNotIn(str(self.cloud.state), pathlib.Path("/proc/mounts").read_text())


if __name__ == "__main__":
    unittest.main()
