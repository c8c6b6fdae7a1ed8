"""Builds haneul and runs its tests, stage by stage; ends with `N passed, N failed, N skipped`."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

import harness
import sanitize

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def run(command, log, **more):
    """Runs a command with its output in a file; the exit code and the output."""
    with open(log, "w", encoding="utf-8") as out:
        try:
            code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
                                  **more).returncode
        except subprocess.TimeoutExpired as e:
            code = 124
            print(f"\n{command[0]} took more than {e.timeout} s", file=out)
    return code, pathlib.Path(log).read_text(encoding="utf-8", errors="replace")


def show_tail(text, lines=60):
    print("\n".join("    " + line for line in text.splitlines()[-lines:]))


def build(tally, arguments):
    log = BUILD / "check" / "build.log"
    flags = []
    code, text = run(["cmake", "-S", ".", "-B", str(BUILD), "-G", "Ninja", *flags], log)
    if code == 0:
        code, text = run(["ninja", "-C", str(BUILD)], log)
    tally.add(*((1, 0, 0) if code == 0 else (0, 1, 0)))
    if code != 0:
        show_tail(text)
    return code == 0


def fuzz(tally):
    """The corpora of tests/fuzz, without clang."""
    for corpus in sorted((ROOT / "tests" / "fuzz" / "corpus").iterdir()):
        code, text = run([str(BUILD / "tests" / "fuzz" / f"replay_{corpus.name}"), str(corpus)],
                         BUILD / "check" / f"replay_{corpus.name}.log", timeout=600)
        tally.add(*((1, 0, 0) if code == 0 else (0, 1, 0)))
        if code != 0:
            print(f"  replay_{corpus.name} failed")
            show_tail(text)


def unit(tally, arguments, programs=None, env=None, timeout=600):
    if programs is None:
        fuzz(tally)
    for test in programs or sorted(BUILD.glob("src/test_*")):
        if not os.access(test, os.X_OK) or test.is_dir():
            continue
        log = BUILD / "check" / f"{test.name}.log"
        code, text = run([str(test), "--gtest_brief=1"], log, timeout=timeout, env=env)
        ran = re.search(r"\[  PASSED  \] (\d+) tests?", text)
        failed = re.search(r"(\d+) FAILED TESTS?", text)
        skipped = re.search(r"\[  SKIPPED \] (\d+) tests?", text)
        bad = int(failed.group(1)) if failed else 0
        if code != 0 and bad == 0:
            bad = 1
        tally.add(int(ran.group(1)) if ran else 0, bad, int(skipped.group(1)) if skipped else 0)
        if bad:
            print(f"  {test.name}: {bad} failed")
            show_tail(text)


def python_tests(tally, directory, timeout, env=None):
    """Runs unittest files one by one, each in a process of its own."""
    for test in sorted(directory.rglob("test_*.py")):
        name = test.relative_to(ROOT)
        log = BUILD / "check" / (str(name).replace("/", "_") + ".log")
        code, text = run([sys.executable, "-m", "unittest", "-v", str(name)], log,
                         timeout=timeout, env={**os.environ, **(env or {})})
        ran = re.search(r"^Ran (\d+) tests?", text, re.M)
        count = int(ran.group(1)) if ran else 0
        kinds = dict(re.findall(r"(failures|errors|skipped|expected failures)=(\d+)", text))
        bad = int(kinds.get("failures", 0)) + int(kinds.get("errors", 0))
        if code != 0 and bad == 0:
            bad = 1
        skipped = int(kinds.get("skipped", 0))
        tally.add(max(count - bad - skipped, 0), bad, skipped)
        if bad:
            print(f"  {name}: {bad} failed")
            show_tail(text, 120)


def tidy(tally, arguments):
    python_tests(tally, ROOT / "tests" / "tidy", 300)


def contract(tally, arguments):
    with harness.Cloud(simulated=True, hosts=3) as cloud:
        python_tests(tally, ROOT / "tests" / "contract", 900, cloud.env)


def tempest(tally, arguments):
    log = BUILD / "check" / "tempest.log"
    code, text = run(["/usr/bin/python3", "tests/tempest/run.py"], log, timeout=1200)
    total = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", text, re.M)
    passed, failed, skipped = map(int, total.groups()) if total else (0, 0, 0)
    # A test that is skipped needs a reason in left_out.txt: without one it is a failure.
    tally.add(passed, max(failed + skipped, 1 if code else 0), 0)
    if code:
        show_tail(text, 120)


def scenario(tally, arguments):
    python_tests(tally, ROOT / "tests" / "scenario", 1500)


def fault(tally, arguments):
    python_tests(tally, ROOT / "tests" / "fault", 1200)


STAGES = {"build": build, "unit": unit, "tidy": tidy, "contract": contract, "tempest": tempest,
          "scenario": scenario, "fault": fault}
QUICK = ["build", "unit", "tidy"]


def main():
    parser = argparse.ArgumentParser(prog="check")
    parser.add_argument("--quick", action="store_true", help="build, unit and tidy: under 5 minutes")
    parser.add_argument("--only", metavar="STAGE", choices=STAGES, help="one stage (after the build)")
    parser.add_argument("--list", action="store_true", help="name the stages")
    parser.add_argument("--full", action="store_true", help="the long tests as well")
    parser.add_argument("--sanitize", action="store_true",
                        help="after the build: unit and contract tests with sanitizers; hours")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(STAGES))
        return 0
    stages = dict(STAGES)
    names = list(STAGES)
    if arguments.quick:
        names = QUICK
    if arguments.only:
        names = ["build"] if arguments.only == "build" else ["build", arguments.only]
    if arguments.sanitize:
        stages.update(sanitize.stages(sys.modules[__name__]))
        names = ["build", *(name for name in stages if name not in STAGES)]
    os.environ["HANEUL_FULL"] = "1" if arguments.full else ""
    (BUILD / "check").mkdir(parents=True, exist_ok=True)
    tally = Tally()
    for name in names:
        begun = time.monotonic()
        print(f"== {name}", flush=True)
        before = tally.passed + tally.failed + tally.skipped
        good = stages[name](tally, arguments)
        if tally.passed + tally.failed + tally.skipped == before:
            print("  nothing was run")
            tally.add(0, 1, 0)
        print(f"   {name} took {time.monotonic() - begun:.0f} s", flush=True)
        if name.startswith("build") and not good:
            break
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
