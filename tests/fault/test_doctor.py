"""What haneul doctor is for: somebody has deleted rows, files or guests behind the cloud's back, and
it says so, kind by kind, with exit code 1."""

import pathlib
import sqlite3
import sys
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402


class Doctor(unittest.TestCase):
    def setUp(self):
        self.cloud = self.enterContext(harness.Cloud())
        self.api = Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
        code, lines = self.cloud.doctor()
        self.assertEqual((0, ["clean: rows and drivers agree"]), (code, lines))

    def server(self):
        network = self.api.send("POST", "/networking/v2.0/networks",
                                {"network": {"name": "n"}}).json["network"]["id"]
        self.api.send("POST", "/networking/v2.0/subnets", {"subnet": {
            "network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4}})
        server = self.api.boot("s", networks=[{"uuid": network}]).json["server"]["id"]
        path = f"/compute/v2.1/servers/{server}"
        until("the server is there", 30,
              lambda: self.api.send("GET", path).json["server"]["status"] == "ACTIVE", 0.05)
        port = self.api.send("GET", f"/networking/v2.0/ports?device_id={server}")
        return server, port.json["ports"][0]["id"]

    def behind_its_back(self, act):
        self.cloud.kill()
        act()
        self.cloud.up()

    def sql(self, *statements):
        def act():
            with sqlite3.connect(self.cloud.state / "haneul.db") as database:
                for statement in statements:
                    database.execute(statement)
        self.behind_its_back(act)

    def says(self, *sentences):
        code, lines = self.cloud.doctor()
        text = "\n".join(lines)
        self.assertEqual(1, code, text)
        for sentence in sentences:
            self.assertRegex(text, sentence)
        self.assertEqual(len(sentences), len(lines), text)

    def test_a_servers_row_is_gone(self):
        server, port = self.server()
        self.sql(f"DELETE FROM servers WHERE id = '{server}'")
        self.says(rf"Host host-\d has a guest {server} that no server knows.",
                  rf"Host host-\d keeps files of {server}, which no server knows.",
                  rf"Port {port} is plugged but belongs to no server.",
                  rf"Port {port} belongs to server {server}, which is not there.",
                  r"Host host-\d has 1 VCPU allocated, but its servers need 0.",
                  r"Host host-\d has \d+ MEMORY_MB allocated, but its servers need 0.",
                  r"Host host-\d has \d+ DISK_GB allocated, but its servers need 0.",
                  r"Project \w+ is charged 1 of instances, but its servers have 0.",
                  r"Project \w+ is charged 1 of cores, but its servers have 0.",
                  r"Project \w+ is charged \d+ of ram, but its servers have 0.")

    def test_a_guest_is_gone(self):
        server, _ = self.server()
        self.behind_its_back(lambda: (self.cloud.state / "guests.journal").unlink())
        self.says(rf"Server {server} \(s\) is \w+ but host host-\d has no such guest.")

    def test_quota_is_miscounted(self):
        self.server()
        self.sql("UPDATE quota_usages SET used = used + 5 WHERE resource = 'network'")
        self.says(*[r"Project \w+ is charged \d+ of network, but has \d+."] * 2)

    def test_images(self):
        image = self.api.named("/image/v2/images", "images", "haneul-guest")
        store = self.cloud.state / "glance" / "images"
        (store / image).rename(store / str(uuid.uuid4()))
        self.says(rf"Image {image} has lost its data.",
                  r"The image store keeps .*, which no image owns.")

    def test_networks_are_mended(self):
        """What only the network differs in is put right at start: the doctor finds nothing."""
        _, port = self.server()
        self.behind_its_back(lambda: (self.cloud.state / "networks.journal").unlink())

        def clean():
            return self.cloud.doctor()[0] == 0
        until(f"port {port} is told again", 30, clean)


if __name__ == "__main__":
    unittest.main()
