"""Logging in by SAML 2.0: SimpleSAMLphp knows the users, keystoneauth and a browser bring what it
says; and one cloud tells another about its own."""

import base64
import json
import pathlib
import re
import sys
import tempfile
import unittest
import urllib.parse
from xml.etree import ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import keystoneauth1.session  # noqa: E402
from keystoneauth1 import exceptions  # noqa: E402
from keystoneauth1.extras import _saml2  # noqa: E402
from keystoneauth1.identity import v3  # noqa: E402

import harness  # noqa: E402
import simplesamlphp  # noqa: E402
from rest import Api  # noqa: E402

DASHBOARD = "https://dashboard.example.org/auth/websso/"
SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
RULES = [{"local": [{"user": {"name": "{0}", "email": "{1}"}},
                    {"groups": "{2}", "domain": {"id": "default"}}],
          "remote": [{"type": "MELLON_uid"}, {"type": "mail"},
                     {"type": "MELLON_groups", "whitelist": ["crew", "officers"]}]}]
OF_CLOUDS = [{"local": [{"user": {"name": "{0}"}},
                        {"group": {"name": "crew", "domain": {"id": "default"}}}],
              "remote": [{"type": "openstack_user"},
                         {"type": "MELLON_openstack_project", "any_one_of": ["admin"]}]}]


class ServiceProvider(harness.Cloud):
    """A cloud that takes what a provider says: `metadata` is what the provider says of itself."""

    def __init__(self, idp, issuer, rules, metadata, **more):
        super().__init__(hosts=1)
        self.idp, self.issuer, self.rules = idp, issuer, rules
        self.base = f"http://127.0.0.1:{self.port}/identity"
        self.auth_url = (f"{self.base}/v3/OS-FEDERATION/identity_providers/{idp}/protocols/saml2"
                         "/auth")
        (self.state / "metadata.xml").write_text(metadata)
        (self.state / "providers.json").write_text(json.dumps({idp: {"saml2": {
            "metadata_file": str(self.state / "metadata.xml"), "service_url": self.base, **more}}}))
        (self.state / "haneul.conf").write_text(
            f"[keystone.federation]\nproviders = {self.state}/providers.json\n"
            f"trusted_dashboard = {DASHBOARD}\n"
            "[keystone.saml2]\nremote_id_attribute = MELLON_IDP\n")

    def up(self):
        super().up()
        self.api = Api(self.env["HANEUL_URL"], self.state)
        base = "/OS-FEDERATION/"
        self.send("PUT", f"{base}identity_providers/{self.idp}", {"identity_provider": {
            "enabled": True, "remote_ids": [self.issuer]}})
        self.send("PUT", f"{base}mappings/m", {"mapping": {"rules": self.rules}})
        self.send("PUT", f"{base}identity_providers/{self.idp}/protocols/saml2",
                  {"protocol": {"mapping_id": "m"}})
        group = self.send("POST", "/groups", {"group": {"name": "crew"}})["group"]
        self.project = self.send("POST", "/projects", {"project": {"name": "boat"}})["project"]
        role = self.send("GET", "/roles?name=member")["roles"][0]
        self.send("PUT", f"/projects/{self.project['id']}/groups/{group['id']}/roles/{role['id']}")

    def send(self, method, path, body=None):
        answer = self.api.send(method, "/identity/v3" + path, body)
        assert answer.status < 300, (path, answer)
        return answer.json if answer.body else None

    def whose(self, token):
        answer = self.api.send("GET", "/identity/v3/auth/tokens", None, {"X-Subject-Token": token})
        return answer.json["token"]


