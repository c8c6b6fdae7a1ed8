"""A disk that is full: nothing that was acknowledged is lost, what cannot be written is refused with
503, reads go on, and all is well again once there is room."""

import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

DISK_MIB = 96
CHUNK = b"\0" * 65536


def fill(path):
    """A file that takes all the room there is."""
    with open(path, "wb", buffering=0) as out:
        try:
            while True:
                out.write(CHUNK)
        except OSError:
            pass
        try:
            while True:
                out.write(b"\0" * 512)
        except OSError:
            return


@unittest.skipIf(os.geteuid() != 0, "needs root to mount a small disk")
class FullDisk(unittest.TestCase):
    def setUp(self):
        self.cloud = harness.Cloud()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "haneul-test",
                        str(self.cloud.state)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.cloud.state)], check=True)
        (self.cloud.state / "haneul.conf").write_text("[glance]\nfree_bytes_min = 0\n")
        self.enterContext(self.cloud)
        self.api = Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
        self.filler = self.cloud.state / "filler"
        self.api.unlimit()
        self.api.send("PUT", f"/networking/v2.0/quotas/{self.api.project}",
                      {"quota": {"network": -1}})
        spare = self.api.send("POST", "/image/v2/images", {
            "name": "spare", "disk_format": "raw", "container_format": "bare"})
        self.assertEqual(201, spare.status)

    def make(self, name):
        return self.api.send("POST", "/networking/v2.0/networks", {"network": {"name": name}})

    def names(self):
        answer = self.api.send("GET", "/networking/v2.0/networks?fields=name")
        self.assertEqual(200, answer.status)
        return {n["name"] for n in answer.json["networks"]}

    def fill_until_refused(self):
        """Names that were acknowledged; the answer of the one that was not."""
        kept = set()
        for i in range(5000):
            if i % 20 == 0:
                fill(self.filler)
            answer = self.make(f"n{i}")
            if answer.status != 201:
                return kept, answer
            kept.add(f"n{i}")
        self.fail("a full disk takes everything")

    def test_refused_and_well_again(self):
        kept, refused = self.fill_until_refused()
        self.assertEqual(503, refused.status, refused)
        self.assertIn("disk", refused.body.decode())
        self.assertLessEqual(kept, self.names())
        server = self.api.boot("full")
        self.assertEqual(503, server.status, server)
        upload = self.upload()
        self.assertIn(upload.status, (413, 503), upload)
        self.filler.unlink()
        until("there is room again", 30, lambda: self.make("after").status == 201)
        self.assertLessEqual(kept | {"after"}, self.names())
        self.assertEqual(202, self.api.boot("after").status)
        self.settles()

    def upload(self):
        image = self.api.named("/image/v2/images", "images", "spare")
        return self.api.send("PUT", f"/image/v2/images/{image}/file", b"x" * (1 << 20),
                             {"Content-Type": "application/octet-stream"})

    def settles(self):
        def final():
            servers = self.api.send("GET", "/compute/v2.1/servers/detail").json["servers"]
            return all(s["status"] == "ACTIVE" for s in servers) and servers
        until("servers are up", 60, final)
        self.cloud.kill()
        self.cloud.up()
        code, lines = self.cloud.doctor()
        self.assertEqual(0, code, lines)


if __name__ == "__main__":
    unittest.main()
