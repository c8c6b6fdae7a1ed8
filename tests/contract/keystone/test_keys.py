"""Fernet keys are rotated under a running cloud: tokens live as long as their keys are kept."""

import base64
import json
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
            hosts=1, conf="[keystone.fernet_tokens]\nmax_active_keys = 3\n"))

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
        self.assertIn("no cloud was ever started in", done.stderr)


class Jws(unittest.TestCase):
    """[keystone.token] provider = jws."""

    def setUp(self):
        self.cloud = harness.Cloud(hosts=1, conf="[keystone.token]\nprovider = jws\n")
        self.addCleanup(self.cloud.down)

    def make(self, *more):
        return subprocess.run(self.cloud.command("create-jws-keypair", *more),
                              capture_output=True, text=True)

    def test_without_keys_it_says_how_to_make_them(self):
        with self.assertRaisesRegex(RuntimeError, "haneul create-jws-keypair makes them"):
            self.cloud.up()

    def test_tokens_are_signed_and_end_with_their_key(self):
        self.assertEqual(0, self.make().returncode)
        self.cloud.up()
        api = Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
        self.addCleanup(api.connection.close)
        header = api.token.split(".")[0]
        self.assertEqual({"alg": "ES256", "typ": "JWT"},
                         json.loads(base64.urlsafe_b64decode(header + "==")))
        self.assertEqual(200, api.send("GET", "/identity/v3/users").status)
        self.assertEqual(401, api.send("GET", "/identity/v3/users", headers={
            "X-Auth-Token": api.token[:-4] + "AAAA"}).status)
        again = self.make()
        self.assertEqual(1, again.returncode)
        self.assertIn("is there already", again.stderr)
        self.assertEqual(0, self.make("--force").returncode)
        self.assertEqual(401, api.send("GET", "/identity/v3/users").status)
        fresh = Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
        self.addCleanup(fresh.connection.close)
        self.assertEqual(200, fresh.send("GET", "/identity/v3/users").status)


if __name__ == "__main__":
    unittest.main()
