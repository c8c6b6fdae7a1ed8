"""A clean build of everything and a changed file, without a compiler cache."""

import os
import pathlib
import shutil
import subprocess
import time

from load import ROOT

BUILD = ROOT / "build-bench"
CHANGED = {"a .cc of nova": "src/services/nova/server_list.cc",
           "a header that half of all include": "src/base/fault.h"}


def run(*command):
    begun = time.monotonic()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                   env={**os.environ, "CCACHE_DISABLE": "1"})
    return time.monotonic() - begun


def slowest(count):
    """Seconds of the slowest files, from ninja's log."""
    took = {}
    for line in (BUILD / ".ninja_log").read_text().splitlines()[1:]:
        begun, ended, _, output, _ = line.split("\t")
        took[output] = (int(ended) - int(begun)) / 1000
    return sorted(took.items(), key=lambda item: -item[1])[:count]


def measure(report, smoke):
    if smoke:  # nothing here is small
        return
    shutil.rmtree(BUILD, ignore_errors=True)
    try:
        run("cmake", "-S", ".", "-B", str(BUILD), "-G", "Ninja", "-DHANEUL_BENCH=ON")
        seconds = run("ninja", "-C", str(BUILD))
        report.at_most("clean build of everything", seconds, "s", 600)
        for name, took in slowest(10):
            print(f"<!-- {took:5.1f} s {name} -->")
        for what, path in CHANGED.items():
            pathlib.Path(ROOT / path).touch()
            report.at_most(f"{what} changed", run("ninja", "-C", str(BUILD), "haneul"), "s", 30)
    finally:
        shutil.rmtree(BUILD, ignore_errors=True)
