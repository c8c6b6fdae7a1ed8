"""Identity providers, their users and web single sign-on, through upstream's clients."""

import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
from xml.etree import ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import keystoneauth1.session  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402
from keystoneauth1 import exceptions  # noqa: E402
from keystoneauth1.identity import v3  # noqa: E402
from keystoneclient.v3 import client  # noqa: E402

import cloud as kit  # noqa: E402
import harness  # noqa: E402
from oidc_provider import CLIENT, SECRET, Provider  # noqa: E402
from rest import Api  # noqa: E402

DASHBOARD = "https://dashboard.example.org/auth/websso/"
ISSUER = "https://here.example.org/idp"
RULES = [{"local": [{"user": {"name": "{0}", "email": "{1}"}},
                    {"groups": "{2}", "domain": {"id": "default"}}],
          "remote": [{"type": "HTTP_OIDC_SUB"}, {"type": "HTTP_OIDC_EMAIL"},
                     {"type": "HTTP_OIDC_GROUPS", "whitelist": ["crew", "officers"]}]}]


class Nouns(kit.IdentityTest):
    """What keystoneclient's federation module does."""

    def setUp(self):
        self.federation = self.keystone.federation

    def mapping(self):
        return self.made(self.federation.mappings.create(kit.name("mapping"), rules=RULES),
                         self.federation.mappings)

    def provider(self, **more):
        made = self.federation.identity_providers.create(id=kit.name("idp"), **more)
        return self.made(made, self.federation.identity_providers)

    def test_identity_providers(self):
        made = self.provider(enabled=True, description="d", remote_ids=[kit.name("remote")])
        manager = self.federation.identity_providers
        self.assertEqual(made.remote_ids, manager.get(made.id).remote_ids)
        self.assertIn(made.id, [p.id for p in manager.list(enabled=True)])
        self.assertNotIn(made.id, [p.id for p in manager.list(enabled=False)])
        changed = manager.update(made.id, enabled=False, remote_ids=[])
        self.assertEqual((False, []), (changed.enabled, changed.remote_ids))
        self.assertTrue(self.keystone.domains.get(made.domain_id).enabled)
        with self.assertRaises(exceptions.Conflict):
            manager.create(id=made.id)
        manager.delete(made.id)
        with self.assertRaises(exceptions.NotFound):
            manager.get(made.id)

    def test_mappings(self):
        made = self.mapping()
        manager = self.federation.mappings
        self.assertEqual(RULES, manager.get(made.id).rules)
        self.assertIn(made.id, [m.id for m in manager.list()])
        other = [{"local": [], "remote": [{"type": "x"}]}]
        self.assertEqual(other, manager.update(made.id, rules=other).rules)
        with self.assertRaises(exceptions.BadRequest):
            manager.update(made.id, rules=[{"local": [{"usr": {}}], "remote": []}])

    def test_protocols(self):
        provider, mapping = self.provider(), self.mapping()
        manager = self.federation.protocols
        made = manager.create("saml2", provider, mapping)
        self.assertEqual(mapping.id, manager.get(provider, "saml2").mapping_id)
        self.assertEqual([made.id], [p.id for p in manager.list(provider)])
        other = self.mapping()
        self.assertEqual(other.id, manager.update(provider, "saml2", other).mapping_id)
        with self.assertRaises(exceptions.Conflict):
            manager.create("saml2", provider, mapping)
        manager.delete(provider, "saml2")
        self.assertEqual([], manager.list(provider))

    def test_service_providers(self):
        manager = self.federation.service_providers
        made = self.made(manager.create(id=kit.name("sp"), auth_url="https://far/v3",
                                        sp_url="https://far/sp", enabled=True), manager)
        self.assertEqual("ss:mem:", made.relay_state_prefix)
        self.assertIn(made.id, [s.id for s in manager.list(enabled=True)])
        listed = self.admin.auth.get_auth_ref(self.admin).service_providers
        self.assertEqual("https://far/sp", listed.get_sp_url(made.id))
        self.assertFalse(manager.update(made.id, enabled=False).enabled)
        with self.assertRaises(exceptions.BadRequest):
            manager.update(made.id, auth_url="nonsense")


