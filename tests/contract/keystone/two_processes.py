"""Two processes over one database. `haneul` refuses a second process in one state directory. The second
one here has a directory of its own, where database and keys are links to the first one's."""

import json
import pathlib
import shutil
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402

TOKENS = "/identity/v3/auth/tokens"


class Pair(unittest.TestCase):
    def start(self, conf=""):
        self.first = harness.Cloud(hosts=1, conf=conf)
        self.second = harness.Cloud(hosts=1, conf=conf)
        for cloud in (self.first, self.second):
            self.addCleanup(shutil.rmtree, cloud.state, True)
            self.addCleanup(cloud.down)
        self.first.up()
        for name in ("haneul.db", "keys", "secrets.json"):
            (self.second.state / name).symlink_to(self.first.state / name)
        self.second.up()
        self.apis = [self.api(self.first), self.api(self.second)]

    def api(self, cloud):
        api = Api(cloud.env["HANEUL_URL"], cloud.state)
        self.addCleanup(api.connection.close)
        return api

    def log_in(self, api, who="demo"):
        secrets = json.loads((self.first.state / "secrets.json").read_text())
        answer = api.send("POST", TOKENS, {"auth": {"identity": {
            "methods": ["password"], "password": {"user": {
                "name": who, "domain": {"id": "default"}, "password": secrets[f"{who}_password"]}}},
            "scope": {"project": {"name": who, "domain": {"id": "default"}}}}})
        self.assertEqual(201, answer.status, answer.body)
        return answer.headers["x-subject-token"]

    def shown(self, api, token):
        return api.send("GET", TOKENS, headers={"X-Subject-Token": token}).status
