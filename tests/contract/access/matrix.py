"""Every route asked by everybody; the answers' statuses as a table.

    python3 tests/contract/access/matrix.py --write        writes matrix.tsv

A row is a route; the statuses follow in the order of the head. 200+ is a list that shows the
owner's object, 200- one that does not. The last column marks where Debian 12's packages (Zed) decide
otherwise; the services' READMEs say why.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "hostile"), str(HERE.parents[1])]

import bodies  # noqa: E402
import cases  # noqa: E402
import harness  # noqa: E402
import personas  # noqa: E402
import things  # noqa: E402

TABLE = HERE / "matrix.tsv"
DIFFERS = HERE / "differs.tsv"
HEAD = ["service", "method", "path", "action", *personas.NAMES, "differs from Zed"]
CONF = """[keystone.identity]
password_hash_rounds = 4
[nova.quota]
instances = -1
cores = -1
ram = -1
server_groups = -1
key_pairs = -1
[neutron.quotas]
quota_network = -1
quota_subnet = -1
quota_port = -1
quota_router = -1
quota_floatingip = -1
quota_security_group = -1
quota_security_group_rule = -1
quota_rbac_policy = -1
"""
DAYS = "?start=2020-01-01T00:00:00&end=2020-01-02T00:00:00"
QUERIES = {"/allocation_candidates": "?resources=VCPU:1", "/v2.1/os-simple-tenant-usage": DAYS,
           "/v2.1/os-simple-tenant-usage/{project}": DAYS}
TYPES = {"PATCH /v2/images/{image_id}": "application/openstack-images-v2.1-json-patch",
         "PUT /v2/images/{image_id}/file": "application/octet-stream",
         "PUT /v2/images/{image_id}/stage": "application/octet-stream"}
# Whose things are theirs alone, and which things may be lost.
OWN = {"/v3/users/{user_id}/application_credentials": {"user_id": "own user"},
       "/v3/users/{user_id}/access_rules": {"user_id": "own user"},
       "/v3/users/{user_id}/credentials/OS-EC2": {"user_id": "own user"},
       "/v3/users/{user_id}/OS-OAUTH1/": {"user_id": "authorizing user"},
       "/v3/users/{user_id}/projects": {"user_id": "own user"},
       "/v3/users/{user_id}/groups": {"user_id": "own user"},
       "/v3/roles/": {"role_id": "roles"},
       "/v3/domains/{domain_id}/config/security_compliance": {
           "domain_id": "default domain", "option": "compliance option"},
       "/v3/domains/{domain_id}/config": {"group": "config group", "option": "config option"},
       "/v3/domains/config/": {"group": "config group", "option": "config option"}}
CONFIG = "/v3/domains/{domain_id}/config"
EXACT = {"GET /v3/projects/{id}": {"id": "own project"},
         "GET /v3/domains/{id}": {"id": "own domain"},
         "DELETE /v2.1/os-services/{id}": {"id": "spare service"},
         **{f"PUT /v3/{path}": {path.split("{")[-1].strip("}"): "word of its own"} for path in (
             "OS-FEDERATION/identity_providers/{id}", "OS-FEDERATION/mappings/{id}",
             "OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
             "OS-FEDERATION/service_providers/{id}", "regions/{id}")},
         "GET /v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}": {"role_id": "trusted role"},
         "DELETE /allocations/{consumer_uuid}": {"consumer_uuid": "claiming consumer"},
         "POST /v2.1/servers/{id}/action os-start": {"id": "stopped server"},
         "POST /v2.1/servers/{id}/action unpause": {"id": "paused server"},
         "POST /v2.1/servers/{id}/action addFloatingIp": {"id": "server behind a router"},
         "POST /v2.1/servers/{id}/action removeFloatingIp": {"id": "server with an address"},
         "POST /v2.1/os-aggregates/{id}/action remove_host": {"id": "aggregate of a host"},
         **{f"{method} /v2.1/images/{{id}}/metadata/{{key}}": {"id": "image with metadata"}
            for method in ("GET", "DELETE")},
         **{f"GET /v2.1/os-hypervisors/{{id}}/{what}": {"id": "old hypervisor"}
            for what in ("uptime", "search", "servers")}}
# Lists that show something else than their last word says.
NO_LIST = re.compile(r"^/v3/auth/|^/v3/OS-FEDERATION/(projects|domains)"
                     r"|/openid/callback|/schemas/|^/v2.1/limits|}/(tasks|traits)$"
                     r"|/users/{user_id}/(projects|groups)|/groups/{group_id}/users"
                     r"|.+/.+/.+/roles$|os-hypervisors/{id}/servers$|^/(traits|resource_classes)$")
# Gone from later microversions.
OLD = [(re.compile(r"^/v2.1/os-hypervisors/(statistics|{id}/)"), "compute 2.50"),
       (re.compile(r"^/v2.1/(images|os-(security-group|floating-ip|(tenant-)?networks))"),
        "compute 2.35"),
       (re.compile(r"^/v2.1/os-hosts"), "compute 2.42")]
OLD_ACTIONS = {"addFloatingIp": "compute 2.43", "removeFloatingIp": "compute 2.43"}
# What has to be there before.
BEFORE = {"POST /v2/images/{image_id}/import": "PUT /v2/images/{image_id}/stage",
          "POST /v2/images/{image_id}/actions/deactivate": "PUT /v2/images/{image_id}/file",
          "POST /v2/images/{image_id}/actions/reactivate": "PUT /v2/images/{image_id}/file",
          "PUT /v2/images/{image_id}/members/{member_id}":
          "POST /v2/images/{image_id}/members",
          "GET /v2/images/{image_id}/members/{member_id}":
          "POST /v2/images/{image_id}/members",
          "DELETE /v2/images/{image_id}/members/{member_id}":
          "POST /v2/images/{image_id}/members",
          "GET /v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy":
          "PUT /v3/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}",
          **{f"{verb} {CONFIG}{more}": f"PUT {CONFIG}" for verb in ("GET", "PATCH", "DELETE")
             for more in ("", "/{group}", "/{group}/{option}")},
          "PUT /v2.0/routers/{id}/remove_router_interface":
          "PUT /v2.0/routers/{id}/add_router_interface"}


def marks():
    """What Debian 12's packages say otherwise, by route: written by upstream.py."""
    lines = [line.split("\t") for line in DIFFERS.read_text().splitlines()]
    return {tuple(line[:4]): line[4] for line in lines}


