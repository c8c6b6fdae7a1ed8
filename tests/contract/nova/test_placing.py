"""Which host a server gets, where its flavor or image asks for more than room."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import waiting  # noqa: E402
from harness import Cloud  # noqa: E402
from rest import Api  # noqa: E402

PLACEMENT = {"OpenStack-API-Version": "placement 1.39"}


class Placing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Cloud(simulated=True, hosts=3))
        cls.api = Api(cls.cloud.env["HANEUL_URL"], cls.cloud.state)
        cls.addClassCleanup(cls.api.connection.close)
        providers = cls.send("GET", "/placement/resource_providers").json["resource_providers"]
        cls.providers = {p["name"]: p["uuid"] for p in providers}
        cls.give("host-2", "CUSTOM_FAST")

    @classmethod
    def send(cls, method, path, body=None, wanted=(200, 201, 202, 204)):
        answer = cls.api.send(method, path, body, PLACEMENT if "placement" in path else None)
        assert answer.status in wanted, (path, answer)
        return answer

    @classmethod
    def give(cls, host, trait):
        cls.send("PUT", f"/placement/traits/{trait}")
        path = f"/placement/resource_providers/{cls.providers[host]}/traits"
        old = cls.send("GET", path).json
        cls.send("PUT", path, {"traits": [*old["traits"], trait], "resource_provider_generation":
                               old["resource_provider_generation"]})

    def flavor(self, **specs):
        made = self.send("POST", "/compute/v2.1/flavors", {"flavor": {
            "name": self.id(), "ram": 64, "vcpus": 1, "disk": 1}}).json["flavor"]["id"]
        self.addCleanup(self.send, "DELETE", f"/compute/v2.1/flavors/{made}")
        self.send("POST", f"/compute/v2.1/flavors/{made}/os-extra_specs", {
            "extra_specs": {key.replace("__", ":"): value for key, value in specs.items()}})
        return made

    def boot(self, flavor, image="haneul-guest"):
        """The server's host, or what its fault says."""
        made = self.send("POST", "/compute/v2.1/servers", {"server": {
            "name": "placed", "networks": "none", "flavorRef": flavor,
            "imageRef": self.api.named("/image/v2/images", "images", image)}}).json["server"]
        path = f"/compute/v2.1/servers/{made['id']}"
        self.addCleanup(self.send, "DELETE", path)
        shown = waiting.until("it is placed", 30, lambda: next(
            (s for s in [self.send("GET", path).json["server"]] if s["status"] != "BUILD"), None))
        self.server = made["id"]
        return shown["fault"]["message"] if "fault" in shown else shown["OS-EXT-SRV-ATTR:host"]

    def test_a_trait_that_is_required(self):
        flavor = self.flavor(trait__CUSTOM_FAST="required")
        self.assertEqual({"host-2"}, {self.boot(flavor) for _ in range(4)})

    def test_a_trait_that_is_forbidden(self):
        flavor = self.flavor(trait__CUSTOM_FAST="forbidden")
        self.assertNotIn("host-2", {self.boot(flavor) for _ in range(8)})

    def test_a_trait_that_nobody_has(self):
        said = self.boot(self.flavor(trait__CUSTOM_NOWHERE="required"))
        self.assertEqual("No valid host was found. Of 3 hosts: 3 without the traits CUSTOM_NOWHERE.",
                         said)

    def test_a_trait_of_the_image(self):
        self.api.image("fast", b"x" * 512)
        image = self.api.named("/image/v2/images", "images", "fast")
        self.addCleanup(self.send, "DELETE", f"/image/v2/images/{image}")
        patch = [{"op": "add", "path": "/trait:CUSTOM_FAST", "value": "required"}]
        answer = self.api.send("PATCH", f"/image/v2/images/{image}", patch, {
            "Content-Type": "application/openstack-images-v2.1-json-patch"})
        self.assertEqual(200, answer.status, answer)
        flavor = self.flavor()
        self.assertEqual({"host-2"}, {self.boot(flavor, "fast") for _ in range(4)})

    def test_resources_of_one_s_own(self):
        self.assertEqual("No valid host was found. Of 3 hosts: 3 without enough CUSTOM_GOLD.",
                         self.boot(self.flavor(resources__CUSTOM_GOLD="1")))

    def test_what_a_flavor_takes_away_is_not_claimed(self):
        self.assertIn("host-", self.boot(self.flavor(resources__VCPU="0", resources__DISK_GB="5")))
        claimed = self.send("GET", f"/placement/allocations/{self.server}").json["allocations"]
        self.assertEqual([{"MEMORY_MB": 64, "DISK_GB": 5}],
                         [a["resources"] for a in claimed.values()])
        self.assertEqual((0, ["clean: rows and drivers agree"]), self.cloud.doctor())

    def test_traits_of_operators_outlive_a_restart(self):
        self.cloud.down()
        self.cloud.up()
        self.api.connection.close()
        flavor = self.flavor(trait__CUSTOM_FAST="required")
        self.assertEqual("host-2", self.boot(flavor))


if __name__ == "__main__":
    unittest.main()
