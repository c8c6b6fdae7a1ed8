"""Placement through keystoneauth's adapter, as Nova calls it, and through the osc-placement plugin.
OS_CLOUD names the cloud; it may be a real OpenStack."""

import json
import os
import subprocess
import unittest
import uuid

try:
    import openstack
except ImportError:
    openstack = None


def setUpModule():
    if openstack is None:
        raise unittest.SkipTest("python3-openstacksdk is not installed")
    if "OS_CLOUD" not in os.environ:
        raise unittest.SkipTest("OS_CLOUD is not set")


class Placement(unittest.TestCase):
    def setUp(self):
        self.api = openstack.connect().placement
        self.name = f"contract-{uuid.uuid4()}"
        self.consumers = []
        made = self.send("POST", "/resource_providers", {"name": self.name})
        self.assertEqual(200, made.status_code, made.text)
        self.provider = made.json()["uuid"]

    def tearDown(self):
        for consumer in self.consumers:
            self.send("DELETE", f"/allocations/{consumer}")
        self.send("DELETE", f"/resource_providers/{self.provider}")

    def send(self, method, path, body=None, version="1.39"):
        return self.api.request(path, method, json=body, raise_exc=False,
                                headers={"OpenStack-API-Version": f"placement {version}",
                                         "Accept": "application/json"})

    def stock(self, total=8):
        path = f"/resource_providers/{self.provider}"
        generation = self.send("GET", path).json()["generation"]
        return self.send("PUT", f"{path}/inventories", {
            "resource_provider_generation": generation,
            "inventories": {"VCPU": {"total": total, "allocation_ratio": 2.0},
                            "MEMORY_MB": {"total": 1024}}})

    def allocate(self, consumer, vcpu, generation=None):
        self.consumers.append(consumer)
        return self.send("PUT", f"/allocations/{consumer}", {
            "allocations": {self.provider: {"resources": {"VCPU": vcpu}}},
            "project_id": "contract", "user_id": "contract", "consumer_type": "INSTANCE",
            "consumer_generation": generation})

    def test_versions(self):
        self.assertEqual("placement 1.10",
                         self.send("GET", "/traits", version="1.10").headers["OpenStack-API-Version"])
        refused = self.send("GET", "/traits", version="1.999")
        self.assertEqual(406, refused.status_code)
        self.assertEqual("Not Acceptable", refused.json()["errors"][0]["title"])

    def test_allocations_respect_capacity_and_generations(self):
        self.assertEqual(200, self.stock().status_code)
        consumer = str(uuid.uuid4())
        self.assertEqual(204, self.allocate(consumer, 16).status_code)
        self.assertEqual(409, self.allocate(consumer, 1).status_code)
        full = self.allocate(str(uuid.uuid4()), 1)
        self.assertEqual(409, full.status_code)
        self.assertIn("would exceed the capacity", full.json()["errors"][0]["detail"])
        usages = self.send("GET", f"/resource_providers/{self.provider}/usages").json()
        self.assertEqual(16, usages["usages"]["VCPU"])
        in_use = self.send("DELETE", f"/resource_providers/{self.provider}")
        self.assertEqual("placement.resource_provider.inuse", in_use.json()["errors"][0]["code"])

    def test_candidates(self):
        self.stock()
        found = self.send("GET", f"/allocation_candidates?resources=VCPU:2&in_tree={self.provider}")
        self.assertEqual(200, found.status_code, found.text)
        requests = found.json()["allocation_requests"]
        self.assertEqual([{self.provider: {"resources": {"VCPU": 2}}}],
                         [r["allocations"] for r in requests])
        self.assertEqual(16, found.json()["provider_summaries"][self.provider]["resources"]["VCPU"]
                         ["capacity"])

    def test_traits(self):
        trait = "CUSTOM_CONTRACT_" + uuid.uuid4().hex.upper()
        self.assertEqual(201, self.send("PUT", f"/traits/{trait}").status_code)
        self.assertEqual(204, self.send("PUT", f"/traits/{trait}").status_code)
        self.assertEqual(400, self.send("PUT", "/traits/lower").status_code)
        self.assertEqual(204, self.send("DELETE", f"/traits/{trait}").status_code)
        self.assertEqual(404, self.send("GET", f"/traits/{trait}").status_code)

    def test_plugin(self):
        command = ["openstack", "--os-placement-api-version", "1.29", "resource", "provider", "show",
                   self.provider, "-f", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if "is not an openstack command" in done.stderr or "Unknown command" in done.stderr:
            self.skipTest("python3-osc-placement is not installed")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(self.name, json.loads(done.stdout)["name"])


if __name__ == "__main__":
    unittest.main()
