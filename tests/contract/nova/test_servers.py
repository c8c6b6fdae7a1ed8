"""Servers through openstacksdk: the whole life of one, in both the demo and the admin project."""

import unittest

import openstack


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = openstack.connect(cloud="haneul-demo")
        cls.compute = cls.api.compute
        cls.image = cls.api.image.find_image("haneul-guest")
        cls.flavor = cls.compute.find_flavor("m1.nano")
        cls.network = cls.api.network.find_network("private")

    def boot(self, name, **more):
        server = self.compute.create_server(name=name, image_id=self.image.id,
                                            flavor_id=self.flavor.id,
                                            networks=[{"uuid": self.network.id}], **more)
        self.addCleanup(self.compute.delete_server, server, ignore_missing=True)
        return self.compute.wait_for_server(server, wait=30, interval=0.1)

    def wait(self, server, status="ACTIVE"):
        return self.compute.wait_for_server(server, status=status, wait=30, interval=0.1)

    def test_life(self):
        server = self.boot("life", metadata={"a": "b"})
        self.assertEqual("ACTIVE", server.status)
        self.assertEqual({"a": "b"}, server.metadata)
        (address,) = server.addresses["private"]
        port = next(self.api.network.ports(device_id=server.id))
        self.assertEqual(port.fixed_ips[0]["ip_address"], address["addr"])
        self.assertIn("login:", self.compute.get_server_console_output(server)["output"])
        self.compute.stop_server(server)
        self.wait(server, "SHUTOFF")
        self.compute.start_server(server)
        self.wait(server)
        self.compute.reboot_server(server, "SOFT")
        self.wait(server)
        self.compute.reboot_server(server, "HARD")
        self.wait(server)
        self.compute.pause_server(server)
        self.wait(server, "PAUSED")
        self.compute.unpause_server(server)
        self.wait(server)
        self.compute.rebuild_server(server, name="life2", image=self.image.id)
        self.assertEqual("life2", self.wait(server).name)
        self.compute.delete_server(server)
        self.compute.wait_for_delete(server, wait=30, interval=0.1)
        self.assertIsNone(self.api.network.find_port(port.id, ignore_missing=True))

    def test_floating_ip_shows_in_addresses(self):
        server = self.boot("floating")
        port = next(self.api.network.ports(device_id=server.id))
        public = self.api.network.find_network("public")
        ip = self.api.network.create_ip(floating_network_id=public.id, port_id=port.id)
        kinds = {a["OS-EXT-IPS:type"]: a["addr"]
                 for a in self.compute.get_server(server.id).addresses["private"]}
        self.assertEqual(ip.floating_ip_address, kinds["floating"])
        self.api.network.delete_ip(ip)
        kinds = [a["OS-EXT-IPS:type"]
                 for a in self.compute.get_server(server.id).addresses["private"]]
        self.assertEqual(["fixed"], kinds)

    def test_lists(self):
        names = {self.boot(f"list-{i}").name for i in range(3)}
        listed = {s.name for s in self.compute.servers(name="list-")}
        self.assertEqual(names, listed)
        paged = [s.name for s in self.compute.servers(details=False, limit=1, name="list-")]
        self.assertEqual(names, set(paged))

    def test_refusals(self):
        with self.assertRaises(openstack.exceptions.BadRequestException):
            self.compute.create_server(name="", image_id=self.image.id,
                                       flavor_id=self.flavor.id, networks="none")
        with self.assertRaises(openstack.exceptions.NotFoundException):
            self.compute.get_server("3e3cf0a0-0000-4000-8000-000000000000")
        server = self.boot("refusing")
        with self.assertRaises(openstack.exceptions.ConflictException):
            self.compute.start_server(server)

    def test_too_large_says_why(self):
        admin = openstack.connect(cloud="haneul-admin")
        flavor = admin.compute.create_flavor(name="huge", ram=10**7, vcpus=1, disk=0)
        self.addCleanup(admin.compute.delete_flavor, flavor)
        project = admin.current_project_id
        admin.set_compute_quotas(project, ram=-1)
        self.addCleanup(admin.delete_compute_quotas, project)
        server = admin.compute.create_server(name="huge", image_id=self.image.id,
                                             flavor_id=flavor.id, networks="none")
        self.addCleanup(admin.compute.delete_server, server)
        shown = admin.compute.get(f"/servers/{server.id}").json()["server"]
        self.assertEqual("ERROR", shown["status"])
        self.assertIn("No valid host was found", shown["fault"]["message"])
        self.assertIn("MEMORY_MB", shown["fault"]["message"])

    def test_keypairs(self):
        made = self.compute.create_keypair(name="generated")
        self.addCleanup(self.compute.delete_keypair, made)
        self.assertIn("PRIVATE KEY", made.private_key)
        self.assertEqual(made.fingerprint, self.compute.find_keypair("generated").fingerprint)


if __name__ == "__main__":
    unittest.main()
