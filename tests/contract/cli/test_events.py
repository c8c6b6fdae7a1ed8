"""`haneul events`: who changed what, for people and for programs."""

import json
import os
import pathlib
import select
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from harness import PROGRAM, Cloud  # noqa: E402
from rest import Api  # noqa: E402


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Cloud(simulated=True, hosts=1))
        cls.api = Api(cls.cloud.env["HANEUL_URL"], cls.cloud.state)

    def events(self, *more):
        return subprocess.run(self.cloud.command("events", *more), capture_output=True, text=True,
                              timeout=60)

    def made(self, name):
        answer = self.api.send("POST", "/identity/v3/projects", {"project": {"name": name}})
        self.assertEqual(201, answer.status)
        return answer.json["project"]["id"], answer.headers["x-openstack-request-id"]

    def test_for_people(self):
        project, request = self.made("events-1")
        done = self.events("--subject", project)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(1, len(done.stdout.splitlines()), done.stdout)
        self.assertIn(f" identity.project.created {project} by ", done.stdout)
        self.assertIn("from 127.0.0.1", done.stdout)
        self.assertEqual(done.stdout, self.events("--request", request).stdout)

    def test_for_programs(self):
        project, request = self.made("events-2")
        entry, = map(json.loads, self.events("--subject", project, "--format",
                                             "json").stdout.splitlines())
        self.assertEqual(("identity.project.created", True, request),
                         (entry["type"], entry["success"], entry["request_id"]))
        cadf, = map(json.loads, self.events("--subject", project, "--format",
                                            "cadf").stdout.splitlines())
        self.assertEqual("identity.project.created", cadf["event_type"])
        payload = cadf["payload"]
        self.assertEqual(("activity", "created.project", "success", project),
                         (payload["eventType"], payload["action"], payload["outcome"],
                          payload["target"]["id"]))

    def test_the_last_ones_and_kinds(self):
        self.made("events-3"), self.made("events-4")
        self.assertEqual(1, len(self.events("--limit", "1").stdout.splitlines()))
        lines = self.events("--type", "identity.authenticate").stdout.splitlines()
        self.assertTrue(lines)
        self.assertTrue(all(" identity.authenticate " in line for line in lines), lines)

    def test_follow(self):
        follower = subprocess.Popen(self.cloud.command("events", "--follow", "--limit", "0",
                                                       "--type", "identity.project"),
                                    stdout=subprocess.PIPE, text=True)
        try:
            # What is made before it looks for the first time is none of its business.
            seen, made = "", []
            os.set_blocking(follower.stdout.fileno(), False)
            poll = select.poll()
            poll.register(follower.stdout, select.POLLIN)
            for i in range(120):
                made.append(self.made(f"events-f{i}")[0])
                if poll.poll(500):
                    seen = follower.stdout.read()
                    break
            self.assertTrue(any(project in seen for project in made), seen)
        finally:
            follower.terminate()
            follower.wait(30)
            follower.stdout.close()

    def test_wrong_format(self):
        done = self.events("--format", "xml")
        self.assertEqual(2, done.returncode)
        self.assertIn("--format", done.stderr)


if __name__ == "__main__":
    unittest.main()
