"""Upstream's default policies asked for everybody of the matrix, and where they say otherwise.

    python3 tests/contract/access/upstream.py DIRECTORY [--write]

DIRECTORY is where Debian's python3-nova, -neutron, -neutron-lib, -glance and -placement were
unpacked (dpkg -x); Keystone's may be installed. Not needed by any test. The new defaults are taken
(enforce_new_defaults, enforce_scope), as haneul does. What is known to differ stands in differs.tsv and, from there, in the matrix; --write writes
it, otherwise new and gone lines are printed.
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
    """The rules as declared, without the deprecated ones beside them."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    made = policy.Enforcer(conf, use_conf=False)
    rules = {rule.name: rule for rule in importlib.import_module(MODULES[service]).list_rules()}
    made.set_rules({name: rule.check for name, rule in rules.items()}, use_conf=False)
    return made, rules


def plain(path):
    path = re.sub(r"^/v2\.[01](?=/)", "", path).split("?")[0]
    return re.sub(r"\{[^}]*\}", "{}", path).removesuffix(".json").rstrip("/") or "/"


def by_operation(rules):
    found = {}
    for rule in rules.values():
        for operation in getattr(rule, "operations", []):
            path, _, action = operation["path"].partition(" (")
            methods = operation["method"]
            for method in [methods] if isinstance(methods, str) else methods:
                key = method.upper(), plain(path), action.rstrip(")")
                found.setdefault(key, []).append(rule.name)
    return found


# Where operations name several rules, or none.
RULES = {
    ("keystone", "POST", "/v3/roles"): "identity:create_role",
    ("keystone", "GET", "/v3/roles"): "identity:list_roles",
    ("keystone", "GET", "/v3/auth/domains"): "identity:get_auth_domains",
    ("keystone", "GET", "/v3/OS-FEDERATION/projects"): "identity:get_auth_projects",
    ("keystone", "GET", "/v3/OS-FEDERATION/domains"): "identity:get_auth_domains",
    **{("keystone", "GET", f"/v3/OS-INHERIT/projects/{{project_id}}/{who}s/{{{who}_id}}/roles/"
        "inherited_to_projects"): "identity:list_grants" for who in ("user", "group")},
    ("glance", "POST", "/v2/images/{image_id}/import"): "modify_image",
    ("glance", "PUT", "/v2/images/{image_id}/stage"): "upload_image",
    ("glance", "PUT", "/v2/images/{image_id}/tags/{tag}"): "modify_image",
    ("glance", "DELETE", "/v2/images/{image_id}/tags/{tag}"): "modify_image",
    ("glance", "GET", "/v2/images/{image_id}/tasks"): "get_image",
    ("glance", "GET", "/v2/tasks"): "tasks_api_access",
    ("glance", "GET", "/v2/tasks/{task_id}"): "tasks_api_access",
    ("neutron", "GET", "/v2.0/quotas"): "admin_only",
    **{("neutron", "GET", f"/v2.0/quotas/{{project_id}}{end}"): "get_quota"
       for end in ("", "/default", "/details", "/details.json")},
    ("neutron", "PUT", "/v2.0/quotas/{project_id}"): "update_quota",
    ("neutron", "DELETE", "/v2.0/quotas/{project_id}"): "delete_quota",
    ("nova", "POST", "/v2.1/flavors"): "os_compute_api:os-flavor-manage:create",
    ("nova", "POST", "/v2.1/servers"): "os_compute_api:servers:create",
    ("nova", "PUT", "/v2.1/flavors/{id}"): "os_compute_api:os-flavor-manage:update",
    ("nova", "PUT", "/v2.1/servers/{id}"): "os_compute_api:servers:update",
    ("nova", "GET", "/v2.1/servers/{id}"): "os_compute_api:servers:show",
    ("nova", "GET", "/v2.1/servers/detail"): "os_compute_api:servers:detail",
    ("nova", "POST", "/v2.1/servers/{id}/action", "rebuild"): "os_compute_api:servers:rebuild",
    ("nova", "POST", "/v2.1/servers/{id}/os-interface"):
        "os_compute_api:os-attach-interfaces:create",
    ("nova", "GET", "/v2.1/servers/{id}/os-instance-actions/{request}"):
        "os_compute_api:os-instance-actions:show",
    ("nova", "GET", "/v2.1/os-hypervisors/detail"): "os_compute_api:os-hypervisors:list-detail",
}
# No policy decides there: a project token does, who sees the flavor, what is shown of an open list,
# or nobody as there is nothing.
UNDECIDED = {"/v3/auth/catalog", "/v2.0/agents", "/v2/info/stores/detail", "/v2.1/flavors/{id}",
             "/v2.1/flavors/detail", "/v2.1/flavors"}
VERBS = {"GET": "get", "PUT": "update", "POST": "update", "DELETE": "delete"}