class OfAProvider(unittest.TestCase):
    """SimpleSAMLphp: requests are signed and checked there, responses here."""

    @classmethod
    def setUpClass(cls):
        assert simplesamlphp.is_here(), "packages/test.txt lists simplesamlphp"
        where = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.provider = cls.enterClassContext(simplesamlphp.Provider(where))
        simplesamlphp.make_key(where, "sp")
        cls.sp = ServiceProvider("club", cls.provider.entity, RULES, cls.provider.metadata(),
                                 key_file=str(where / "sp.key"),
                                 certificate_file=str(where / "sp.crt"))
        cls.enterClassContext(cls.sp)
        answer = cls.sp.api.send("GET", urllib.parse.urlsplit(cls.sp.auth_url).path +
                                 "/mellon/metadata")
        described = ElementTree.fromstring(answer.body)
        places = {one.get("Binding").rpartition(":")[2]: one.get("Location") for one in
                  described.iter("{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")}
        certificate = described.find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate").text
        cls.provider.knows(described.get("entityID"), places["HTTP-POST"], places["PAOS"],
                           certificate)

    # Browsers

    def begin(self, path):
        """A browser that has logged in at the provider, and the form that it is to post."""
        browser = simplesamlphp.Browser()
        origin = urllib.parse.quote(DASHBOARD, safe="")
        url, page = browser.follow(f"{self.sp.base}/v3/{path}?origin={origin}", "none")
        self.assertTrue(url.startswith(self.provider.url), (url, page))
        form = simplesamlphp.Forms(page)
        form.fields.update(username="ada", password="right")
        form.fields.pop("", None)
        status, headers, page = browser.send("POST", urllib.parse.urljoin(url, form.action or url),
                                             form.fields)
        while status in (302, 303):
            url = urllib.parse.urljoin(url, headers["location"])
            status, headers, page = browser.send("GET", url)
        form = simplesamlphp.Forms(page)
        self.assertIn("SAMLResponse", form.fields, page)
        return browser, form

    def test_web_single_sign_on(self):
        for path in ("auth/OS-FEDERATION/websso/saml2",
                     "auth/OS-FEDERATION/identity_providers/club/protocols/saml2/websso"):
            browser, form = self.begin(path)
            self.assertEqual(self.sp.auth_url + "/mellon/postResponse", form.action)
            status, _, page = browser.send("POST", form.action, form.fields)
            self.assertEqual(200, status, page)
            self.assertIn(f'action="{DASHBOARD}"', page)
            said = self.sp.whose(page.split('value="')[1].split('"')[0])
            self.assertEqual("ada", said["user"]["name"])
            self.assertEqual(1, len(said["user"]["OS-FEDERATION"]["groups"]))
            status, _, page = browser.send("POST", form.action, form.fields)
            self.assertEqual(401, status, "an assertion is good once")
            self.assertNotIn("before", page, "why is in the log alone")
            self.assertIn("brought here before", self.sp.log_tail(200))

    def test_a_browser_may_fetch_the_token_itself(self):
        browser, form = self.begin(
            "OS-FEDERATION/identity_providers/club/protocols/saml2/auth")
        status, headers, _ = browser.send("POST", form.action, form.fields)
        self.assertEqual((302, self.sp.auth_url), (status, headers["location"]))
        self.assertNotIn("x-subject-token", headers)
        status, headers, _ = browser.send("GET", headers["location"])
        self.assertEqual(201, status)
        self.assertEqual("ada", self.sp.whose(headers["x-subject-token"])["user"]["name"])
        self.assertEqual(302, browser.send("GET", self.sp.auth_url)[0], "a session is good once")

    def test_another_browser_cannot_end_a_login(self):
        browser, form = self.begin("auth/OS-FEDERATION/websso/saml2")
        other, _ = self.begin("auth/OS-FEDERATION/websso/saml2")
        self.assertEqual(401, simplesamlphp.Browser().send("POST", form.action, form.fields)[0])
        self.assertEqual(401, other.send("POST", form.action, form.fields)[0])
        self.assertEqual(401, browser.send("POST", form.action,
                                           {**form.fields, "RelayState": "x"})[0])
        self.assertEqual(200, browser.send("POST", form.action, form.fields)[0])

    def test_what_was_changed_on_the_way(self):
        browser, form = self.begin("auth/OS-FEDERATION/websso/saml2")
        xml = base64.b64decode(form.fields["SAMLResponse"]).decode()
        self.assertIn(">ada@example.org<", xml)
        unsigned = re.sub("<ds:Signature.*?</ds:Signature>", "", xml, flags=re.S)
        for bad, status in ((xml.replace(">ada@", ">eve@"), 401), (unsigned, 401),
                            (xml.replace(">crew<", ">crew<!-- -->s<"), 401),
                            ("<!DOCTYPE a [<!ENTITY e 'x'>]>" + xml, 401), ("", 401)):
            given = {**form.fields, "SAMLResponse": base64.b64encode(bad.encode()).decode()}
            self.assertEqual(status, browser.send("POST", form.action, given)[0], bad[:200])
        for given in ({"RelayState": "x"}, {"SAMLResponse": "%%%", "RelayState": "x"}):
            self.assertEqual(400, browser.send("POST", form.action, given)[0])
        self.assertEqual(200, browser.send("POST", form.action, form.fields)[0])

    def test_another_host_is_not_another_recipient(self):
        """The addresses of responses are the operator's word, not a header's."""
        answer = self.sp.api.send("GET", urllib.parse.urlsplit(self.sp.auth_url).path +
                                  "/mellon/metadata", None, {"Host": "evil.example.org"})
        self.assertNotIn(b"evil", answer.body)

    def test_a_dashboard_that_is_not_trusted(self):
        url = f"{self.sp.base}/v3/auth/OS-FEDERATION/websso/saml2?origin=https%3A%2F%2Fevil.org"
        self.assertEqual(401, simplesamlphp.Browser().send("GET", url)[0])

    # Other clients

    @property
    def ecp_url(self):
        described = ElementTree.fromstring(self.provider.metadata())
        return [one.get("Location") for one in
                described.iter("{urn:oasis:names:tc:SAML:2.0:metadata}SingleSignOnService")
                if one.get("Binding") == SOAP][0]

    def password(self, name="ada", password="right", **scope):
        return v3_password(self.sp, self.ecp_url, name, password, **scope)

    def test_a_password_that_the_provider_knows(self):
        session = self.password(project_id=self.sp.project["id"])
        access = session.auth.get_access(session)
        self.assertEqual(("ada", self.sp.project["id"]), (access.username, access.project_id))
        self.assertEqual(["member", "reader"], sorted(access.role_names))
        again = self.password()
        self.assertEqual(access.user_id, again.get_user_id())

    def test_whom_the_mapping_gives_no_group(self):
        self.assertEqual("eve", self.sp.whose(self.password("eve").get_token())["user"]["name"])
        with self.assertRaises(exceptions.Unauthorized):
            self.password("eve", project_id=self.sp.project["id"]).get_token()

    def test_a_wrong_password(self):
        with self.assertRaises(exceptions.Unauthorized):
            self.password(password="wrong").get_token()


