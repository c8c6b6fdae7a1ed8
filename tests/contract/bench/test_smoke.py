"""The benchmarks run: with tiny counts, so that their figures mean nothing here."""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Smoke(unittest.TestCase):
    def test_every_topic_prints_its_figures(self):
        done = subprocess.run([sys.executable, str(ROOT / "bench" / "run.py"), "--smoke"],
                              capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for figure in ("ready, first start", "token validation", "networks created",
                       "password login", "image uploaded", "idle", "memory per server",
                       "servers, sorted"):
            self.assertIn(figure, done.stdout)


if __name__ == "__main__":
    unittest.main()
