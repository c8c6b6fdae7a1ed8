"""One guest's life on a real host: DHCP, metadata, config drive, ssh through a floating IP, power,
rebuild, and a delete that leaves nothing."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
from waiting import until  # noqa: E402

SCRIPT = "#!/bin/sh\necho hello-from-user-data\n"


class GuestLife(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = guests.real_cloud()
        cls.addClassCleanup(cls.cloud.down)
        cls.cloud.up()
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.key = guests.Key(cls.directory.name)
        cls.demo = guests.Tenant(cls.cloud)
        cls.api = cls.demo.api
        cls.api.compute.create_keypair(name="mine", public_key=cls.key.public)
        cls.private = cls.api.network.find_network("private")
        cls.group = cls.api.network.find_security_group("default")

    def open_port(self, protocol, port=None):
        return self.api.network.create_security_group_rule(
            security_group_id=self.group.id, direction="ingress", protocol=protocol,
            port_range_min=port, port_range_max=port, remote_ip_prefix="0.0.0.0/0")

    def check_clean(self):
        code, lines = self.cloud.doctor()
        self.assertEqual(0, code, lines)

    def test_whole_life(self):
        server = self.demo.boot("alice", self.private, key_name="mine",
                                user_data=guests.user_data(SCRIPT))
        port = next(self.api.network.ports(device_id=server.id))
        fixed = port.fixed_ips[0]["ip_address"]
        self.metadata_reaches(server, fixed)
        floating = self.floating_ip_reaches(port, fixed)
        self.disk_survives(server, floating)
        self.rebuild_replaces(server)
        self.delete_leaves_nothing(server, port, floating)

    def metadata_reaches(self, server, fixed):
        say = self.demo.wait_console
        say(server, r"haneul-guest: ready")
        text = self.demo.console(server)
        self.assertIn("haneul-guest: source=metadata", text)
        self.assertIn("haneul-guest: hostname=alice", text)
        self.assertIn(f"haneul-guest: address eth0 {fixed}/26", text)
        self.assertIn(f"haneul-guest: key={self.key.fingerprint}", text)
        self.assertIn("hello-from-user-data", text)

    def floating_ip_reaches(self, port, fixed):
        public = self.api.network.find_network("public")
        ip = self.api.network.create_ip(floating_network_id=public.id, port_id=port.id,
                                        fixed_ip_address=fixed)
        address = ip.floating_ip_address
        self.open_port("icmp")
        until("ping answers", 30, lambda: guests.pings(address))
        for _ in range(4):
            # Three seconds each, on a way that is known to lead there.
            self.assertFalse(guests.answers(address, 22), "no rule allows ssh yet")
            self.assertTrue(guests.pings(address))
        self.open_port("tcp", 22)
        until("ssh answers", 30, lambda: guests.answers(address, 22))
        self.assertEqual("alice\n", until("ssh lets us in", 60,
                                          lambda: self.key.run(address, "hostname")))
        return ip

    def disk_survives(self, server, floating):
        address = floating.floating_ip_address
        self.key.run(address, "echo kept > /root/kept; sync")
        self.api.compute.reboot_server(server, "HARD")
        self.demo.wait_console(server, r"haneul-guest: boot-count=2")
        self.api.compute.wait_for_server(server, wait=60, interval=0.5)
        self.api.compute.stop_server(server)
        self.api.compute.wait_for_server(server, status="SHUTOFF", wait=90, interval=0.5)
        self.api.compute.start_server(server)
        self.api.compute.wait_for_server(server, wait=60, interval=0.5)
        self.demo.wait_console(server, r"haneul-guest: boot-count=3")
        self.assertEqual("kept\n", until("ssh lets us in again", 90,
                                         lambda: self.key.run(address, "cat /root/kept")))

    def rebuild_replaces(self, server):
        self.api.compute.rebuild_server(server, image=server.image.id, name="alice")
        self.api.compute.wait_for_server(server, wait=90, interval=0.5)
        self.demo.wait_console(server, r"haneul-guest: boot-count=1")

    def delete_leaves_nothing(self, server, port, floating):
        self.api.network.delete_ip(floating)
        self.api.compute.delete_server(server)
        self.demo.gone(server)
        self.assertIsNone(self.api.network.find_port(port.id, ignore_missing=True))
        limits = self.api.compute.get_limits().absolute
        self.assertEqual(0, limits.instances_used)
        self.check_clean()

    def test_config_drive(self):
        server = self.demo.boot("driven", self.private, key_name="mine", config_drive=True,
                                user_data=guests.user_data(SCRIPT))
        self.demo.wait_console(server, r"haneul-guest: ready")
        text = self.demo.console(server)
        self.assertIn("haneul-guest: source=config-drive", text)
        self.assertIn("haneul-guest: hostname=driven", text)
        self.assertIn(f"haneul-guest: key={self.key.fingerprint}", text)
        self.assertIn("hello-from-user-data", text)
        self.api.compute.delete_server(server)
        self.demo.gone(server)
        self.check_clean()


if __name__ == "__main__":
    unittest.main()
