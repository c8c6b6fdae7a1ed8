"""`./check --sanitize`: the tests again, in programs that watch their own memory and threads.

A report of a sanitizer is a failure, also where the test itself has passed."""

import os
import pathlib

import harness
import load

ROOT = pathlib.Path(__file__).resolve().parent.parent
LISTS = ROOT / "tests" / "sanitizers"
SLOWER = 8
CONCURRENT = ["base", "http", "db", "bus", "flow", "resource", "drivers_virt", "drivers_net",
              "drivers_remote", "nova", "cli"]


class Watched:
    """One build with its sanitizer: which unit tests it has (None: all) and where reports go."""

    def __init__(self, check, name, kind, chosen=None):
        self.check, self.name, self.kind, self.chosen = check, name, kind, chosen
        self.directory = ROOT / f"build-{name}"
        self.reports = self.directory / "reports"
        self.reports.mkdir(parents=True, exist_ok=True)
        for old in self.reports.iterdir():
            old.unlink()
        # A report ends the program, so that its test fails as well.
        common = f"exitcode=66:halt_on_error=1:log_path={self.reports}/report"
        self.env = {
            "ASAN_OPTIONS": common + ":detect_leaks=1",
            "UBSAN_OPTIONS": common + ":print_stacktrace=1",
            "TSAN_OPTIONS": common + f":second_deadlock_stack=1:suppressions={LISTS}/threads.txt",
            "LSAN_OPTIONS": f"suppressions={LISTS}/leaks.txt:print_suppressions=0",
            "HANEUL_PROGRAM": str(self.directory / "haneul"),
            "HANEUL_SLOW": str(SLOWER),
        }

    @property
    def tests(self):
        """Names of programs, as the ordinary build has them."""
        built = {p.name for p in (ROOT / "build" / "src").glob("test_*")
                 if p.is_file() and os.access(p, os.X_OK)}
        return sorted(built & {f"test_{name}" for name in self.chosen} if self.chosen else built)

    def build(self, tally, arguments):
        log = ROOT / "build" / "check" / f"build-{self.name}.log"
        code, text = self.check.run(
            ["cmake", "-S", ".", "-B", str(self.directory), "-G", "Ninja", "-DHANEUL_BENCH=OFF",
             "-DCMAKE_CXX_COMPILER=clang++", f"-DHANEUL_SANITIZE={self.kind}"], log)
        if code == 0:
            code, text = self.check.run(["ninja", "-C", str(self.directory), "haneul",
                                         *(f"src/{test}" for test in self.tests)], log)
        tally.add(*((1, 0, 0) if code == 0 else (0, 1, 0)))
        if code != 0:
            self.check.show_tail(text)
        return code == 0

    def unit(self, tally, arguments):
        programs = [self.directory / "src" / test for test in self.tests]
        self.check.unit(tally, arguments, programs, {**os.environ, **self.env}, 600 * SLOWER)
        return self.judge(tally)

    def contract(self, tally, arguments):
        with self.cloud() as cloud:
            self.check.python_tests(tally, ROOT / "tests" / "contract", 900 * SLOWER,
                                    {**self.env, **cloud.env})
        return self.judge(tally)

    def load(self, tally, arguments):
        with self.cloud() as cloud:
            wrong = load.run(cloud)
        for line in wrong:
            print(f"  {line}")
        tally.add(0 if wrong else 1, len(wrong), 0)
        return self.judge(tally)

    def cloud(self):
        harness.PROGRAM, harness.SLOW = self.directory / "haneul", SLOWER
        os.environ.update(self.env)
        return harness.Cloud(simulated=True, hosts=3)

    def judge(self, tally):
        """Every report that is new is a failure."""
        for report in sorted(self.reports.glob("report*")):
            print(f"  {report.name}")
            self.check.show_tail("\n".join(report.read_text(errors="replace").splitlines()[:60]))
            report.rename(self.reports / f"seen-{report.name}")
            tally.add(0, 1, 0)
        return True


def stages(check):
    """(name, function) in order; a build that fails ends them."""
    address = Watched(check, "asan", "address,undefined")
    thread = Watched(check, "tsan", "thread", CONCURRENT)
    return [("build, address and undefined", address.build),
            ("unit, address and undefined", address.unit),
            ("contract, address and undefined", address.contract),
            ("build, thread", thread.build), ("unit, thread", thread.unit),
            ("load, thread", thread.load)]
