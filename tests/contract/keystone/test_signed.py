"""EC2 and S3 signatures, OAuth 1 and 2, and access rules through upstream's clients."""

import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import requests
from cloud import URL, IdentityTest, exceptions, name, session
from keystoneauth1.extras import oauth1 as oauth1_auth
from keystoneauth1.identity import v3
from keystoneclient.contrib.ec2.utils import Ec2Signer
from keystoneclient.v3 import client


def now(form):
    return datetime.datetime.now(datetime.timezone.utc).strftime(form)


class Signed(IdentityTest):
    """Somebody with the role member in a project, and a service."""

    def setUp(self):
        self.shared = self.project()
        self.owner, self.service = self.user(), self.user()
        self.grant("member", self.owner, self.shared)
        self.grant("service", self.service, self.shared)
        self.own = client.Client(session=self.login(self.owner, project_id=self.shared.id),
                                 endpoint_override=URL)
        self.asking = self.login(self.service, project_id=self.shared.id)

    def ask(self, path, credentials, who=None):
        return (who or self.asking).post(path, json={"credentials": credentials},
                                         endpoint_override=URL, raise_exc=False)


class Ec2(Signed):
    def key(self):
        manager = self.own.ec2
        made = manager.create(self.owner.id, self.shared.id)
        self.addCleanup(self.keystone.credentials.delete,
                        hashlib.sha256(made.access.encode()).hexdigest())
        return made

    def test_crud(self):
        made, manager = self.key(), self.own.ec2
        self.assertEqual(made.secret, manager.get(self.owner.id, made.access).secret)
        self.assertEqual([made.access], [k.access for k in manager.list(self.owner.id)])
        kept = self.own.credentials.list(user_id=self.owner.id)[0]
        self.assertEqual(made.access, json.loads(kept.blob)["access"])
        other = self.own.ec2.create(self.owner.id, self.shared.id)
        manager.delete(self.owner.id, other.access)
        with self.assertRaises(exceptions.NotFound):
            manager.get(self.owner.id, other.access)

    def credentials(self, made, version):
        """As an EC2 service passes on what it was asked."""
        asked = {"access": made.access, "host": "cloud:8773", "verb": "GET", "path": "/services",
                 "params": {"Action": "DescribeInstances", "name": "ä b",
                            "SignatureVersion": str(version),
                            "Timestamp": now("%Y-%m-%dT%H:%M:%SZ")}}
        if version == 4:
            date = now("%Y%m%dT%H%M%SZ")
            del asked["params"]["SignatureVersion"], asked["params"]["Timestamp"]
            asked["body_hash"] = hashlib.sha256(b"").hexdigest()
            asked["headers"] = {"Host": "cloud:8773", "X-Amz-Date": date, "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={made.access}/{date[:8]}/RegionOne/ec2/aws4_request,"
                "SignedHeaders=host;x-amz-date,Signature=")}
        signer = Ec2Signer(made.secret)
        asked["signature"] = signer.generate(json.loads(json.dumps(asked)))
        return asked

    def test_each_version_of_the_signature(self):
        made = self.key()
        for version in (0, 1, 2, 4):
            with self.subTest(version=version):
                asked = self.credentials(made, version)
                answer = self.ask("/ec2tokens", asked)
                self.assertEqual(200, answer.status_code, answer.text)
                token = answer.json()["token"]
                self.assertEqual(self.owner.id, token["user"]["id"])
                self.assertEqual(self.shared.id, token["project"]["id"])
                self.keystone.tokens.validate(answer.headers["X-Subject-Token"])
                asked["signature"] = asked["signature"][::-1]
                self.assertEqual(401, self.ask("/ec2tokens", asked).status_code)

    def test_others_may_not_ask(self):
        asked = self.credentials(self.key(), 2)
        self.assertEqual(403, self.ask("/ec2tokens", asked, self.own.session).status_code)

    def test_s3(self):
        made = self.key()
        plain = b"GET\n\n\n\n/bucket"
        old = base64.b64encode(hmac.new(made.secret.encode(), plain, hashlib.sha1).digest())
        answer = self.s3(made, plain, old.decode())
        self.assertEqual(200, answer.status_code, answer.text)
        self.assertEqual(self.owner.id, answer.json()["token"]["user"]["id"])
        self.assertNotIn("X-Subject-Token", answer.headers)
        date, key = now("%Y%m%d"), b"AWS4" + made.secret.encode()
        for part in (date, "RegionOne", "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = f"AWS4-HMAC-SHA256\n{date}T000000Z\n{date}/RegionOne/s3/aws4_request\nabc".encode()
        new = hmac.new(key, text, hashlib.sha256).hexdigest()
        self.assertEqual(200, self.s3(made, text, new).status_code)
        self.assertEqual(401, self.s3(made, text, new[::-1]).status_code)

    def s3(self, made, text, signature):
        return self.ask("/s3tokens", {"access": made.access, "signature": signature,
                                      "token": base64.urlsafe_b64encode(text).decode()})


class Oauth1(IdentityTest):
    def setUp(self):
        manager = self.keystone.oauth1.consumers
        self.consumer = self.made(manager.create(description="contract"), manager)
        self.shared = self.project()
        self.grant("admin", self.keystone.users.get(self.admin.get_user_id()), self.shared)

    def granted(self, roles=("member",)):
        flow = self.keystone.oauth1
        wish = flow.request_tokens.create(self.consumer.id, self.consumer.secret, self.shared.id)
        allowed = flow.request_tokens.authorize(wish.key, [self.role(r).id for r in roles])
        return flow.access_tokens.create(self.consumer.id, self.consumer.secret, wish.key,
                                         wish.secret, allowed.oauth_verifier)

    def acting(self, access, secret=None):
        return session(oauth1_auth.V3OAuth1(
            auth_url=URL, consumer_key=self.consumer.id, consumer_secret=self.consumer.secret,
            access_key=access.key, access_secret=secret or access.secret))

    def test_consumers(self):
        manager = self.keystone.oauth1.consumers
        self.assertFalse(hasattr(manager.get(self.consumer.id), "secret"))
        self.assertEqual("new", manager.update(self.consumer.id, description="new").description)
        self.assertIn(self.consumer.id, [c.id for c in manager.list()])
        manager.delete(self.consumer.id)
        with self.assertRaises(exceptions.NotFound):
            manager.get(self.consumer.id)

    def test_a_consumer_acts_for_the_user(self):
        access = self.granted()
        acting = self.acting(access)
        known = acting.auth.get_access(acting)
        self.assertEqual(self.admin.get_user_id(), known.user_id)
        self.assertEqual(self.shared.id, known.project_id)
        self.assertEqual({"member", "reader"}, set(known.role_names))
        self.assertEqual(access.key, known.oauth_access_token_id)
        self.assertEqual(self.consumer.id, known.oauth_consumer_id)
        with self.assertRaises(exceptions.Unauthorized):
            self.acting(access, "wrong").get_token()

    def test_what_was_given_is_taken_back(self):
        access = self.granted()
        me = self.admin.get_user_id()
        token = self.acting(access).get_token()
        self.assertIn(access.key, [
            t["id"] for t in self.raw("GET", f"/users/{me}/OS-OAUTH1/access_tokens").json()[
                "access_tokens"]])
        roles = self.raw("GET", f"/users/{me}/OS-OAUTH1/access_tokens/{access.key}/roles").json()
        self.assertEqual(["member"], [r["name"] for r in roles["roles"]])
        self.keystone.tokens.validate(token)
        self.raw("DELETE", f"/users/{me}/OS-OAUTH1/access_tokens/{access.key}")
        with self.assertRaises(exceptions.NotFound):
            self.keystone.tokens.validate(token)

    def test_wrong_secrets(self):
        with self.assertRaises(exceptions.Unauthorized):
            self.keystone.oauth1.request_tokens.create(self.consumer.id, "wrong", self.shared.id)


class AppCred(Signed):
    def app_cred(self, **more):
        return self.own.application_credentials.create(name("cred"), user=self.owner.id, **more)

    def acting(self, cred):
        return session(v3.ApplicationCredential(
            auth_url=URL, application_credential_id=cred.id,
            application_credential_secret=cred.secret))


class Oauth2(AppCred):
    def post(self, **more):
        return requests.post(URL + "/OS-OAUTH2/token", timeout=60, **more)

    def test_client_credentials(self):
        cred = self.app_cred()
        form = {"grant_type": "client_credentials"}
        by_header = self.post(data=form, auth=(cred.id, cred.secret))
        self.assertEqual(200, by_header.status_code, by_header.text)
        self.assertEqual("Bearer", by_header.json()["token_type"])
        known = self.keystone.tokens.validate(by_header.json()["access_token"])
        self.assertEqual(self.shared.id, known.project_id)
        self.assertEqual(200, self.post(data={**form, "client_id": cred.id,
                                              "client_secret": cred.secret}).status_code)

    def test_errors(self):
        cred = self.app_cred()
        wrong = self.post(data={"grant_type": "client_credentials"}, auth=(cred.id, "wrong"))
        self.assertEqual((401, "invalid_client"), (wrong.status_code, wrong.json()["error"]))
        self.assertIn("Keystone uri=", wrong.headers["WWW-Authenticate"])
        self.assertEqual("unsupported_grant_type",
                         self.post(data={"grant_type": "password"}).json()["error"])
        self.assertEqual("invalid_request", self.post(data={}).json()["error"])
        got = requests.get(URL + "/OS-OAUTH2/token", timeout=60)
        self.assertEqual((405, "other_error"), (got.status_code, got.json()["error"]))


class AccessRules(AppCred):
    RULES = [{"service": "compute", "method": "GET", "path": "/v2.1/flavors/*"},
             {"service": "image", "method": "GET", "path": "/v2/**"},
             {"service": "identity", "method": "GET", "path": "/v3/projects/{id}"}]

    def status(self, acting, service, path, method="GET", **headers):
        return acting.request(path, method, endpoint_filter={"service_type": service},
                              raise_exc=False, headers=headers).status_code

    def test_they_are_asked_by_every_service(self):
        acting = self.acting(self.app_cred(access_rules=self.RULES))
        flavor = self.own.session.get("/flavors", endpoint_filter={
            "service_type": "compute"}).json()["flavors"][0]["id"]
        self.assertEqual(200, self.status(acting, "compute", f"/flavors/{flavor}"))
        self.assertEqual(401, self.status(acting, "compute", "/flavors"))
        self.assertEqual(401, self.status(acting, "compute", "/servers", "POST"))
        self.assertEqual(200, self.status(acting, "image", "/v2/images"))
        self.assertEqual(401, self.status(acting, "image", "/v2/images", "POST"))
        self.assertEqual(401, self.status(acting, "network", "/v2.0/networks"))
        self.assertEqual(200, self.status(acting, "identity", f"/v3/projects/{self.shared.id}"))
        self.assertEqual(401, self.status(acting, "identity", "/v3/auth/projects"))

    def test_a_service_in_the_course_of_a_call_may(self):
        acting = self.acting(self.app_cred(access_rules=self.RULES))
        beside = {"X-Service-Token": self.asking.get_token()}
        self.assertEqual(200, self.status(acting, "network", "/v2.0/networks", **beside))
        beside = {"X-Service-Token": self.own.session.get_token()}
        self.assertEqual(401, self.status(acting, "network", "/v2.0/networks", **beside))

    def test_without_rules_all_is_open(self):
        acting = self.acting(self.app_cred())
        self.assertEqual(200, self.status(acting, "network", "/v2.0/networks"))


if __name__ == "__main__":
    unittest.main()
