"""Tokens of OAuth 2.0 that are bound to a client's certificate (RFC 8705): who gets one, and that it
is good with that certificate alone."""

import base64
import hashlib
import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import harness  # noqa: E402
from rest import Answer  # noqa: E402

RULES = [{"local": [{"user": {"name": "{0}", "email": "{1}",
                              "domain": {"name": "{2}", "id": "{3}"}}}],
          "remote": [{"type": "SSL_CLIENT_SUBJECT_DN_CN"},
                     {"type": "SSL_CLIENT_SUBJECT_DN_EMAILADDRESS"},
                     {"type": "SSL_CLIENT_SUBJECT_DN_O"}, {"type": "SSL_CLIENT_SUBJECT_DN_DC"},
                     {"type": "SSL_CLIENT_ISSUER_DN_CN", "any_one_of": ["good authority"]}]}]
SUBJECT = "/DC=default/O=Default/CN=robot/emailAddress=robot@example.org"


class Authority:
    """Makes certificates with openssl."""

    def __init__(self, where, name, subject):
        self.where, self.name, self.made = where, name, 0
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject,
                 "-keyout", self.path("key"), "-out", self.path("crt"))

    def path(self, kind):
        return str(self.where / f"{self.name}.{kind}")

    @staticmethod
    def run(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def certificate(self, subject):
        """Paths of a certificate and its key."""
        self.made += 1
        base = str(self.where / f"{self.name}-{self.made}")
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout",
                 f"{base}.key", "-out", f"{base}.csr")
        self.run("x509", "-req", "-in", f"{base}.csr", "-CA", self.path("crt"), "-CAkey",
                 self.path("key"), "-CAcreateserial", "-days", "1", "-out", f"{base}.crt")
        return f"{base}.crt", f"{base}.key"


