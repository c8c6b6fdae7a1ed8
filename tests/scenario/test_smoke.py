"""The drivers and the guest image by themselves, on real parts and without a cloud: what they promise
is checked where nothing else can be at fault."""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402

BUILD = guests.ROOT / "build"


class Smoke(unittest.TestCase):
    def run_it(self, *command, seconds=300, **env):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=seconds,
                              env={**os.environ, **env}, cwd=guests.ROOT)
        self.assertEqual(0, done.returncode, (done.stdout + done.stderr)[-4000:])

    def test_networks(self):
        self.run_it(BUILD / "src" / "net_smoke")

    def test_guests(self):
        # Not below the checkout, whose path may be too long for libvirt's sockets.
        base = self.enterContext(guests.directory())
        self.run_it(BUILD / "tests" / "scenario" / "virt_smoke", f"{base}/v", guests.guest_image())

    def test_guest_image(self):
        self.run_it(sys.executable, "-m", "unittest", "images/test_guest.py",
                    HANEUL_GUEST=str(guests.guest_image()))


if __name__ == "__main__":
    unittest.main()
