"""The pages of the manual that the program itself prints.

    python3 tests/tidy/references.py        writes them
"""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADS = {
    "options": """# Options

`haneul.conf` in the state directory, or `--config FILE`. A section is a service, with upstream's
section behind the dot; options have upstream's names where upstream has them. An unknown section or
option, a value of the wrong kind or out of range is an error at start. Seconds may have a fraction;
lists are separated by commas; `true` and `false`, `yes` and `no`, `1` and `0` are booleans.
""",
    "policies": """# Policies

Every policy of every service with its default and the scopes of tokens that it takes, in oslo.policy's
language; names and defaults are upstream's. *Asked by* names the routes that ask it; a policy without
one belongs to a route that is not there yet, or is used by other policies. A part of a whole, as
`create_port:mac_address`, is asked where the whole is, if a request has that part.

`haneul policy check RULE --roles member,reader --project P` says whether such a caller may, and which
part of the rule decided: `haneul policy check --help`.
""",
    "metrics": """# Metrics

`GET /metrics` answers in Prometheus' text format.
""",
}


def page(topic):
    out = subprocess.run([str(ROOT / "build" / "haneul"), "reference", topic], check=True,
                         capture_output=True, text=True).stdout
    return HEADS[topic] + out


def path(topic):
    return ROOT / "docs" / f"{topic}.md"


if __name__ == "__main__":
    for name in HEADS:
        path(name).write_text(page(name))