class Users(unittest.TestCase):
    """Of a provider that runs beside the cloud."""

    @classmethod
    def setUpClass(cls):
        cls.provider = cls.enterClassContext(Provider())
        where = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (where / "providers.json").write_text(json.dumps({"club": {"openid": {
            "issuer": cls.provider.issuer, "client_id": CLIENT, "client_secret": SECRET}}}))
        cls.cloud = cls.enterClassContext(harness.Cloud(hosts=1, conf=(
            f"[keystone.federation]\nproviders = {where}/providers.json\n"
            f"trusted_dashboard = {DASHBOARD}\n")))
        cls.url = cls.cloud.env["HANEUL_URL"] + "/identity/v3"
        cls.api = Api(cls.cloud.env["HANEUL_URL"], cls.cloud.state)
        cls.prepare()

    @classmethod
    def send(cls, method, path, body=None):
        answer = cls.api.send(method, "/identity/v3" + path, body)
        assert answer.status < 300, (path, answer)
        return answer.json if answer.body else None

    @classmethod
    def prepare(cls):
        base = "/OS-FEDERATION/"
        cls.send("PUT", base + "identity_providers/club", {"identity_provider": {
            "enabled": True, "remote_ids": [cls.provider.issuer]}})
        cls.send("PUT", base + "mappings/club", {"mapping": {"rules": RULES}})
        cls.send("PUT", base + "identity_providers/club/protocols/openid", {"protocol": {
            "mapping_id": "club", "remote_id_attribute": "HTTP_OIDC_ISS"}})
        group = cls.send("POST", "/groups", {"group": {"name": "crew"}})["group"]
        cls.project = cls.send("POST", "/projects", {"project": {"name": "boat"}})["project"]
        role = cls.send("GET", "/roles?name=member")["roles"][0]
        cls.send("PUT", f"/projects/{cls.project['id']}/groups/{group['id']}/roles/{role['id']}")

    def session(self, token, **more):
        return keystoneauth1.session.Session(auth=v3.OidcAccessToken(
            auth_url=self.url, identity_provider="club", protocol="openid", access_token=token,
            **more))

    def refused(self, token):
        with self.assertRaises(exceptions.Unauthorized):
            self.session(token).get_token()

    def test_a_password_that_the_provider_knows(self):
        auth = v3.OidcPassword(
            auth_url=self.url, identity_provider="club", protocol="openid", client_id=CLIENT,
            client_secret=SECRET, username="bob", password="right",
            discovery_endpoint=self.provider.issuer + "/.well-known/openid-configuration",
            project_id=self.project["id"])
        # keystoneauth sends the client's secret as it is.
        access = auth.get_auth_ref(keystoneauth1.session.Session())
        self.assertEqual(("bob", self.project["id"]), (access.username, access.project_id))
        self.assertEqual(["member", "reader"], sorted(access.role_names))

    def test_tokens_of_the_provider(self):
        session = self.session(self.provider.token("eve"), project_id=self.project["id"])
        keystone = client.Client(session=session, endpoint_override=self.url)
        self.assertEqual([self.project["id"]], [p.id for p in keystone.auth.projects()])
        unscoped = self.session(self.provider.token("eve"))
        access = unscoped.auth.get_access(unscoped)
        self.assertTrue(access.is_federated)
        self.assertEqual(session.get_user_id(), access.user_id)
        self.assertEqual(64, len(access.user_id))

    def test_opaque_tokens(self):
        session = self.session(self.provider.opaque_token("mallory"))
        self.assertTrue(session.get_token())
        self.refused("nonsense")

    def test_what_is_not_the_providers(self):
        provider = self.provider
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        for token in (provider.token("x", key=other), provider.token("x", aud="others"),
                      provider.token("x", iss="http://evil"), provider.token("x", exp=1000),
                      provider.token("x", exp=None), provider.token("x", kid="two"),
                      provider.token("x", key="secret", algorithm="HS256"),
                      provider.token("x", groups=None)):
            self.refused(token)

    def browse(self, url, cookie=""):
        """Status, where to go, the cookie to keep and the page."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", f"{parts.path}?{parts.query}",
                           headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        given = (answer.getheader("Set-Cookie") or "").split(";")[0]
        return answer.status, answer.getheader("Location"), given, answer.read().decode()

    def begin(self, path):
        origin = urllib.parse.quote(DASHBOARD, safe="")
        status, to, cookie, _ = self.browse(f"{self.url}/auth/OS-FEDERATION/{path}?origin={origin}")
        self.assertEqual(302, status)
        status, back, _, _ = self.browse(to)
        self.assertEqual(302, status)
        return back, cookie

    def test_web_single_sign_on(self):
        for path in ("websso/openid", "identity_providers/club/protocols/openid/websso"):
            back, cookie = self.begin(path)
            status, _, _, page = self.browse(back, cookie)
            self.assertEqual(200, status, page)
            self.assertIn(f'action="{DASHBOARD}"', page)
            token = page.split('value="')[1].split('"')[0]
            answer = self.api.send("GET", "/identity/v3/auth/tokens", None,
                                   {"X-Subject-Token": token})
            self.assertEqual("ada", answer.json["token"]["user"]["name"])
            self.assertEqual(401, self.browse(back, cookie)[0], "a code is good once")

    def test_another_browser_cannot_end_a_login(self):
        back, cookie = self.begin("websso/openid")
        self.assertEqual(401, self.browse(back)[0])
        self.assertEqual(401, self.browse(back, cookie + "x")[0])
        changed = back.replace("state=", "state=x")
        self.assertEqual(401, self.browse(changed, cookie)[0])
        self.assertEqual(200, self.browse(back, cookie)[0])


class AsProvider(unittest.TestCase):
    """This cloud tells another one about its users."""

    @classmethod
    def setUpClass(cls):
        cls.where = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=haneul", "-keyout", cls.where / "key.pem", "-out",
                        cls.where / "cert.pem"], check=True, capture_output=True)
        cls.cloud = cls.enterClassContext(harness.Cloud(hosts=1, conf=(
            f"[keystone.saml]\nkeyfile = {cls.where}/key.pem\ncertfile = {cls.where}/cert.pem\n"
            f"idp_entity_id = {ISSUER}\nidp_sso_endpoint = https://here.example.org/sso\n")))
        cls.url = cls.cloud.env["HANEUL_URL"] + "/identity/v3"
        cls.api = Api(cls.cloud.env["HANEUL_URL"], cls.cloud.state)
        auth = v3.Token(auth_url=cls.url, token=cls.api.token, project_id=cls.api.project)
        session = keystoneauth1.session.Session(auth=auth)
        cls.saml = client.Client(session=session, endpoint_override=cls.url).federation.saml
        for name, enabled in (("far", True), ("off", False)):
            answer = cls.api.send("PUT", f"/identity/v3/OS-FEDERATION/service_providers/{name}", {
                "service_provider": {"auth_url": "https://far.example.org/v3", "enabled": enabled,
                                     "sp_url": "https://far.example.org/sp?a=1&b=2"}})
            assert answer.status == 201, answer

    def verify(self, text, certificate="cert.pem"):
        path = self.where / "assertion.xml"
        path.write_text(text)
        done = subprocess.run(["xmlsec1", "--verify", "--id-attr:ID",
                               "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
                               "--enabled-key-data", "raw-x509-cert", "--pubkey-cert-pem",
                               self.where / certificate, path],
                              capture_output=True, text=True)
        return done.returncode

    def test_assertions_are_signed(self):
        text = self.saml.create_saml_assertion("far", self.api.token)
        self.assertEqual(0, self.verify(text))
        for old, new in (("admin</saml:AttributeValue>", "root</saml:AttributeValue>"),
                         ("<saml:NameID>", "<saml:NameID>x")):
            self.assertIn(old, text)
            self.assertNotEqual(0, self.verify(text.replace(old, new, 1)))

    def test_what_they_say(self):
        response = ElementTree.fromstring(self.saml.create_saml_assertion("far", self.api.token))
        names = {"a": "urn:oasis:names:tc:SAML:2.0:assertion"}
        said = {one.get("Name"): [v.text for v in one] for one
                in response.iterfind(".//a:Attribute", names)}
        self.assertEqual((["admin"], ["Default"], ["admin"]), (
            said["openstack_user"], said["openstack_user_domain"], said["openstack_project"]))
        self.assertIn("admin", said["openstack_roles"])
        self.assertEqual(ISSUER, response.find("a:Assertion/a:Issuer", names).text)
        confirmed = response.find(".//a:SubjectConfirmationData", names)
        self.assertEqual("https://far.example.org/sp?a=1&b=2", confirmed.get("Recipient"))

    def test_in_an_envelope(self):
        text = self.saml.create_ecp_assertion("far", self.api.token)
        self.assertEqual(0, self.verify(text))
        self.assertIn(">ss:mem:", text)

    def test_refusals(self):
        for provider, token, wrong in (("none", self.api.token, exceptions.NotFound),
                                       ("off", self.api.token, exceptions.Forbidden),
                                       ("far", "nonsense", exceptions.NotFound)):
            with self.assertRaises(wrong):
                self.saml.create_saml_assertion(provider, token)

    def test_metadata(self):
        answer = self.api.send("GET", "/identity/v3/OS-FEDERATION/saml2/metadata")
        described = ElementTree.fromstring(answer.body)
        self.assertEqual(ISSUER, described.get("entityID"))
        certificate = described.find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate").text
        kept = (self.where / "cert.pem").read_text()
        self.assertIn(certificate, "".join(kept.splitlines()))


if __name__ == "__main__":
    unittest.main()
