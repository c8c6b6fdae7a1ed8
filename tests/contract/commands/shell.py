"""The `openstack` command line within this process: what one would type, and what it prints."""

import contextlib
import io
import json
import os
import pathlib
import shlex
import sys
import time
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import harness  # noqa: E402

try:
    from openstackclient.compute import client as compute_client
    from openstackclient.shell import OpenStackShell
    from osc_lib import clientmanager
except ImportError:
    OpenStackShell = None

# Logins are cheap here: a hundred and fifty of them are not what is tested.
CONF = "[keystone.identity]\npassword_hash_rounds = 4\n"
SLEEP = time.sleep
# --wait looks every five seconds otherwise.
IMPATIENT = mock.patch("time.sleep", lambda seconds: SLEEP(min(seconds, 0.05)))


class Shell(unittest.TestCase):
    """One cloud for a file of tests; `do` runs a command, `ask` one that prints, as JSON."""

    cloud = None

    @classmethod
    def setUpClass(cls):
        if OpenStackShell is None:
            raise unittest.SkipTest("python3-openstackclient is not installed")
        if Shell.cloud is None:
            Shell.cloud = harness.Cloud(simulated=True, hosts=3, conf=CONF)
            Shell.cloud.__enter__()
            unittest.addModuleCleanup(Shell.cloud.__exit__, None, None, None)
            os.environ.update(Shell.cloud.env)

    def run_line(self, line):
        """Exit code, standard output, standard error."""
        # What it remembers of the run before, as a process of its own would not.
        compute_client._compute_api_version = None
        vars(clientmanager.ClientManager)["compute"]._handle = None
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), IMPATIENT:
            shell = OpenStackShell()
            shell.stdout, shell.stderr = out, err
            code = shell.run(shlex.split(line))
        return code, out.getvalue(), err.getvalue()

    def do(self, line, wanted=0):
        code, out, err = self.run_line(line)
        self.assertEqual(wanted, code, f"{line}\n{out}\n{err}")
        return out if wanted == 0 else err

    def ask(self, line):
        return json.loads(self.do(line + " -f json"))

    def column(self, line, name="Name"):
        return [row[name] for row in self.ask(line)]

    def refused(self, line, *words):
        said = self.do(line, 1)
        for word in words:
            self.assertIn(word, said)
