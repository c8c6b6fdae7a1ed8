"""Logging in every way, and every way a token ends."""

import pathlib
import sys
import unittest

import requests
from keystoneauth1.identity import v3

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cloud import DOMAIN, PROJECT, URL, IdentityTest, discover, exceptions, name, password_auth, session


class Discovery(IdentityTest):
    def test_versions(self):
        root = URL.rsplit("/v3", 1)[0] + "/"
        answer = requests.get(root, timeout=30)
        self.assertEqual(300, answer.status_code)
        self.assertIn("/v3/", answer.headers["Location"])
        found = discover.Discover(self.admin, root)
        self.assertEqual((3, 14), found.version_data()[0]["version"])

    def test_v3(self):
        answer = requests.get(URL, timeout=30)
        self.assertEqual(200, answer.status_code)
        self.assertEqual("stable", answer.json()["version"]["status"])


class Password(IdentityTest):
    def test_unscoped(self):
        s = session(password_auth(unscoped=True))
        access = s.auth.get_access(s)
        self.assertFalse(access.scoped)
        self.assertEqual([], access.role_names)

    def test_project(self):
        s = session(password_auth(project_name=PROJECT,
                                  project_domain_name="Default"))
        access = s.auth.get_access(s)
        self.assertTrue(access.project_scoped)
        self.assertEqual({"admin", "manager", "member", "reader"}, set(access.role_names))
        self.assertTrue(access.service_catalog.url_for(service_type="identity"))
        self.assertEqual(["password"], access._data["token"]["methods"])
        self.assertEqual(1, len(access._data["token"]["audit_ids"]))

    def test_domain(self):
        access = session(password_auth(domain_id=DOMAIN)).auth.get_access(self.admin)
        self.assertTrue(access.domain_scoped)
        self.assertEqual("Default", access.domain_name)

    def test_system(self):
        access = session(password_auth(system_scope="all")).auth.get_access(self.admin)
        self.assertTrue(access.system_scoped)

    def test_default_project(self):
        project, user = self.project(), self.user()
        self.grant("member", user, project)
        self.keystone.users.update(user, default_project=project)
        s = self.login(user)
        self.assertEqual(project.id, s.auth.get_access(s).project_id)

    def test_wrong_password(self):
        with self.assertRaises(exceptions.Unauthorized):
            password_auth(password="wrong").get_access(self.admin)

    def test_unknown_user(self):
        with self.assertRaises(exceptions.Unauthorized):
            password_auth(username="nobody").get_access(self.admin)

    def test_project_without_role(self):
        with self.assertRaises(exceptions.Unauthorized):
            self.login(self.user(), project_id=self.project().id).get_token()

    def test_disabled_user(self):
        with self.assertRaises(exceptions.Unauthorized):
            self.login(self.user(enabled=False)).get_token()


class TokenMethod(IdentityTest):
    def test_rescope_keeps_expiry_and_chain(self):
        first = session(password_auth(unscoped=True))
        before = first.auth.get_access(first)
        auth = v3.Token(URL, first.get_token(), project_name=PROJECT,
                        project_domain_id=DOMAIN)
        after = auth.get_access(self.admin)
        self.assertEqual(before.expires, after.expires)
        self.assertEqual({"password", "token"}, set(after._data["token"]["methods"]))
        self.assertEqual(before._data["token"]["audit_ids"][0], after._data["token"]["audit_ids"][1])

    def test_nonsense(self):
        with self.assertRaises(exceptions.NotFound):
            v3.Token(URL, "gAAAAABnonsense").get_access(self.admin)


class ApplicationCredential(IdentityTest):
    def setUp(self):
        self.target, self.owner = self.project(), self.user()
        self.grant("member", self.owner, self.target)
        self.theirs = self.login(self.owner, project_id=self.target.id)
        from keystoneclient.v3 import client
        self.client = client.Client(session=self.theirs, endpoint_override=URL)

    def create(self, **more):
        return self.client.application_credentials.create(name("credential"), **more)

    def log_in(self, made):
        return session(v3.ApplicationCredential(
            URL, application_credential_id=made.id, application_credential_secret=made.secret))

    def test_by_id(self):
        made = self.create(roles=[{"name": "reader"}])
        s = self.log_in(made)
        access = s.auth.get_access(s)
        self.assertEqual(self.target.id, access.project_id)
        self.assertEqual(["reader"], access.role_names)

    def test_by_name(self):
        made = self.create(secret="known")
        auth = v3.ApplicationCredential(
            URL, application_credential_name=made.name, application_credential_secret="known",
            username=self.owner.name, user_domain_id=DOMAIN)
        self.assertEqual(self.owner.id, auth.get_access(self.admin).user_id)

    def test_wrong_secret(self):
        made = self.create()
        made.secret = "wrong"
        with self.assertRaises(exceptions.Unauthorized):
            self.log_in(made).get_token()

    def test_crud(self):
        made = self.create(description="d", unrestricted=True, access_rules=[
            {"service": "compute", "method": "GET", "path": "/v2.1/servers"}])
        manager = self.client.application_credentials
        self.assertEqual("d", manager.get(made.id).description)
        self.assertEqual([made.id], [c.id for c in manager.list()])
        self.assertEqual(made.id, manager.find(name=made.name).id)
        self.assertEqual(1, len(self.client.access_rules.list()))
        manager.delete(made.id)
        with self.assertRaises(exceptions.NotFound):
            manager.get(made.id)

    def test_twice(self):
        made = self.create()
        with self.assertRaises(exceptions.Conflict):
            self.client.application_credentials.create(made.name)

    def test_restricted_cannot_multiply(self):
        from keystoneclient.v3 import client
        restricted = client.Client(session=self.log_in(self.create()), endpoint_override=URL)
        with self.assertRaises(exceptions.Forbidden):
            restricted.application_credentials.create(name("second"), user=self.owner.id)


