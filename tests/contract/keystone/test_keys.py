"""Fernet keys are rotated under a running cloud: tokens live as long as their keys are kept."""

import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402


class Rotation(unittest.TestCase):
    def setUp(self):
        self.cloud = self.enterContext(harness.Cloud(
            hosts=1, conf="[keystone.fernet_tokens]\nmax_active_keys = 3\n"
                          "[keystone.cache]\ntokens_max = 0\n"))

    def api(self):
        return Api(self.cloud.env["HANEUL_URL"], self.cloud.state)

    def rotate(self):
        return subprocess.run(self.cloud.command("fernet-rotate"), capture_output=True, text=True)

    def works(self, api):
        return api.send("GET", "/identity/v3/projects").status == 200

    def test_tokens_live_as_long_as_their_keys(self):
        old = self.api()
        done = self.rotate()
        self.assertEqual((0, "key 2 signs tokens from now on; at most 3 keys are kept\n"),
                         (done.returncode, done.stdout), done.stderr)
        new = self.api()
        self.assertTrue(self.works(old), "its key is still there")
        self.assertTrue(self.works(new))
        self.rotate()
        self.assertFalse(self.works(old), "its key is gone")
        self.assertTrue(self.works(new))
        keys = sorted(os.listdir(self.cloud.state / "keys" / "fernet-keys"))
        self.assertEqual(["0", "2", "3"], [k for k in keys if k.isdigit()])

    def test_where_there_is_no_cloud(self):
        done = subprocess.run([str(harness.PROGRAM), "fernet-rotate", "--state",
                               str(self.cloud.state / "nothing")], capture_output=True, text=True)
        self.assertEqual(1, done.returncode)
        self.assertIn("there are no keys in", done.stderr)


if __name__ == "__main__":
    unittest.main()