class Matrix:
    def __init__(self, cloud):
        self.people = personas.People(cloud.env["HANEUL_URL"], cloud.env["HANEUL_STATE"])
        self.things = things.Things(self.people)
        self.things.spare_a_host()
        self.routes = list(cases.routes())
        self.known = {(s, m, p) for s, m, p, _ in self.routes}
        self.prepared = set()
        self.marks = marks()

    def rows(self):
        for route in self.routes:
            self.things.kept.clear()
            self.things.used.clear()
            self.prepared.clear()
            yield self.row(*route)

    def row(self, service, method, full, action):
        pattern = full[len(cases.MOUNTS[service]):]
        cells = [self.ask(who, service, method, pattern, action) for who in personas.NAMES]
        route = [service, method, pattern or "/", action or ""]
        return [*route, *cells, self.marks.get(tuple(route), "")]

    def path(self, service, method, pattern, action=None):
        """With the things in place of what stands in braces."""
        route = f"{method} {pattern}" + (f" {action}" if action else "")
        own = EXACT.get(route) or next(
            (o for start, o in OWN.items() if pattern.startswith(start)), {})
        done, before = [], ""
        for part in pattern.split("/"):
            if part.startswith("{"):
                name = part.strip("{}")
                noun = own.get(name) or things.NAMED.get(f"{service} {name}") or before
                done.append(str(self.things[noun]))
            else:
                done.append(part)
                before = part
        return cases.MOUNTS[service] + "/".join(done)

    def send(self, who, service, method, pattern, action):
        path = self.path(service, method, pattern, action)
        body = bodies.body_of(service, method, pattern, action, self.things)
        headers = {}
        if f"{method} {pattern}" in TYPES:
            headers["Content-Type"] = TYPES[f"{method} {pattern}"]
        if pattern == "/v3/auth/tokens" and method != "POST":
            headers["X-Subject-Token"] = self.things["subject"]
        for paths, version in OLD:
            if paths.search(pattern):
                headers["OpenStack-API-Version"] = version
        if action in OLD_ACTIONS:
            headers["OpenStack-API-Version"] = OLD_ACTIONS[action]
        query = QUERIES.get(pattern, "")
        if pattern == "/usages":
            query = f"?project_id={self.people.project}"
        return path, self.things.send(who, method, path + query, body, headers)

    def prepare(self, service, method, pattern):
        """GET and DELETE of what a PUT makes come after that."""
        first = BEFORE.get(f"{method} {pattern}")
        if first is None and method in ("GET", "DELETE"):
            first = f"PUT {pattern}"
        if first is None:
            return
        verb, where = first.split(" ", 1)
        if (service, verb, cases.MOUNTS[service] + where) not in self.known:
            return
        if self.path(service, verb, where) in self.prepared:
            return
        path, _ = self.send("admin", service, verb, where, None)
        self.prepared.add(path)

    def ask(self, who, service, method, pattern, action):
        self.prepare(service, method, pattern)
        listed = self.listed(method, pattern)
        path, answer = self.send(who, service, method, pattern, action)
        if method != "GET" and answer.status < 400:
            self.things.forget()
            self.prepared.clear()
        if listed and answer.status == 200:
            return "200" + ("+" if str(self.things[listed]).encode() in answer.body else "-")
        return str(answer.status)

    def listed(self, method, pattern):
        """The noun of a list, if things of it can be made."""
        parts = [p for p in pattern.split("/") if p != "detail"]
        if method != "GET" or not parts or parts[-1].startswith("{"):
            return None
        if NO_LIST.search(pattern):
            return None
        noun = parts[-1]
        if not (hasattr(self.things, "in_" + noun.replace("-", "_")) or self.things.simple(noun)):
            return None
        self.things[noun]
        return noun


def text(rows):
    return "\n".join("\t".join(row) for row in [HEAD, *rows]) + "\n"


def measure():
    with harness.Cloud(simulated=True, hosts=4, conf=CONF) as cloud:
        return text(Matrix(cloud).rows())


if __name__ == "__main__":
    made = measure()
    if "--write" in sys.argv[1:]:
        TABLE.write_text(made)
    else:
        print(made, end="")