class Endings(IdentityTest):
    """A token must fail at once after the answer that ended it."""

    def setUp(self):
        self.place, self.who = self.project(), self.user()
        self.grant("member", self.who, self.place)
        self.theirs = self.login(self.who, project_id=self.place.id)
        self.token = self.theirs.get_token()
        self.assertTrue(self.is_good())

    def is_good(self, token=None):
        answer = self.raw("GET", "/auth/tokens", headers={"X-Subject-Token": token or self.token})
        self.assertIn(answer.status_code, (200, 404))
        own = self.raw("GET", "/auth/projects", authenticated=False,
                       headers={"X-Auth-Token": token or self.token})
        self.assertEqual(answer.status_code == 200, own.status_code == 200)
        return answer.status_code == 200

    def test_revoked(self):
        self.keystone.tokens.revoke_token(self.token)
        self.assertFalse(self.is_good())

    def test_user_disabled(self):
        self.keystone.users.update(self.who, enabled=False)
        self.assertFalse(self.is_good())

    def test_user_deleted(self):
        self.keystone.users.delete(self.who)
        self.assertFalse(self.is_good())

    def test_password_reset(self):
        self.keystone.users.update(self.who, password="other")
        self.assertFalse(self.is_good())
        self.assertTrue(self.is_good(self.login(self.who, "other",
                                                project_id=self.place.id).get_token()))

    def test_own_password_change(self):
        answer = self.raw("POST", f"/users/{self.who.id}/password", authenticated=False, body={
            "user": {"original_password": "secret", "password": "other"}})
        self.assertEqual(204, answer.status_code)
        self.assertFalse(self.is_good())

    def test_role_taken(self):
        self.keystone.roles.revoke(self.role("member"), user=self.who, project=self.place)
        self.assertFalse(self.is_good())

    def test_project_disabled(self):
        self.keystone.projects.update(self.place, enabled=False)
        self.assertFalse(self.is_good())

    def test_project_deleted(self):
        self.keystone.projects.delete(self.place)
        self.assertFalse(self.is_good())


class Tokens(IdentityTest):
    def test_validate_as_middleware_does(self):
        data = self.keystone.tokens.get_token_data(self.admin.get_token())
        self.assertIn("catalog", data["token"])
        self.assertNotIn("catalog", self.keystone.tokens.get_token_data(
            self.admin.get_token(), include_catalog=False)["token"])

    def test_head(self):
        answer = self.raw("HEAD", "/auth/tokens", headers={
            "X-Subject-Token": self.admin.get_token()})
        self.assertEqual(200, answer.status_code)
        self.assertEqual(b"", answer.content)

    def test_without_token(self):
        answer = self.raw("GET", "/auth/tokens", authenticated=False)
        self.assertEqual(401, answer.status_code)
        self.assertIn("Keystone uri=", answer.headers["WWW-Authenticate"])
        self.assertEqual({"code": 401, "title": "Unauthorized",
                          "message": "The request you have made requires authentication."},
                         answer.json()["error"])

    def test_bad_bodies(self):
        for body in ({}, {"auth": {}}, {"auth": {"identity": {}}},
                     {"auth": {"identity": {"methods": ["password"]}}},
                     {"auth": {"identity": {"methods": "password"}}},
                     {"auth": {"identity": {"methods": ["password"], "password": {"user": {}}}}},
                     {"auth": {"identity": {"methods": ["token"], "token": {}}}}):
            answer = self.raw("POST", "/auth/tokens", body, authenticated=False)
            self.assertEqual(400, answer.status_code, body)
            self.assertEqual("Bad Request", answer.json()["error"]["title"])

    def test_scopes_on_offer(self):
        self.assertTrue(self.keystone.auth.projects())
        self.assertTrue(self.keystone.auth.domains())
        self.assertEqual({"system": [{"all": True}]}, {
            "system": self.raw("GET", "/auth/system").json()["system"]})
        self.assertTrue(self.raw("GET", "/auth/catalog").json()["catalog"])


if __name__ == "__main__":
    unittest.main()
