"""Two processes over one database: what one of them acknowledged counts for the other at once."""

import pathlib
import subprocess
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402
from two_processes import TOKENS, Pair  # noqa: E402

ROUNDS = 40


class TwoProcesses(Pair):
    def setUp(self):
        self.start()

    def test_what_one_revoked_the_other_refuses(self):
        for turn in range(ROUNDS):
            here, there = self.apis if turn % 2 else reversed(self.apis)
            token = self.log_in(here)
            self.assertEqual(200, self.shown(there, token))
            self.assertEqual(204, here.send("DELETE", TOKENS,
                                            headers={"X-Subject-Token": token}).status)
            self.assertEqual(404, self.shown(there, token), turn)

    def test_what_a_killed_process_acknowledged_counts(self):
        here, there = self.apis
        token, other = self.log_in(here), self.log_in(here)
        for one in (token, other):
            self.assertEqual(200, self.shown(there, one))
        here.send("DELETE", TOKENS, headers={"X-Subject-Token": token})
        self.first.kill()
        self.assertEqual(404, self.shown(there, token))
        self.assertEqual(200, self.shown(there, other))
        self.assertEqual(204, there.send("DELETE", TOKENS,
                                         headers={"X-Subject-Token": other}).status)
        self.first.up()
        again = self.api(self.first)
        self.assertEqual([404, 404], [self.shown(again, token), self.shown(again, other)])

    def test_both_write_at_once(self):
        refused = []

        def write(api, which):
            for number in range(ROUNDS):
                answer = api.send("POST", "/identity/v3/users",
                                  {"user": {"name": f"writer-{which}-{number}"}})
                if answer.status != 201:
                    refused.append(answer)

        clients = [(api, f"{i}-{j}") for i, cloud in enumerate((self.first, self.second))
                   for j, api in enumerate((self.api(cloud), self.api(cloud)))]
        threads = [threading.Thread(target=write, args=client) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], refused)
        for api in self.apis:
            users = api.send("GET", "/identity/v3/users").json["users"]
            names = {user["name"] for user in users if user["name"].startswith("writer-")}
            self.assertEqual(len(clients) * ROUNDS, len(names))

    def test_one_directory_is_for_one_process(self):
        done = subprocess.run(self.first.command("serve", "--port", str(harness.free_port())),
                              capture_output=True, text=True, timeout=60 * harness.SLOW)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("another haneul", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
