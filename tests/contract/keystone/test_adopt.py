"""A cloud takes over upstream's Keystone: its people log in with their passwords and application
credentials, their tokens stay good, and everything that was there is there, under the same ids."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import keystoneauth1.session
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.token_endpoint import Token
from keystoneclient.v3 import client

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402
import upstream  # noqa: E402

NOUNS = ["domains", "projects", "users", "groups", "roles", "regions", "services", "endpoints",
         "endpoint_groups", "registered_limits", "limits", "policies", "credentials"]


def session(url, **given):
    auth = v3.Password(auth_url=url, user_domain_id="default", **given)
    return keystoneauth1.session.Session(auth=auth)


def admin_of(url):
    s = session(url, username="admin", password=upstream.PASSWORD, project_name="admin",
                project_domain_id="default")
    return client.Client(session=s, endpoint_override=url)


def contents(keystone):
    """Everything there is by noun and id, without links."""
    domains = [d.id for d in keystone.domains.list()]
    found = {}
    for noun in NOUNS:
        rows = list(getattr(keystone, noun).list())
        if noun == "roles":
            for domain in domains:
                rows += keystone.roles.list(domain_id=domain)
        found[noun] = {row.id: {k: v for k, v in row.to_dict().items() if k != "links"}
                       for row in rows}
    return found


def grants(keystone):
    """Who has which role where."""
    return {(str(getattr(a, "user", None) or a.group), str(sorted(a.scope.items())), a.role["id"])
            for a in keystone.role_assignments.list()}


class Filled:
    """An upstream Keystone with something of every noun in it, and what its people have."""

    def __init__(self, url):
        self.keystone = k = admin_of(url)
        self.url = url
        self.domain = k.domains.create("people", description="all of us")
        self.roots(k)
        self.people(k)
        self.catalog(k)
        self.elsewhere(k)
        self.delegations(url)
        self.tokens(url)

    def roots(self, k):
        self.top = k.projects.create("top", self.domain, description="päpers ☃", color="green")
        self.project = k.projects.create("work", self.domain, parent=self.top)
        self.project.update_tags(["blue", "a tag"])
        self.locked = k.projects.create("locked", self.domain, options={"immutable": True})
        self.off = k.projects.create("off", self.domain, enabled=False)
        self.role = k.roles.create("operator")
        self.inner = k.roles.create("inner", domain=self.domain)
        k.inference_rules.create(self.role, k.roles.list(name="reader")[0])

    def people(self, k):
        self.alice = k.users.create(
            "alice", domain=self.domain, password="älice's pass", email="alice@example.com",
            default_project=self.project, options={"ignore_password_expiry": True})
        self.bob = k.users.create("bob", domain=self.domain, password="bob", enabled=True)
        self.nobody = k.users.create("nobody", domain=self.domain)
        self.group = k.groups.create("team", self.domain, description="the team")
        k.users.add_to_group(self.bob, self.group)
        member = k.roles.list(name="member")[0]
        k.roles.grant(member, user=self.alice, project=self.project)
        k.roles.grant(self.role, group=self.group, project=self.project)
        k.roles.grant(self.role, user=self.alice, domain=self.domain)
        k.roles.grant(self.role, group=self.group, domain=self.domain, os_inherit_extension_inherited=True)
        k.roles.grant(self.role, user=self.bob, system="all")

    def catalog(self, k):
        region = k.regions.create("West", description="far", parent_region="RegionOne")
        service = k.services.create("store", "object-store", description="things")
        endpoint = k.endpoints.create(service, "http://store.example.com/v1/$(project_id)s",
                                      interface="public", region="West")
        group = k.endpoint_groups.create("stores", {"service_id": service.id})
        k.endpoint_filter.add_endpoint_group_to_project(group, self.project)
        k.endpoint_filter.add_endpoint_to_project(self.top, endpoint)
        k.registered_limits.create(service, "objects", 10, region=region)
        k.registered_limits.create(service, "bytes", 1000)
        k.limits.create(self.project, service, "objects", 5, region=region)
        policy = k.policies.create('{"a": "b"}', "application/json")
        k.endpoint_policy.create_policy_association_for_service(policy, service)
        k.credentials.create(self.alice, "cert", "the blob", project=self.project)

    def elsewhere(self, k):
        """Who comes from other places, and what a domain says about its own."""
        rules = [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "HTTP_SUB"}]}]
        federation = k.federation
        federation.identity_providers.create(
            id="far", remote_ids=["https://far.example.com"], domain_id=self.domain.id,
            description="far away", authorization_ttl=60)
        federation.mappings.create("by-name", rules=rules)
        federation.protocols.create("openid", "far", "by-name")
        federation.service_providers.create(
            id="partner", auth_url="https://sp.example.com/v3/auth", enabled=True,
            sp_url="https://sp.example.com/ecp")
        self.consumer = k.oauth1.consumers.create(description="a consumer")
        k.domain_configs.create(self.domain, {"ldap": {
            "url": "ldap://far.example.com", "password": "hidden", "page_size": 7}})

    def delegations(self, url):
        s = session(url, user_id=self.alice.id, password="älice's pass",
                    project_id=self.project.id)
        alice = client.Client(session=s, endpoint_override=url)
        self.app_cred = alice.application_credentials.create(
            "robot", access_rules=None, description="a robot")
        self.ruled = alice.application_credentials.create(
            "ruled", access_rules=[{"path": "/v2.1/servers", "method": "GET", "service": "compute"}])
        self.trust = alice.trusts.create(self.bob.id, self.alice.id, project=self.project.id,
                                         role_names=["member"], impersonation=True)

    def tokens(self, url):
        def of(auth):
            return keystoneauth1.session.Session(auth=auth).get_token()
        password = {"auth_url": url, "user_id": self.alice.id, "password": "älice's pass"}
        self.good = {
            "project": of(v3.Password(project_id=self.project.id, **password)),
            "domain": of(v3.Password(domain_id=self.domain.id, **password)),
            "unscoped": of(v3.Password(unscoped=True, **password)),
            "trust": of(v3.Password(auth_url=url, user_id=self.bob.id, password="bob",
                                    trust_id=self.trust.id)),
            "application credential": of(self.robot(url))}
        self.revoked = of(v3.Password(project_id=self.project.id, **password))
        self.keystone.tokens.revoke_token(self.revoked)

    def robot(self, url):
        return v3.ApplicationCredential(auth_url=url, application_credential_id=self.app_cred.id,
                                        application_credential_secret=self.app_cred.secret)


class Adopt(unittest.TestCase):
    connection = None

    @classmethod
    def setUpClass(cls):
        base = pathlib.Path(tempfile.mkdtemp(prefix="u-", dir=ROOT / "build"))
        cls.addClassCleanup(shutil.rmtree, base, ignore_errors=True)
        cls.base = base
        cls.make_database()
        with upstream.Upstream(base, cls.connection) as keystone:
            cls.connection = keystone.connection
            cls.old = Filled(keystone.url)
            cls.before = contents(cls.old.keystone)
            cls.grants = grants(cls.old.keystone)

    @classmethod
    def make_database(cls):
        pass

    def setUp(self):
        self.cloud = harness.Cloud(simulated=True, hosts=1)
        self.addCleanup(shutil.rmtree, self.cloud.state, ignore_errors=True)

    def adopt(self, *more):
        return subprocess.run(
            [str(harness.PROGRAM), "adopt", "keystone", "--state", str(self.cloud.state),
             "--simulated", "--database-url", self.connection, "--fernet-keys",
             str(self.base / "fernet-keys"), "--credential-keys",
             str(self.base / "credential-keys"), *more], capture_output=True, text=True,
            timeout=120 * harness.SLOW)

    def up(self):
        self.cloud.up()
        self.addCleanup(self.cloud.down)
        return f"http://127.0.0.1:{self.cloud.port}/v3"

    def check_people(self, url):
        old = self.old
        for user, password in ((old.alice, "älice's pass"), (old.bob, "bob")):
            s = session(url, user_id=user.id, password=password, project_id=old.project.id)
            self.assertEqual(old.project.id, s.get_project_id())
            with self.assertRaises(exceptions.Unauthorized):
                session(url, user_id=user.id, password="not " + password).get_token()
        robot = keystoneauth1.session.Session(auth=old.robot(url))
        self.assertEqual(old.alice.id, robot.get_user_id())
        bob = session(url, user_id=old.bob.id, password="bob", trust_id=old.trust.id)
        self.assertEqual(old.alice.id, bob.get_user_id(), "bob stands for alice")

    def check_tokens(self, url, admin):
        for name, token in self.old.good.items():
            with self.subTest(token=name):
                seen = admin.tokens.get_token_data(token)["token"]
                self.assertEqual("alice", seen["user"]["name"])
                s = keystoneauth1.session.Session(auth=Token(url, token))
                self.assertEqual(200, s.get(url + "/auth/projects").status_code)
        with self.assertRaises(exceptions.NotFound):
            admin.tokens.get_token_data(self.old.revoked)

    def check_contents(self, admin):
        after = contents(admin)
        for noun, rows in self.before.items():
            for id_, row in rows.items():
                with self.subTest(noun=noun, row=row):
                    here = after[noun].get(id_)
                    self.assertIsNotNone(here)
                    if noun == "endpoints" and "store" not in row["url"]:
                        row, here = dict(row), dict(here)
                        self.assertNotEqual(row.pop("url"), here.pop("url"), "it is ours now")
                    self.assertEqual(row, {k: v for k, v in here.items() if k in row})
        user = after["users"][self.old.nobody.id]
        self.assertIsNone(user["password_expires_at"])

    def check_elsewhere(self, admin):
        federation = admin.federation
        provider = federation.identity_providers.get("far")
        self.assertEqual((["https://far.example.com"], self.old.domain.id, 60),
                         (provider.remote_ids, provider.domain_id, provider.authorization_ttl))
        self.assertEqual("HTTP_SUB", federation.mappings.get("by-name").rules[0]["remote"][0]["type"])
        self.assertEqual("by-name", federation.protocols.get("far", "openid").mapping_id)
        self.assertEqual("https://sp.example.com/ecp",
                         federation.service_providers.get("partner").sp_url)
        self.assertEqual("a consumer", admin.oauth1.consumers.get(self.old.consumer.id).description)
        config = admin.domain_configs.get(self.old.domain).to_dict()
        self.assertEqual({"url": "ldap://far.example.com", "page_size": 7}, config["ldap"])

    def check_all(self):
        url = self.up()
        admin = admin_of(url)
        self.check_elsewhere(admin)
        self.check_contents(admin)
        self.assertEqual(set(), self.grants - grants(admin))
        self.check_people(url)
        self.check_tokens(url, admin)
        self.assertEqual({self.old.group.id},
                         {g.id for g in admin.groups.list(user=self.old.bob)})
        kept = admin.application_credentials.get(self.old.ruled.id, user=self.old.alice.id)
        self.assertEqual("/v2.1/servers", kept.access_rules[0]["path"])
        self.assertEqual(["bob"], [u.name for u in admin.users.list(group=self.old.group)])
        names = [r.name for r in admin.roles.list() if r.name == "admin"]
        self.assertEqual(["admin"], names, "one of each name")

    def test_into_an_empty_directory(self):
        done = self.adopt()
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"users +4 read +4 new +0 changed +0 unchanged")
        self.assertNotIn(" left", done.stdout)
        self.check_all()
        self.cloud.down()
        again = self.adopt()
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertIn("nothing changed", again.stdout)

    def test_into_a_cloud_that_has_run(self):
        url = self.up()
        own = session(url, username="demo", password=self.secret("demo"), project_name="demo",
                      project_domain_id="default")
        demo = own.get_project_id()
        self.cloud.down()
        done = self.adopt()
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn("admin here takes the source's id", done.stdout)
        self.check_all()
        own = session(url, username="demo", password=self.secret("demo"), project_name="demo",
                      project_domain_id="default")
        self.assertEqual(demo, own.get_project_id(), "what only this cloud has stays")
        self.cloud.down()
        self.assertIn("nothing changed", self.adopt().stdout)

    def secret(self, name):
        import json
        return json.loads((self.cloud.state / "secrets.json").read_text())[f"{name}_password"]

    def test_a_trial_writes_nothing(self):
        done = self.adopt("--dry-run")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"users +4 read +4 new")
        self.assertIn("nothing was written", done.stdout)
        self.assertEqual([], list(self.cloud.state.iterdir()))

    def test_not_while_the_cloud_runs(self):
        self.up()
        done = self.adopt()
        self.assertEqual(1, done.returncode)
        self.assertIn("another haneul works in", done.stderr)

    def test_what_it_cannot_read_it_says_in_a_line(self):
        kept = self.connection
        try:
            for url, why in self.bad_urls():
                with self.subTest(url=url):
                    self.connection = url
                    done = self.adopt()
                    self.assertEqual(1, done.returncode)
                    self.assertRegex(done.stderr, f"^haneul: [^\n]*{re.escape(why)}[^\n]*\n$")
                    self.assertNotIn("hunter2", done.stderr)
                    self.assertEqual([], list(self.cloud.state.iterdir()))
        finally:
            self.connection = kept

    def bad_urls(self):
        empty = self.base / "empty.db"
        empty.write_bytes(b"")
        text = self.base / "text.db"
        text.write_text("no database at all" * 100)
        return [("sqlite:////nowhere/at/all.db", "cannot read the database"),
                (f"sqlite:///{empty}", "no database of a Keystone"),
                (f"sqlite:///{text}", "not a database"),
                ("mysql://keystone:hunter2@127.0.0.1:1/keystone", "cannot reach the database"),
                ("postgresql://a:hunter2@b/c", "a database's URL reads")]


class AdoptFromMariadb(Adopt):
    @classmethod
    def make_database(cls):
        server = upstream.Mariadb(cls.base)
        cls.addClassCleanup(server.close)
        cls.connection = server.url


if __name__ == "__main__":
    unittest.main()
