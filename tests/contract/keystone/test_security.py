"""Passcodes, several factors with receipts, and the rules for passwords, as upstream's clients see
them: on clouds of their own whose haneul.conf asks for them."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import struct
import sys
import time
import unittest

import keystoneauth1.session
from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneclient.v3 import client

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402

METHODS = "external,password,token,oauth1,mapped,application_credential,totp"


def passcode(secret):
    """Of this half minute, by RFC 6238."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


class CloudTest(unittest.TestCase):
    """`self.keystone` is the admin's client of a cloud with the class's `CONF`."""

    CONF = ""

    @classmethod
    def setUpClass(cls):
        cloud = cls.enterClassContext(harness.Cloud(hosts=1, conf=cls.CONF))
        cls.url = cloud.env["HANEUL_URL"] + "/identity/v3"
        secrets = json.loads((cloud.state / "secrets.json").read_text())
        cls.admin = keystoneauth1.session.Session(auth=v3.Password(
            cls.url, username="admin", user_domain_id="default",
            password=secrets["admin_password"], project_name="admin", project_domain_id="default"))
        cls.keystone = client.Client(session=cls.admin, interface="public",
                                     endpoint_override=cls.url)

    def user(self, password="secret-1", **more):
        return self.keystone.users.create(name=f"user-{os.urandom(6).hex()}", domain="default",
                                          password=password, **more)

    def enter(self, auth):
        return auth.get_access(keystoneauth1.session.Session())

    def by_password(self, user, password="secret-1", **more):
        return self.enter(v3.Password(self.url, user_id=user.id, password=password, **more))

    def change(self, user, old, new):
        """The user's own change, as the client does it with a token or without."""
        answer = keystoneauth1.session.Session().post(
            f"{self.url}/users/{user.id}/password", authenticated=False, raise_exc=False,
            json={"user": {"original_password": old, "password": new}})
        return answer.status_code, answer.json()["error"]["message"] if answer.content else ""


class Factors(CloudTest):
    CONF = f"[keystone.auth]\nmethods = {METHODS}\n"

    def setUp(self):
        self.ann = self.user()
        self.secret = base64.b32encode(os.urandom(20)).decode()
        self.keystone.credentials.create(user=self.ann, type="totp", blob=self.secret)

    def need(self, *rules):
        self.keystone.users.update(self.ann, options={"multi_factor_auth_rules": list(rules)})

    def test_a_passcode_logs_in_once(self):
        code = passcode(self.secret)
        access = self.enter(v3.TOTP(self.url, user_id=self.ann.id, passcode=code))
        self.assertEqual(self.ann.id, access.user_id)
        self.assertEqual(["totp"], access._data["token"]["methods"])
        with self.assertRaises(exceptions.Unauthorized):
            self.enter(v3.TOTP(self.url, user_id=self.ann.id, passcode=code))

    def test_a_passcode_by_the_users_name(self):
        project = self.keystone.projects.create(name=f"project-{os.urandom(6).hex()}",
                                                domain="default")
        role = self.keystone.roles.list(name="member")[0]
        self.keystone.roles.grant(role, user=self.ann, project=project)
        access = self.enter(v3.TOTP(self.url, username=self.ann.name, user_domain_name="Default",
                                    passcode=passcode(self.secret), project_id=project.id))
        self.assertEqual(project.id, access.project_id)

    def test_a_wrong_passcode(self):
        other = base64.b32encode(os.urandom(20)).decode()
        with self.assertRaises(exceptions.Unauthorized):
            self.enter(v3.TOTP(self.url, user_id=self.ann.id, passcode=passcode(other)))

    def test_both_at_once(self):
        self.need(["password", "totp"])
        access = self.enter(v3.MultiFactor(
            self.url, auth_methods=["v3password", "v3totp"], user_id=self.ann.id,
            password="secret-1", passcode=passcode(self.secret)))
        self.assertEqual({"password", "totp"}, set(access._data["token"]["methods"]))

    def test_a_receipt_and_the_rest(self):
        self.need(["password", "totp"], ["token", "totp"])
        with self.assertRaises(exceptions.MissingAuthMethods) as caught:
            self.by_password(self.ann)
        missing = caught.exception
        self.assertEqual(["password"], missing.methods)
        self.assertEqual([["password", "totp"]], missing.required_auth_methods)
        self.assertTrue(missing.receipt)
        left = missing.expires_at.timestamp() - time.time()
        self.assertTrue(0 < left <= 301, left)
        rest = v3.TOTP(self.url, user_id=self.ann.id, passcode=passcode(self.secret))
        rest.add_method(v3.ReceiptMethod(receipt=missing.receipt))
        access = self.enter(rest)
        self.assertEqual({"password", "totp"}, set(access._data["token"]["methods"]))

    def test_a_receipt_of_nothing(self):
        auth = v3.Password(self.url, user_id=self.ann.id, password="secret-1")
        auth.add_method(v3.ReceiptMethod(receipt="gAAAAABnothing"))
        with self.assertRaises(exceptions.Unauthorized) as caught:
            self.enter(auth)
        self.assertIn("Could not find auth receipt: gAAAAABnothing.", str(caught.exception))

    def test_a_receipt_of_somebody_else(self):
        self.need(["password", "totp"])
        with self.assertRaises(exceptions.MissingAuthMethods) as caught:
            self.by_password(self.ann)
        auth = v3.Password(self.url, user_id=self.user().id, password="secret-1")
        auth.add_method(v3.ReceiptMethod(receipt=caught.exception.receipt))
        with self.assertRaises(exceptions.Unauthorized):
            self.enter(auth)


