"""Random rules, callers and targets decided by oslo.policy and by us must agree. Needs
python3-oslo.policy and build/tests/contract/policy_tool."""

import json
import logging
import os
import pathlib
import random
import subprocess
import unittest

try:
    from oslo_config import cfg
    from oslo_policy import policy as oslo
except ImportError:
    oslo = None

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
TOOL = pathlib.Path(os.environ.get("HANEUL_BUILD", ROOT / "build")) / "tests/contract/policy_tool"
ROUNDS = 20000 if os.environ.get("HANEUL_FULL") else 4000

CHECKS = ["role:admin", "role:Member", "role:%(role)s", "role:%(none)s", "@", "!", "rule:a",
          "rule:b", "rule:missing", "user_id:%(user_id)s", "project_id:%(project_id)s",
          "project_id:p1", "project_id:p%(number)s", "domain_id:%(domain_id)s", "domain_id:None",
          "system_scope:all", "system:all", "None:%(none)s", "True:%(yes)s", "False:%(yes)s",
          "'public':%(visibility)s", '"p1":%(project_id)s', "12:%(number)s", "roles:admin",
          "roles:%(role)s", "user_id:%(target.user.id)s", "'100%':100%%", "unknown:%(user_id)s",
          "user_domain_id:%(absent)s", "nonsense", "'quoted text'"]
BROKEN = ["and", "or", "not", "(", ")", "'x'", '"x"', "()", "role:a)", "(role:a"]
# oslo.policy 4 raises for a rule of one word alone; later ones deny, and so do we.
CRASHES = (ValueError, TypeError, SyntaxError, AttributeError)


def setUpModule():
    if oslo is None:
        raise unittest.SkipTest("python3-oslo.policy is not installed")
    if not TOOL.exists():
        raise unittest.SkipTest(f"{TOOL} is not built")
    logging.disable(logging.CRITICAL)


def expression(rnd, depth=0):
    pick = rnd.random()
    if depth > 4 or pick < 0.35:
        return rnd.choice(CHECKS)
    if pick < 0.40:
        return rnd.choice(BROKEN)
    if pick < 0.55:
        return rnd.choice(["not ", "NOT "]) + expression(rnd, depth + 1)
    if pick < 0.75:
        return "(" + rnd.choice(["", " "]) + expression(rnd, depth + 1) + ")"
    word = rnd.choice([" and ", " or ", " AND ", "  Or\n", "\tand "])
    return expression(rnd, depth + 1) + word + expression(rnd, depth + 1)


class Language(unittest.TestCase):
    def setUp(self):
        self.tool = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True)
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        self.enforcer = oslo.Enforcer(conf, use_conf=False)

    def tearDown(self):
        self.tool.stdin.close()
        self.tool.wait(timeout=10)
        self.tool.stdout.close()

    def ours(self, rules, creds, target):
        self.tool.stdin.write(json.dumps({"rules": rules, "creds": creds, "target": target}) + "\n")
        self.tool.stdin.flush()
        return json.loads(self.tool.stdout.readline())

    def theirs(self, rules, creds, target):
        try:
            self.enforcer.set_rules(oslo.Rules.from_dict(rules, "default"))
            return bool(self.enforcer.enforce("p", target, dict(creds)))
        except CRASHES:
            return None

    def test_agrees_with_oslo_policy(self):
        rnd = random.Random(1)
        allowed = crashed = 0
        for _ in range(ROUNDS):
            rules = {"p": expression(rnd), "a": expression(rnd).replace("rule:", "role:"),
                     "b": "rule:a or " + rnd.choice(["role:reader", "!"])}
            if rnd.random() < 0.2:
                rules["default"] = "role:reader"
            creds = {"roles": rnd.sample(["admin", "member", "Reader", "x"], rnd.randrange(4)),
                     "user_id": rnd.choice(["u1", "u2"]), "user_domain_id": "d1",
                     "project_id": rnd.choice([None, "p1", "p12"]), "project_domain_id": None,
                     "domain_id": rnd.choice([None, "d1"]),
                     "system_scope": rnd.choice([None, "all"])}
            target = {"role": rnd.choice(["ADMIN", "member"]), "none": None,
                      "user_id": rnd.choice(["u1", "u2"]),
                      "project_id": rnd.choice([None, "p1", "p12"]),
                      "domain_id": rnd.choice([None, "d1"]), "yes": rnd.choice([True, False]),
                      "visibility": rnd.choice(["public", "private"]),
                      "number": rnd.choice([1, 12]), "target.user.id": rnd.choice(["u1", "u2"])}
            got = self.ours(rules, creds, target)
            expected = self.theirs(rules, creds, target)
            if expected is None:
                crashed += 1
                continue
            self.assertEqual({"allowed": expected}, got, (rules, creds, target))
            allowed += expected
        # Both answers must have been common, or this would say little.
        self.assertGreater(allowed, ROUNDS / 5)
        self.assertLess(allowed, ROUNDS * 4 / 5)
        self.assertLess(crashed, ROUNDS / 10)


if __name__ == "__main__":
    unittest.main()
