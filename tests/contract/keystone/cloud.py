"""The cloud under test, from OS_CLOUD or the other usual variables, and things made in it that go
away again."""

import os
import unittest
import uuid

import keystoneauth1.session
import openstack.config
from keystoneauth1 import discover, exceptions
from keystoneauth1.identity import v3
from keystoneclient.v3 import client

DOMAIN = "default"
GIVEN = ({} if not {"OS_CLOUD", "OS_AUTH_URL"} & os.environ.keys()
         else openstack.config.get_cloud_region().config["auth"])
URL = GIVEN.get("auth_url", "").rstrip("/").removesuffix("/v3") + "/v3"
PROJECT = GIVEN.get("project_name")


def name(what):
    return f"contract-{what}-{uuid.uuid4().hex[:12]}"


def password_auth(**more):
    given = {"auth_url": URL, "username": GIVEN["username"], "password": GIVEN["password"],
             "user_domain_id": DOMAIN}
    given.update(more)
    return v3.Password(**given)


def session(auth):
    return keystoneauth1.session.Session(auth=auth)


@unittest.skipUnless(GIVEN, "needs a cloud: OS_CLOUD, or OS_AUTH_URL and its like")
class IdentityTest(unittest.TestCase):
    """`self.keystone` is the admin's client; `self.raw` sends what no client would."""

    @classmethod
    def setUpClass(cls):
        cls.admin = session(password_auth(project_name=PROJECT, project_domain_id=DOMAIN))
        cls.keystone = client.Client(session=cls.admin, interface="public",
                                     endpoint_override=URL)

    def raw(self, method, path, body=None, **more):
        kept = {"raise_exc": False, "endpoint_override": URL, "authenticated": True}
        kept.update(more)
        if body is not None:
            kept["json"] = body
        return self.admin.request(path, method, **kept)

    def made(self, thing, manager):
        def remove():
            try:
                manager.delete(thing)
            except exceptions.NotFound:
                pass
        self.addCleanup(remove)
        return thing

    def project(self, **more):
        given = {"name": name("project"), "domain": DOMAIN, **more}
        return self.made(self.keystone.projects.create(**given), self.keystone.projects)

    def user(self, password="secret", **more):
        given = {"name": name("user"), "domain": DOMAIN, "password": password, **more}
        return self.made(self.keystone.users.create(**given), self.keystone.users)

    def group(self, **more):
        given = {"name": name("group"), "domain": DOMAIN, **more}
        return self.made(self.keystone.groups.create(**given), self.keystone.groups)

    def role(self, named):
        return self.keystone.roles.list(name=named)[0]

    def grant(self, role, user, project):
        self.keystone.roles.grant(self.role(role), user=user, project=project)

    def login(self, user, password="secret", **scope):
        return session(v3.Password(auth_url=URL, user_id=user.id, password=password, **scope))


__all__ = ["DOMAIN", "PROJECT", "URL", "IdentityTest", "discover", "exceptions", "name", "password_auth",
           "session"]
