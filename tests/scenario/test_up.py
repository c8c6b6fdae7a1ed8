"""./up itself: a cloud and its first guest, twice; simulated; and, where time allows, from a fresh
clone by somebody who is not root."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402,F401
import harness  # noqa: E402

ROOT = harness.ROOT
STAGE = r"^  {} +\d+\.\d+ s$"
NOBODY = 65534


class Up(unittest.TestCase):
    def setUp(self):
        base = ROOT / "build" / "check"
        base.mkdir(parents=True, exist_ok=True)
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="u-", dir=base))
        self.port = harness.free_port()

    def up(self, *arguments, root=ROOT, program=None, before=(), timeout=600):
        program = program or harness.PROGRAM
        where = ["--state", str(self.state), "--port", str(self.port)]
        self.addCleanup(subprocess.run, [str(program), "down", "--state", str(self.state)],
                        capture_output=True)
        done = subprocess.run([*before, str(root / "up"), *where, *arguments], capture_output=True,
                              text=True, timeout=timeout, cwd=root)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def stages(self, text, *names):
        for name in names:
            self.assertRegex(text, re.compile(STAGE.format(name), re.M))

    def tells_all(self, text):
        self.stages(text, "packages", "build", "first guest is ACTIVE", "first guest is at login")
        self.assertIn("login:", text)
        self.assertRegex(text, r"first-guest has 10\.")
        self.assertIn(f"export OS_CLIENT_CONFIG_FILE={self.state}/clouds.yaml", text)
        self.assertIn("export OS_CLOUD=haneul-demo", text)
        things = text.split("three things to try:\n")[1].strip().splitlines()
        self.assertEqual(3, len(things))
        return things

    def servers(self):
        import openstack
        config = openstack.config.OpenStackConfig(
            config_files=[str(self.state / "clouds.yaml")], load_envvars=False)
        with openstack.connection.Connection(config=config.get_one(cloud="haneul-demo")) as api:
            return [(s.name, s.status) for s in api.compute.servers()]

    def test_real(self):
        things = self.tells_all(self.up())
        self.assertEqual([("first-guest", "ACTIVE")], self.servers())
        env = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.state / "clouds.yaml"),
               "OS_CLOUD": "haneul-demo"}
        for thing in things:
            done = subprocess.run(thing.split(), env=env, capture_output=True, text=True)
            self.assertEqual(0, done.returncode, f"{thing}: {done.stdout}{done.stderr}")
        again = self.up()
        self.assertIn("already running", again)
        self.assertEqual(2, len(self.servers()), "the second run boots no second first guest")

    def test_simulated(self):
        self.tells_all(self.up("--simulated"))
        self.tells_all(self.up("--simulated"))
        self.assertEqual([("first-guest", "ACTIVE")], self.servers())

    def test_without_a_guest(self):
        text = self.up("--simulated", "--no-guest")
        self.assertNotIn("first guest", text)
        self.assertEqual([], self.servers())
        url = json.loads((self.state / "secrets.json").read_text())
        self.assertIn("admin_password", url)

    @unittest.skipUnless(os.environ.get("HANEUL_FULL"), "builds everything: ./check --full")
    @unittest.skipIf(os.geteuid() != 0, "needs root to become somebody else")
    def test_from_a_clone_by_an_ordinary_user(self):
        home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="haneul-")))
        clone = home / "haneul"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        shutil.rmtree(self.state)
        self.state = home / "cloud"
        for path in [home, *home.rglob("*")]:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env",
                f"HOME={home}"]
        self.tells_all(self.up("--simulated", root=clone, program=clone / "build" / "haneul",
                               before=user, timeout=2400))


if __name__ == "__main__":
    unittest.main()
