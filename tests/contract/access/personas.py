"""Everybody who may knock at a route, each with a token: one domain with a project that owns what
is asked for, another project beside it, and people with every role in every scope."""

import rest

PASSWORD = "password-of-all"
# name: (role, scope); the scopes are the owning project, the other one, the domain and the system.
WHO = {
    "stranger": ("member", "other"),
    "reader": ("reader", "project"),
    "member": ("member", "project"),
    "manager": ("manager", "project"),
    "admin": ("admin", "project"),
    "service": ("service", "other"),
    "domain_reader": ("reader", "domain"),
    "domain_manager": ("manager", "domain"),
    "domain_admin": ("admin", "domain"),
    "system_reader": ("reader", "system"),
    "system_member": ("member", "system"),
    "system_admin": ("admin", "system"),
}
NAMES = ["nobody", "garbage", *WHO]


class People:
    """`tokens` and `users` by the names above; `project`, `other` and `third` are projects' ids."""

    def __init__(self, url, state):
        self.api = rest.Api(url, state)
        self.root = self.api.token
        self.domain = self.made("domains", {"domain": {"name": "owners"}})
        self.project, self.other, self.third = (
            self.made("projects", {"project": {"name": name, "domain_id": self.domain}})
            for name in ("owner", "other", "third"))
        self.roles = {r["name"]: r["id"]
                      for r in self.api.send("GET", "/identity/v3/roles").json["roles"]}
        self.users = {}
        self.tokens = {"nobody": None, "garbage": "garbage"}
        for name, (role, scope) in WHO.items():
            self.users[name] = self.made("users", {"user": {
                "name": name, "domain_id": self.domain, "password": PASSWORD}})
            self.tokens[name] = self.person(self.users[name], role, scope)

    def made(self, plural, body):
        answer = self.api.send("POST", f"/identity/v3/{plural}", body)
        assert answer.status == 201, answer
        return answer.json[next(iter(body))]["id"]

    def person(self, user, role, scope):
        where = {"project": f"projects/{self.project}", "other": f"projects/{self.other}",
                 "domain": f"domains/{self.domain}", "system": "system"}[scope]
        answer = self.api.send(
            "PUT", f"/identity/v3/{where}/users/{user}/roles/{self.roles[role]}")
        assert answer.status == 204, answer
        return self.login(user, {"project": {"project": {"id": self.project}},
                                 "other": {"project": {"id": self.other}},
                                 "domain": {"domain": {"id": self.domain}},
                                 "system": {"system": {"all": True}}}[scope])

    def login(self, user, scope=None):
        auth = {"identity": {"methods": ["password"], "password": {
            "user": {"id": user, "password": PASSWORD}}}}
        if scope:
            auth["scope"] = scope
        answer = self.api.send("POST", "/identity/v3/auth/tokens", {"auth": auth},
                               {"X-Auth-Token": ""})
        assert answer.status == 201, answer
        return answer.headers["x-subject-token"]