def rule_for(row, found):
    service, method, path, action = row[:4]
    given = RULES.get((service, method, path, action)) or RULES.get((service, method, path))
    if given:
        return given
    if service == "neutron" and "/tags" in path:
        noun = path.split("/")[2][:-1].replace("-", "_")
        return f"{VERBS[method]}_{noun}"
    names = found.get((method, plain(path), action), [])
    return min(names, key=lambda name: (name.count(":"), len(name))) if names else None


def creds_of(who):
    role, scope = personas.WHO[who]
    creds = {"user_id": who, "roles": IMPLIED[role], "user_domain_id": "D",
             "project_id": {"project": "P", "other": "Q"}.get(scope),
             "domain_id": "D" if scope == "domain" else None,
             "system_scope": "all" if scope == "system" else None, "is_admin": role == "admin"}
    creds["tenant_id"] = creds["project_id"]
    creds["token"] = {"domain": {"id": creds["domain_id"]}, "project": {"domain": {
        "id": "D" if creds["project_id"] else None}}, "user": {"id": who}}
    return {k: v for k, v in creds.items() if v is not None}


def target_of(row, who):
    """The owner's object; what is being made belongs to who asks."""
    service, method, path, _ = row[:4]
    creating = method == "POST" and "{" not in path
    listing = method == "GET" and "{" not in path and path != "/usages"
    own = creds_of(who).get("project_id") if creating or listing else "P"
    self_service = "application_cred" in path or "access_rules" in path or service != "keystone"
    user = "member" if self_service or "{user_id}/" in path and path.count("{") == 1 else "U"
    if "keypairs" in path and (creating or "{" not in path):
        user = who
    target = {"project_id": own, "tenant_id": own, "owner": own, "user_id": user,
              "visibility": "shared", "member_id": "R", "network:project_id": "P",
              "network:tenant_id": "P", "security_group:project_id": "P",
              "ext_parent:project_id": "P",
              "target.project.id": "V" if method != "GET" or path.count("/") > 3 else "P",
              "target.project.domain_id": "D", "target.user.id": user, "target.domain_id": "D",
              "target.user.domain_id": "D", "target.group.domain_id": "D",
              "target.domain.id": "D", "target.role.domain_id": None,
              "target.role.name": "thing" if path.startswith("/v3/roles") else "reader",
              "target.limit.project_id": "P", "target.limit.project.domain_id": "D",
              "target.limit.domain.id": None, "target.credential.user_id": "member",
              "target.token.user_id": "U", "target.trust.trustor_user_id": "member",
              "target.trust.trustee_user_id": "reader"}
    if path.startswith("/v3/projects/{project_id}/") or path.startswith("/v3/OS-INHERIT/projects"):
        target.pop("target.domain.id")
    return target


def says(made, declared, row, who):
    creds = creds_of(who)
    scope = ("system" if "system_scope" in creds else
             "domain" if "domain_id" in creds else "project")
    if declared.scope_types and scope not in declared.scope_types:
        return False
    return bool(made.enforce(declared.name, target_of(row, who), creds, do_raise=False))


def ours(status):
    return status[0] == "2" and not status.endswith("-") or status[0] in "45" and status not in (
        "401", "403", "404")


def compare(service, rows):
    made, rules = enforcer_of(service)
    found = by_operation(rules)
    for row in rows:
        rule = rule_for(row, found)
        if rule is None or rule not in rules or row[1] == "GET" and row[2] in UNDECIDED:
            continue
        for who, status in zip(personas.NAMES[2:], row[6:6 + len(personas.WHO)]):
            theirs = says(made, rules[rule], row, who)
            # Hidden and empty lists: what is not visible is decided by more than the policy.
            hidden = status == "404" or status.endswith("-")
            if theirs != ours(status) and not (theirs and hidden):
                yield [*row[:4], who, status, "allowed" if theirs else "refused", rule]


def marked(differences):
    """One line a route: whom upstream refuses or allows where haneul does not."""
    routes = {}
    for *route, who, _, verdict, _ in differences:
        said = routes.setdefault(tuple(route), {})
        said.setdefault({"allowed": "allows", "refused": "refuses"}[verdict], []).append(who)
    for route, said in routes.items():
        words = "; ".join(f"Zed {verb} {', '.join(people)}" for verb, people in said.items())
        yield "\t".join([*route, words])


def main(directory, write):
    sys.path.append(str(pathlib.Path(directory) / "usr/lib/python3/dist-packages"))
    rows = [line.split("\t") for line in (HERE / "matrix.tsv").read_text().splitlines()[1:]]
    found = [line for service in MODULES
             for line in marked(compare(service, [row for row in rows if row[0] == service]))]
    known = (HERE / "differs.tsv").read_text().splitlines()
    if write:
        (HERE / "differs.tsv").write_text("".join(line + "\n" for line in found))
    for line in found:
        if line not in known:
            print("new:", line)
    for line in known:
        if line not in found:
            print("gone:", line)


if __name__ == "__main__":
    main(sys.argv[1], "--write" in sys.argv[2:])