class Mtls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        where = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.authority = Authority(where, "good", "/CN=good authority")
        cls.other_authority = Authority(where, "other", "/CN=other authority")
        (where / "both.pem").write_text(
            "".join(pathlib.Path(one.path("crt")).read_text()
                    for one in (cls.authority, cls.other_authority)))
        own = Authority(where, "server", "/CN=127.0.0.1")
        cls.cloud = cls.enterClassContext(harness.Cloud(hosts=1, arguments=[
            "--tls-cert", own.path("crt"), "--tls-key", own.path("key"),
            "--tls-client-ca", str(where / "both.pem")]))
        cls.good = cls.authority.certificate(SUBJECT)
        cls.secrets = json.loads((cls.cloud.state / "secrets.json").read_text())
        answer = cls.send("POST", "/identity/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": "admin", "domain": {"id": "default"},
                "password": cls.secrets["admin_password"]}}},
            "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}})
        assert answer.status == 201, answer
        cls.admin = answer.headers["x-subject-token"]
        cls.made("PUT", "/OS-FEDERATION/mappings/oauth2_mapping", {"mapping": {"rules": RULES}})
        cls.project = cls.made("POST", "/projects", {"project": {"name": "works"}})["project"]["id"]
        cls.user = cls.robot("robot")
        cls.role = cls.made("GET", "/roles?name=member")["roles"][0]["id"]
        cls.made("PUT", f"/projects/{cls.project}/users/{cls.user}/roles/{cls.role}")

    @classmethod
    def robot(cls, name, **more):
        return cls.made("POST", "/users", {"user": {
            "name": name, "email": "robot@example.org", "default_project_id": cls.project,
            **more}})["user"]["id"]

    @classmethod
    def made(cls, method, path, body=None):
        answer = cls.send(method, "/identity/v3" + path, body, {"X-Auth-Token": cls.admin})
        assert answer.status < 300, (path, answer)
        return answer.json if answer.body else None

    @classmethod
    def send(cls, method, path, body=None, headers=None, certificate=None):
        context = ssl._create_unverified_context()
        if certificate:
            context.load_cert_chain(*certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", cls.cloud.port, timeout=60,
                                                 context=context)
        given = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            given["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()},
                          answer.read())
        finally:
            connection.close()

    def ask(self, certificate, user=None, **more):
        form = {"grant_type": "client_credentials", "client_id": user or self.user, **more}
        return self.send("POST", "/identity/v3/OS-OAUTH2/token", urllib.parse.urlencode(form),
                         {"Content-Type": "application/x-www-form-urlencoded"}, certificate)

    def token(self):
        answer = self.ask(self.good)
        self.assertEqual(200, answer.status, answer)
        return answer.json["access_token"]

    def test_the_token_names_the_certificate(self):
        answer = self.ask(self.good)
        self.assertEqual(("Bearer", 3600), (answer.json["token_type"], answer.json["expires_in"]))
        shown = self.send("GET", "/identity/v3/auth/tokens", None, {
            "X-Auth-Token": self.admin, "X-Subject-Token": answer.json["access_token"]})
        token = shown.json["token"]
        self.assertEqual((self.user, self.project), (token["user"]["id"], token["project"]["id"]))
        # As keystonemiddleware's oauth2_mtls_token compares it.
        pem = ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(
            "-----BEGIN CERT" + pathlib.Path(self.good[0]).read_text().split("-----BEGIN CERT")[1]))
        expected = base64.urlsafe_b64encode(hashlib.sha256(pem.encode()).digest()).decode()
        self.assertEqual({"x5t#S256": expected}, token["oauth2_credential"])

    def test_it_is_good_with_its_certificate_alone(self):
        token = self.token()
        other = self.authority.certificate(SUBJECT)  # says the same, is another
        for path in ("/identity/v3/auth/projects", "/compute/v2.1/servers", "/image/v2/images",
                     "/networking/v2.0/networks", "/placement/resource_providers"):
            headers = {"X-Auth-Token": token}
            good = self.send("GET", path, None, headers, self.good).status
            self.assertIn(good, (200, 403), path)
            for certificate in (None, other):
                answer = self.send("GET", path, None, headers, certificate)
                self.assertEqual(401, answer.status, (path, answer))

    def test_it_cannot_be_changed_into_one_that_is_free(self):
        token = self.token()
        body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
        path = "/identity/v3/auth/tokens"
        self.assertEqual(401, self.send("POST", path, body).status)
        answer = self.send("POST", path, body, {}, self.good)
        self.assertEqual(201, answer.status, answer)
        next_one = answer.headers["x-subject-token"]
        headers = {"X-Auth-Token": next_one}
        self.assertEqual(200, self.send("GET", "/identity/v3/auth/projects", None, headers,
                                        self.good).status)
        self.assertEqual(401, self.send("GET", "/identity/v3/auth/projects", None,
                                        headers).status)
        body["auth"]["scope"] = {"project": {"id": self.project}}
        self.assertEqual(403, self.send("POST", path, body, {}, self.good).status)

    def test_whose_certificate_it_is(self):
        somebody = self.robot("somebody")
        homeless = self.robot("homeless", default_project_id=None)
        stranger = self.robot("stranger")  # without a role in the project
        named = {"/CN=robot": "/CN=somebody", "robot@": "other@", "/O=Default": "/O=Other",
                 "/DC=default": "/DC=other"}
        for old, new in named.items():
            answer = self.ask(self.authority.certificate(SUBJECT.replace(old, new)))
            self.assertEqual(401, answer.status, (new, answer))
            self.assertEqual("invalid_client", answer.json["error"])
        for user in (somebody, "none", homeless, stranger):
            self.assertEqual(401, self.ask(self.good, user).status, user)
        elsewhere = self.other_authority.certificate(SUBJECT)
        self.assertEqual(401, self.ask(elsewhere).status, "its issuer is not the mapping's")
        lacking = self.authority.certificate("/CN=robot")
        self.assertEqual(401, self.ask(lacking).status)
        self.assertEqual(401, self.ask(None).status)
        self.assertEqual("other_error", self.ask(None, client_secret="x").json["error"])
        disabled = self.authority.certificate(SUBJECT.replace("robot/", "off/"))
        off = self.robot("off")
        self.made("PUT", f"/projects/{self.project}/users/{off}/roles/{self.role}")
        self.assertEqual(200, self.ask(disabled, off).status)
        self.made("PATCH", f"/users/{off}", {"user": {"enabled": False}})
        self.assertEqual(401, self.ask(disabled, off).status)

    def test_what_no_authority_knows_does_not_connect(self):
        stranger = Authority(pathlib.Path(self.authority.where), "stranger", SUBJECT)
        with self.assertRaises((ssl.SSLError, OSError)):
            self.ask((stranger.path("crt"), stranger.path("key")))

    def test_other_tokens_need_no_certificate(self):
        headers = {"X-Auth-Token": self.admin}
        for certificate in (None, self.good):
            self.assertEqual(200, self.send("GET", "/identity/v3/auth/projects", None, headers,
                                            certificate).status)


if __name__ == "__main__":
    unittest.main()
