"""haneul policy check: may somebody, and which part of the rule says so."""

import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from harness import PROGRAM  # noqa: E402


def check(*arguments):
    done = subprocess.run([str(PROGRAM), "policy", "check", *arguments], capture_output=True,
                          text=True, timeout=60)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


class PolicyCheck(unittest.TestCase):
    def test_allowed_says_by_what(self):
        code, out, _ = check("os_compute_api:servers:show", "--roles", "member, reader",
                             "--project", "p")
        self.assertEqual(0, code)
        self.assertTrue(out.startswith("nova: os_compute_api:servers:show allowed: "), out)
        self.assertIn("project_id:%(project_id)s is true (p against p)", out)

    def test_denied_says_by_what(self):
        code, out, _ = check("os_compute_api:servers:show", "--roles", "reader", "--project", "p",
                             "--target", "project_id=q")
        self.assertEqual(1, code)
        self.assertIn("project_id:%(project_id)s is false (p against q)", out)
        code, out, _ = check("identity:create_domain", "--roles", "member", "--system")
        self.assertEqual(1, code)
        self.assertIn("role:admin is false (the caller has member)", out)

    def test_scopes(self):
        code, out, _ = check("create_network", "--roles", "admin", "--domain", "d")
        self.assertEqual(1, code)
        self.assertIn("it takes a token of scope project, this one's is domain", out)

    def test_one_name_in_several_services(self):
        _, out, _ = check("context_is_admin", "--roles", "admin")
        self.assertEqual(["glance", "neutron", "nova"],
                         [line.split(":")[0] for line in out.splitlines()])
        _, out, _ = check("context_is_admin", "--service", "nova", "--roles", "admin")
        self.assertEqual(1, len(out.splitlines()))

    def test_mistakes(self):
        code, _, err = check("no:such:rule")
        self.assertEqual(2, code)
        self.assertIn("no service has a policy named no:such:rule", err)
        code, _, err = check("create_network", "--target", "nonsense")
        self.assertEqual(1, code)
        self.assertIn("NAME=VALUE", err)
        code, _, err = check("create_network", "--system", "--project", "p")
        self.assertEqual(2, code)


if __name__ == "__main__":
    unittest.main()
