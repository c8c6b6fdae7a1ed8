"""Domains whose users and groups are in a directory, with a real slapd."""

import hashlib
import json
import pathlib
import sys
import threading
import time
import unittest

from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from keystoneclient.v3 import client

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

import harness  # noqa: E402
import slapd  # noqa: E402

CONF = """[keystone.identity]
domain_specific_drivers_enabled = true
domain_configurations_from_database = true
password_hash_rounds = 4
"""
CROWD = 1100


def entries():
    people = [slapd.user("ann"), slapd.user("bob"), slapd.user("cut", employeeType="FALSE"),
              slapd.user("star*", cn="star"), slapd.user("paren(s)", cn="paren")]
    people += [slapd.user(f"crowd{n:04}", userPassword="x") for n in range(CROWD)]
    groups = [slapd.group("staff", [slapd.user_dn("ann"), slapd.user_dn("gone")]),
              slapd.group("outer", [f"cn=staff,ou=Groups,{slapd.SUFFIX}"]),
              slapd.group("crowd", [slapd.user_dn(f"crowd{n:04}") for n in range(150)])]
    return people + groups


class Ldap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.slapd = cls.enterClassContext(slapd.Slapd(entries()))
        cls.cloud = cls.enterClassContext(harness.Cloud(hosts=1, conf=CONF))
        cls.url = cls.cloud.env["HANEUL_URL"] + "/identity/v3"
        secrets = json.loads((cls.cloud.state / "secrets.json").read_text())
        cls.given = {"username": "admin", "password": secrets["admin_password"],
                     "project_name": "admin"}
        cls.admin = Session(v3.Password(
            auth_url=cls.url, username=cls.given["username"], password=cls.given["password"],
            user_domain_id="default", project_name=cls.given["project_name"],
            project_domain_id="default"))
        cls.keystone = client.Client(session=cls.admin, endpoint_override=cls.url)
        cls.domain = cls.keystone.domains.create("far")
        cls.configure()
        cls.project = cls.keystone.projects.create("p", domain="default")

    @classmethod
    def configure(cls, url=None, **more):
        cls.keystone.domain_configs.create(cls.domain, {
            "identity": {"driver": "ldap"}, "ldap": slapd.options(url or cls.slapd.url, **more)})

    def setUp(self):
        self.addCleanup(self.configure)

    def public_id(self, kind, local):
        return hashlib.sha256((self.domain.id + kind + local).encode()).hexdigest()

    def login(self, name, password=None, **scope):
        auth = v3.Password(auth_url=self.url, username=name, user_domain_id=self.domain.id,
                           password=f"secret-{name}" if password is None else password, **scope)
        session = Session(auth)
        session.get_token()
        return session

    def refused(self, call, code, *given, **named):
        with self.assertRaises(exceptions.HttpError) as refusal:
            call(*given, **named)
        self.assertEqual(code, refusal.exception.http_status, refusal.exception)
        return str(refusal.exception)

    def raw(self, method, path, **more):
        return self.admin.request(self.url + path, method, raise_exc=False, **more)

    def roles(self, session):
        return sorted(r["name"] for r in self.raw(
            "GET", "/auth/tokens", headers={"X-Subject-Token": session.get_token()}).json()[
                "token"].get("roles", []))

    # Users -----------------------------------------------------------------------------------

    def test_users(self):
        found = self.keystone.users.list(domain=self.domain)
        self.assertEqual(CROWD + 5, len(found))
        ann = self.keystone.users.get(self.public_id("user", "ann"))
        self.assertEqual(("ann", "ann@haneul.test", True, self.domain.id),
                         (ann.name, ann.email, ann.enabled, ann.domain_id))
        self.assertNotIn("password", str(ann.to_dict()).replace("password_expires_at", ""))
        self.assertEqual([ann.id], [u.id for u in self.keystone.users.list(
            domain=self.domain, name="ann")])
        self.assertFalse(self.keystone.users.get(self.public_id("user", "cut")).enabled)

    def test_more_than_one_page(self):
        self.configure(page_size=100)
        self.assertEqual(CROWD + 5, len(self.keystone.users.list(domain=self.domain)))
        self.configure(page_size=0)
        self.assertIn("exceeded size limit", self.refused(
            self.keystone.users.list, 503, domain=self.domain))

    def test_login(self):
        session = self.login("ann")
        self.assertEqual(self.public_id("user", "ann"), session.get_user_id())
        self.refused(self.login, 401, "ann", "wrong")
        self.refused(self.login, 401, "ann", "")
        self.refused(self.login, 401, "nobody")
        self.refused(self.login, 401, "cut")

    def test_whoever_comes_and_goes(self):
        self.slapd.add(slapd.user("guest"))
        guest = self.login("guest").get_user_id()
        self.slapd.change(f"dn: {slapd.user_dn('guest')}\nchangetype: modify\n"
                          "replace: mail\nmail: other@haneul.test\n")
        self.assertEqual("other@haneul.test", self.keystone.users.get(guest).email)
        self.slapd.remove(slapd.user_dn("guest"))
        self.refused(self.keystone.users.get, 404, guest)
        self.refused(self.login, 401, "guest")

    def test_subtree_and_filter(self):
        self.configure(query_scope="sub", user_tree_dn=slapd.SUFFIX, user_filter="(uid=a*)")
        self.assertEqual(["ann"], [u.name for u in self.keystone.users.list(domain=self.domain)])
        self.login("ann")
        self.refused(self.login, 401, "bob")

    # Groups ----------------------------------------------------------------------------------

    def test_groups(self):
        groups = {g.name: g for g in self.keystone.groups.list(domain=self.domain)}
        self.assertEqual({"staff", "outer", "crowd"}, set(groups))
        self.assertEqual(self.public_id("group", "staff"), groups["staff"].id)
        self.assertEqual("the staff", groups["staff"].description)
        self.assertEqual(["ann"], [u.name for u in self.keystone.users.list(group=groups["staff"])])
        self.assertEqual([], self.keystone.users.list(group=groups["outer"]))
        self.assertEqual(150, len(self.keystone.users.list(group=groups["crowd"])))
        ann = self.public_id("user", "ann")
        self.assertEqual(["staff"], [g.name for g in self.keystone.groups.list(user=ann)])
        self.assertTrue(self.keystone.users.check_in_group(ann, groups["staff"]))
        self.keystone.users.list(domain=self.domain, name="bob")
        self.refused(self.keystone.users.check_in_group, 404, self.public_id("user", "bob"),
                     groups["staff"])

    def test_roles(self):
        reader = self.keystone.roles.list(name="reader")[0]
        member = self.keystone.roles.list(name="member")[0]
        group = self.keystone.groups.list(domain=self.domain, name="staff")[0]
        bob = self.keystone.users.list(domain=self.domain, name="bob")[0]
        self.refused(self.login, 401, "ann", project_id=self.project.id)
        self.keystone.roles.grant(member, group=group, project=self.project)
        self.keystone.roles.grant(reader, user=bob, project=self.project)
        self.addCleanup(self.keystone.roles.revoke, member, group=group, project=self.project)
        self.addCleanup(self.keystone.roles.revoke, reader, user=bob, project=self.project)
        self.assertEqual(["member", "reader"],
                         self.roles(self.login("ann", project_id=self.project.id)))
        self.assertEqual(["reader"], self.roles(self.login("bob", project_id=self.project.id)))
        effective = self.keystone.role_assignments.list(project=self.project, effective=True)
        self.assertEqual({self.public_id("user", "ann"), bob.id},
                         {a.user["id"] for a in effective})

    # What must not be ------------------------------------------------------------------------

    def test_read_only(self):
        ann = self.keystone.users.get(self.login("ann").get_user_id())
        bob = self.keystone.users.list(domain=self.domain, name="bob")[0]
        staff = self.keystone.groups.list(domain=self.domain, name="staff")[0]
        for call, given, named in [
                (self.keystone.users.create, ["new"], {"domain": self.domain}),
                (self.keystone.users.update, [ann], {"enabled": False}),
                (self.keystone.users.delete, [ann], {}),
                (self.keystone.groups.create, ["new"], {"domain": self.domain}),
                (self.keystone.groups.update, [staff], {"description": "x"}),
                (self.keystone.groups.delete, [staff], {}),
                (self.keystone.users.add_to_group, [bob, staff], {}),
                (self.keystone.users.remove_from_group, [ann, staff], {})]:
            self.assertIn("LDAP does not support write operations",
                          self.refused(call, 403, *given, **named))
        change = {"user": {"original_password": "secret-ann", "password": "new"}}
        self.assertEqual(403, self.raw("POST", f"/users/{ann.id}/password", json=change).status_code)

    def test_names_are_no_syntax(self):
        for name in ("*", "a*", "ann)(uid=*", "*)(objectClass=*", "\\2a", "(", "ann\x00", "ann,ou=x",
                     "ann))(|(uid=*"):
            self.refused(self.login, 401, name, "secret-ann")
            self.assertEqual([], self.keystone.users.list(domain=self.domain, name=name))
        for odd in ("star*", "paren(s)"):
            self.assertEqual(self.public_id("user", odd), self.login(odd).get_user_id())

    # TLS -------------------------------------------------------------------------------------

    def test_tls(self):
        good, other = str(self.slapd.base / "ca.pem"), str(self.slapd.base / "stranger.pem")
        for url, start in ((self.slapd.tls_url, False), (self.slapd.url, True)):
            self.configure(url, use_tls=start, tls_cacertfile=good)
            self.login("ann")
            self.configure(url, use_tls=start, tls_cacertfile=other)
            self.refused(self.login, 503, "ann")
            self.configure(url, use_tls=start, tls_cacertfile=other, tls_req_cert="never")
            self.wait_for_login("ann")

    def test_secrets_are_put_into_texts(self):
        self.configure("ldap://127.0.0.1:%(password)s", password=str(self.slapd.port), user="")
        config = self.raw("GET", f"/domains/{self.domain.id}/config").json()["config"]
        self.assertEqual("ldap://127.0.0.1:%(password)s", config["ldap"]["url"])
        self.assertNotIn("password", config["ldap"])
        # Somebody was there to say that nobody may read.
        self.assertIn("Insufficient access",
                      self.refused(self.keystone.users.list, 503, domain=self.domain))

    def test_the_directory_does_not_take_the_readers_password(self):
        self.configure(password="wrong")
        self.assertIn("does not take the name and password",
                      self.refused(self.keystone.users.list, 503, domain=self.domain))

    # A directory that is not there -----------------------------------------------------------

    def wait_for_login(self, name):
        until = time.monotonic() + 30 * harness.SLOW
        while True:
            try:
                return self.login(name)
            except exceptions.ServiceUnavailable:
                if time.monotonic() > until:
                    raise

    def local_login(self):
        began = time.monotonic()
        Session(v3.Password(auth_url=self.url, username=self.given["username"],
                            password=self.given["password"], user_domain_id="default")).get_token()
        return time.monotonic() - began

    def test_down(self):
        ann = self.login("ann")
        self.slapd.stop()
        try:
            self.refused(self.login, 503, "ann")
            self.refused(self.keystone.users.list, 503, domain=self.domain)
            self.local_login()
            self.assertEqual(200, self.raw("GET", "/auth/tokens", headers={
                "X-Subject-Token": ann.get_token()}).status_code)
        finally:
            self.slapd.start()
        self.wait_for_login("ann")

    def test_silent(self):
        """Many ask a directory that takes connections and says nothing; others do not notice."""
        self.login("ann")
        codes, slowest = [], []

        def ask():
            began = time.monotonic()
            codes.append(self.raw("GET", f"/users?domain_id={self.domain.id}").status_code)
            slowest.append(time.monotonic() - began)

        self.local_login()
        self.slapd.freeze()
        try:
            askers = [threading.Thread(target=ask) for _ in range(24)]
            for asker in askers:
                asker.start()
            local = max(self.local_login() for _ in range(10))
            for asker in askers:
                asker.join()
        finally:
            self.slapd.thaw()
        self.assertEqual({503}, set(codes))
        self.assertLess(max(slowest), 25 * harness.SLOW)
        self.assertLess(local, 5 * harness.SLOW)
        self.wait_for_login("ann")

    def test_leaves_with_its_configuration(self):
        ann = self.login("ann")
        self.keystone.domain_configs.delete(self.domain)
        self.assertEqual([], self.keystone.users.list(domain=self.domain))
        self.assertEqual(404, self.raw("GET", "/auth/tokens", headers={
            "X-Subject-Token": ann.get_token()}).status_code)
        self.refused(self.login, 401, "ann")


if __name__ == "__main__":
    unittest.main()
