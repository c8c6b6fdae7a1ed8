"""Upstream's default policies asked for everybody of the matrix, and where they say otherwise.

    python3 tests/contract/access/upstream.py DIRECTORY

DIRECTORY is where Debian's python3-nova, -neutron, -neutron-lib, -glance and -placement were
unpacked (dpkg -x); Keystone's may be installed. Not needed by any test. The new defaults are taken
(enforce_new_defaults, enforce_scope), as haneul does.
"""

import importlib
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from oslo_config import cfg  # noqa: E402
from oslo_policy import _checks, policy  # noqa: E402

import personas  # noqa: E402

MODULES = {"keystone": "keystone.common.policies", "glance": "glance.policies",
           "placement": "placement.policies", "neutron": "neutron.conf.policies",
           "nova": "nova.policies"}
IMPLIED = {"admin": ["admin", "manager", "member", "reader"], "manager": ["manager", "member",
           "reader"], "member": ["member", "reader"], "reader": ["reader"], "service": ["service"]}


@_checks.register("field")
class Field(_checks.Check):
    """Nothing of the matrix is shared, external or a network's own port."""

    def __call__(self, target, creds, enforcer, current_rule=None):
        return False


def enforcer_of(service):
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    made = policy.Enforcer(conf, use_conf=False)
    conf.set_override("enforce_scope", True, "oslo_policy")
    conf.set_override("enforce_new_defaults", True, "oslo_policy")
    rules = list(importlib.import_module(MODULES[service]).list_rules())
    made.register_defaults(rules)
    made.suppress_default_change_warnings = made.suppress_deprecation_warnings = True
    made.load_rules()
    return made, rules


def plain(path):
    path = re.sub(r"^/v2\.[01](?=/)", "", path).split("?")[0]
    return re.sub(r"\{[^}]*\}", "{}", path).removesuffix(".json").rstrip("/") or "/"


def by_operation(rules):
    found = {}
    for rule in rules:
        for operation in getattr(rule, "operations", []):
            path, _, action = operation["path"].partition(" (")
            methods = operation["method"]
            for method in [methods] if isinstance(methods, str) else methods:
                key = method.upper(), plain(path), action.rstrip(")")
                found.setdefault(key, []).append(rule.name)
    return found


if __name__ == "__main__":
    sys.path.append(str(pathlib.Path(sys.argv[1]) / "usr/lib/python3/dist-packages"))
    rows = [line.split("\t") for line in (HERE / "matrix.tsv").read_text().splitlines()[1:]]
    for service in MODULES:
        made, rules = enforcer_of(service)
        found = by_operation(rules)
        for s, method, path, action, *_ in rows:
            if s == service:
                print(service, method, path, action, found.get((method, plain(path), action), "-"))