class Rules(CloudTest):
    CONF = """[keystone.security_compliance]
lockout_failure_attempts = 3
password_expires_days = 90
unique_last_password_count = 2
minimum_password_age = 1
password_regex = ^(?=.*\\d)(?=.*[a-z]).{4,}$
password_regex_description = four characters, a letter and a digit among them
"""

    def test_passwords_expire(self):
        user = self.user()
        self.assertIsNotNone(user.password_expires_at)
        token = self.by_password(user)._data["token"]
        self.assertIsNotNone(token["user"]["password_expires_at"])
        soon = self.keystone.users.list(password_expires_at="gt:2020-01-01T00:00:00Z")
        self.assertIn(user.id, [u.id for u in soon])
        past = self.keystone.users.list(password_expires_at="lt:2020-01-01T00:00:00Z")
        self.assertEqual([], past)

    def test_accounts_are_locked_and_unlocked(self):
        user = self.user()
        for _ in range(3):
            with self.assertRaises(exceptions.Unauthorized):
                self.by_password(user, "wrong")
        with self.assertRaises(exceptions.Unauthorized) as caught:
            self.by_password(user)
        self.assertIn("The request you have made requires authentication.", str(caught.exception))
        self.keystone.users.update(user, enabled=True)
        self.by_password(user)

    def test_passwords_must_match(self):
        with self.assertRaises(exceptions.BadRequest) as caught:
            self.user(password="abcd")
        self.assertIn("The password does not match the requirements: four characters, a letter and "
                      "a digit among them.", str(caught.exception))

    def test_passwords_are_not_used_again_or_changed_at_once(self):
        user = self.user()
        status, message = self.change(user, "secret-1", "secret-1")
        self.assertEqual(400, status)
        self.assertIn("The new password cannot be identical to a previous password.", message)
        self.assertEqual((204, ""), self.change(user, "secret-1", "secret-2"))
        status, message = self.change(user, "secret-2", "secret-3")
        self.assertEqual(400, status)
        self.assertIn("due to the minimum password age", message)

    def test_the_clients_own_change(self):
        user = self.user()
        session = keystoneauth1.session.Session(auth=v3.Password(
            self.url, user_id=user.id, password="secret-1", unscoped=True))
        own = client.Client(session=session, endpoint_override=self.url)
        own.users.update_password("secret-1", "secret-2")
        self.by_password(user, "secret-2")


class FirstUse(CloudTest):
    CONF = "[keystone.security_compliance]\nchange_password_upon_first_use = true\n"

    def test_a_given_password_is_good_for_a_change_only(self):
        user = self.user()
        with self.assertRaises(exceptions.Unauthorized) as caught:
            self.by_password(user)
        self.assertIn("The password is expired and needs to be changed for user: " + user.id,
                      str(caught.exception))
        self.assertEqual((204, ""), self.change(user, "secret-1", "secret-2"))
        self.by_password(user, "secret-2")


if __name__ == "__main__":
    unittest.main()