def v3_password(sp, ecp_url, name, password, **scope):
    return keystoneauth1.session.Session(auth=_saml2.V3Saml2Password(
        auth_url=sp.base + "/v3", identity_provider=sp.idp, protocol="saml2",
        identity_provider_url=ecp_url, username=name, password=password, **scope))


class OfAnotherCloud(unittest.TestCase):
    """Keystone to Keystone, with keystoneauth's plugin: two clouds."""

    @classmethod
    def setUpClass(cls):
        where = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        simplesamlphp.make_key(where, "idp")
        cls.issuer = "https://here.example.org/idp"
        cls.idp = cls.enterClassContext(harness.Cloud(hosts=1, conf=(
            f"[keystone.saml]\nkeyfile = {where}/idp.key\ncertfile = {where}/idp.crt\n"
            f"idp_entity_id = {cls.issuer}\nidp_sso_endpoint = https://here.example.org/sso\n")))
        cls.api = Api(cls.idp.env["HANEUL_URL"], cls.idp.state)
        metadata = cls.api.send("GET", "/identity/v3/OS-FEDERATION/saml2/metadata").body.decode()
        cls.sp = ServiceProvider("home", cls.issuer, OF_CLOUDS, metadata, unsolicited=True)
        cls.enterClassContext(cls.sp)
        cls.consumer = cls.sp.auth_url + "/mellon/paosResponse"
        for name, url in (("far", cls.consumer), ("elsewhere", "https://other.example.org/paos")):
            answer = cls.api.send("PUT", f"/identity/v3/OS-FEDERATION/service_providers/{name}", {
                "service_provider": {"auth_url": cls.sp.auth_url, "sp_url": url, "enabled": True}})
            assert answer.status == 201, answer
        cls.url = cls.idp.env["HANEUL_URL"] + "/identity/v3"

    def home(self):
        secrets = json.loads((self.idp.state / "secrets.json").read_text())
        return v3.Password(auth_url=self.url, username="admin", password=secrets["admin_password"],
                           user_domain_id="default", project_name="admin",
                           project_domain_id="default")

    def test_keystone_to_keystone(self):
        auth = v3.Keystone2Keystone(self.home(), "far", project_id=self.sp.project["id"])
        session = keystoneauth1.session.Session(auth=auth)
        access = auth.get_access(session)
        self.assertEqual(("admin", "boat"), (access.username, access.project_name))
        said = self.sp.whose(session.get_token())
        self.assertEqual("home", said["user"]["OS-FEDERATION"]["identity_provider"]["id"])

    def assertion(self, provider="far"):
        answer = self.api.send("POST", "/identity/v3/auth/OS-FEDERATION/saml2/ecp", {"auth": {
            "identity": {"methods": ["token"], "token": {"id": self.api.token}},
            "scope": {"service_provider": {"id": provider}}}})
        self.assertEqual(200, answer.status, answer)
        return answer.body

    def bring(self, body):
        path = urllib.parse.urlsplit(self.consumer).path
        return self.sp.api.send("POST", path, body, {"Content-Type": "application/vnd.paos+xml"})

    def test_each_assertion_counts_once(self):
        said = self.assertion()
        answer = self.bring(said)
        self.assertEqual(302, answer.status, answer)
        self.assertIn("haneul-saml-session=", answer.headers["set-cookie"])
        self.assertEqual(401, self.bring(said).status)

    def test_what_is_for_somebody_else(self):
        self.assertEqual(401, self.bring(self.assertion("elsewhere")).status)
        self.assertIn("it was sent elsewhere", self.sp.log_tail(50))

    def test_what_is_none(self):
        said = self.assertion()
        self.assertEqual(401, self.bring(said.replace(b">admin<", b">root<", 1)).status)
        for bad in (b"", b"x", b"<a/>", said[:100]):
            self.assertEqual(400, self.bring(bad).status, bad)

    def test_unknown_providers(self):
        path = urllib.parse.urlsplit(self.sp.auth_url).path.replace("/home/", "/none/")
        for method, name in (("GET", "metadata"), ("POST", "postResponse"),
                             ("POST", "paosResponse")):
            answer = self.sp.api.send(method, f"{path}/mellon/{name}", b"x" if method == "POST"
                                      else None)
            self.assertEqual(404, answer.status, answer)


if __name__ == "__main__":
    unittest.main()
