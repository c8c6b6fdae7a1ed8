"""Which of Tempest's tests run here. left_out.txt has a line for each group that does not:

    regular expression    # the reason

What no line matches must pass; tests.txt lists it and is compared with what Tempest has.
"""

import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE / "tests.txt"
LEFT_OUT = HERE / "left_out.txt"
PACKAGES = ("identity", "image", "compute", "network")


def left_out():
    """(pattern, reason) in the file's order."""
    rows = []
    for line in LEFT_OUT.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pattern, mark, reason = line.partition("  # ")
        if not mark or not reason.strip():
            raise ValueError(f"{LEFT_OUT.name}: no reason: {line}")
        rows.append((re.compile(pattern.strip()), reason.strip()))
    return rows


def bare(test_id):
    """A test's name without its attributes."""
    return test_id.partition("[")[0]


def choose(names):
    """The names that run, and the patterns that match none."""
    rows = left_out()
    used, chosen = set(), []
    for name in names:
        hit = next((i for i, (pattern, _) in enumerate(rows) if pattern.search(name)), None)
        if hit is None:
            chosen.append(name)
        else:
            used.add(hit)
    idle = [rows[i][0].pattern for i in range(len(rows)) if i not in used]
    return sorted(chosen), idle


def listed():
    return TESTS.read_text(encoding="utf-8").split()
