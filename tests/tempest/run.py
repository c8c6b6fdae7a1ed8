"""Runs Tempest against a simulated cloud of its own.

    /usr/bin/python3 tests/tempest/run.py           what tests.txt lists
    /usr/bin/python3 tests/tempest/run.py --write   writes tests.txt anew
    /usr/bin/python3 tests/tempest/run.py --only REGEX
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

import tempest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import harness  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import configure  # noqa: E402
import selection  # noqa: E402

ROOT = harness.ROOT
# Tempest makes users and logs them in for every class of tests.
CONF = "[keystone.identity]\npassword_hash_rounds = 4\n"
WORKERS = 2
SECONDS_MAX = 900


class Stestr:
    """Tempest's runner in a directory of its own."""

    def __init__(self, directory):
        self.directory = directory
        package = pathlib.Path(tempest.__file__).parent
        shutil.rmtree(directory / ".stestr", ignore_errors=True)
        (directory / ".stestr.conf").write_text(
            f"[DEFAULT]\ntest_path={package / 'test_discover'}\ntop_dir={package.parent}\n")
        # stestr starts "python": the one that has Tempest comes first.
        self.env = {**os.environ, "PYTHON": sys.executable,
                    "PYTHONPATH": str(pathlib.Path(__file__).resolve().parent / "quick"),
                    "TEMPEST_CONFIG_DIR": str(directory), "TEMPEST_CONFIG": "tempest.conf"}
        self.call("init")

    def call(self, *arguments, **more):
        return subprocess.run(["stestr", *arguments], cwd=self.directory, env=self.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)

    def ids(self):
        """Every test of the four packages."""
        wanted = "|".join(selection.PACKAGES)
        out = self.call("list", rf"^tempest\.api\.({wanted})\.", check=True).stdout
        return [line for line in out.splitlines() if line.startswith("tempest.api.")]

    def run(self, ids):
        chosen = self.directory / "chosen.txt"
        chosen.write_text("\n".join(ids) + "\n")
        return self.call("run", "--concurrency", str(WORKERS), "--load-list", str(chosen),
                         timeout=SECONDS_MAX).stdout


def outcomes(text):
    """Names of tests that passed, failed, were skipped; a class that would not start failed."""
    found = {"ok": [], "FAILED": [], "SKIPPED": []}
    for name, how in re.findall(r"^\{\d+\} (.+?)(?: \[[\d.]+s\])? \.\.\. (ok|FAILED|SKIPPED)", text,
                                re.M):
        found[how].append(name)
    return found


def report(text, found, wanted):
    """Prints what went wrong and the sum; whether all is well."""
    for name in found["FAILED"]:
        print(f"  failed: {name}")
    for name in found["SKIPPED"]:
        print(f"  skipped, which left_out.txt must explain: {name}")
    absent = sorted(wanted - {name for names in found.values() for name in names})
    for name in absent if not (found["FAILED"] or found["SKIPPED"]) else ():
        print(f"  did not run: {name}")
    if found["FAILED"]:
        print("\n".join(text.splitlines()[-200:]))
    passed = set(found["ok"])
    print(f"{len(passed)} passed, {len(set(found['FAILED']))} failed, "
          f"{len(set(found['SKIPPED']))} skipped")
    return passed == wanted and not found["FAILED"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", metavar="REGEX", default=".")
    arguments = parser.parse_args()
    directory = ROOT / "build" / "check" / "tempest"
    directory.mkdir(parents=True, exist_ok=True)
    with harness.Cloud(simulated=True, hosts=3, conf=CONF) as cloud:
        configure.write(cloud.state, directory)
        stestr = Stestr(directory)
        ids = stestr.ids()
        chosen, idle = selection.choose(sorted({selection.bare(i) for i in ids}))
        if arguments.write:
            selection.TESTS.write_text("\n".join(chosen) + "\n", encoding="utf-8")
            return 0
        if idle:
            print("left_out.txt has lines that match no test: " + ", ".join(idle))
        if chosen != selection.listed():
            print("tests.txt is not what is chosen: run tests/tempest/run.py --write")
            return 1
        wanted = {name for name in chosen if re.search(arguments.only, name)}
        text = stestr.run([i for i in ids if selection.bare(i) in wanted])
        (directory / "output.log").write_text(text, encoding="utf-8")
        return 0 if report(text, outcomes(text), wanted) and not idle else 1


if __name__ == "__main__":
    sys.exit(main())
