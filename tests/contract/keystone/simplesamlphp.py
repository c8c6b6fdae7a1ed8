"""SimpleSAMLphp as an identity provider, from Debian's package, with PHP's own server: its page to log
in, and the profile for clients that are no browsers (ECP)."""

import html.parser
import http.client
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import waiting  # noqa: E402

PROGRAM = pathlib.Path("/usr/share/simplesamlphp")

CONFIG = """<?php
$config = [
    'baseurlpath' => '%(url)s/',
    'secretsalt' => 'of no use elsewhere',
    'auth.adminpassword' => 'not used',
    'technicalcontact_email' => 'nobody@example.org',
    'timezone' => 'UTC',
    'logging.handler' => 'errorlog',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => '%(where)s/sessions',
    'session.cookie.secure' => false,
    'tempdir' => '%(where)s/temp', 'datadir' => '%(where)s/data', 'loggingdir' => '%(where)s/log',
    'certdir' => '%(where)s/',
    'metadata.sources' => [['type' => 'flatfile', 'directory' => '%(where)s/metadata']],
];
"""

PEOPLE = """<?php
$config = ['people' => ['exampleauth:UserPass',
    'ada:right' => ['uid' => ['ada'], 'mail' => ['ada@example.org'],
                    'groups' => ['crew', 'guests']],
    'eve:right' => ['uid' => ['eve'], 'mail' => ['eve@example.org'], 'groups' => ['guests']]]];
"""

HOSTED = """<?php
$metadata['%(entity)s'] = ['host' => '__DEFAULT__', 'privatekey' => 'idp.key',
    'certificate' => 'idp.crt', 'auth' => 'people', 'saml20.ecp' => true,
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'];
"""

REMOTE = """<?php
$metadata['%(entity)s'] = [
    'AssertionConsumerService' => [
        ['Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', 'Location' => '%(post)s',
         'index' => 0, 'isDefault' => true],
        ['Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:PAOS', 'Location' => '%(paos)s',
         'index' => 1]],
    'validate.authnrequest' => %(signed)s, 'certData' => '%(certificate)s',
    'simplesaml.nameidattribute' => 'uid'];
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_key(where, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-keyout", where / f"{name}.key", "-out",
                    where / f"{name}.crt"], check=True, capture_output=True)
    os.chmod(where / f"{name}.key", 0o600)


class Forms(html.parser.HTMLParser):
    """The form of a page: where it goes and what it says."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = given.get("action", "")
        if tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value") or ""


class Browser:
    """Follows links and posts forms; keeps cookies by host and port, and sends each back where it is
    from."""

    def __init__(self):
        self.cookies = {}

    def send(self, method, url, form=None):
        """Status, headers (lower case) and text."""
        parts = urllib.parse.urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        kept = self.cookies.setdefault(parts.netloc, {})
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in kept.items())} if kept else {}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    kept[key] = rest.split(";")[0]
            return (answer.status, {k.lower(): v for k, v in answer.getheaders()},
                    answer.read().decode())
        finally:
            connection.close()

    def follow(self, url, until):
        """To the first page that is no redirection, or whose address begins with `until`."""
        for _ in range(10):
            if url.startswith(until):
                return url, ""
            status, headers, text = self.send("GET", url)
            if status not in (301, 302, 303):
                return url, text
            url = urllib.parse.urljoin(url, headers["location"])
        raise AssertionError("redirected without end")


class Provider:
    """with Provider(where) as provider: provider.knows(…); … `ada` and `eve` have the password
    "right"."""

    def __init__(self, where):
        self.where = pathlib.Path(where)
        for name in ("metadata", "sessions", "temp", "data", "log"):
            (self.where / name).mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.entity = f"{self.url}/idp"
        make_key(self.where, "idp")
        self.write("config.php", CONFIG, url=self.url, where=self.where)
        self.write("authsources.php", PEOPLE)
        self.write("metadata/saml20-idp-hosted.php", HOSTED, entity=self.entity)
        self.log = open(self.where / "php.log", "w", encoding="utf-8")
        self.process = None

    def write(self, name, text, **values):
        (self.where / name).write_text(text % values if values else text)

    def knows(self, entity, post, paos, certificate=""):
        """The service provider that it talks to; with a certificate, its requests must be signed."""
        lines = [one for one in certificate.splitlines() if not one.startswith("-----")]
        self.write("metadata/saml20-sp-remote.php", REMOTE, entity=entity, post=post, paos=paos,
                   signed="true" if certificate else "false", certificate="".join(lines))

    def __enter__(self):
        self.process = subprocess.Popen(
            ["php", "-d", "error_reporting=E_ALL & ~E_DEPRECATED", "-d", "display_errors=0",
             "-S", f"127.0.0.1:{self.port}", "-t", PROGRAM / "www"],
            env={**os.environ, "SIMPLESAMLPHP_CONFIG_DIR": str(self.where),
                 "PHP_CLI_SERVER_WORKERS": "1"},
            stdout=self.log, stderr=self.log)
        waiting.until("the identity provider answers", 30, self.metadata)
        return self

    def metadata(self):
        try:
            status, _, text = Browser().send("GET", self.url + "/saml2/idp/metadata.php")
        except OSError:
            return None
        return text if status == 200 else None

    @property
    def ecp_url(self):
        return self.url + "/saml2/idp/SSOService.php"

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


def is_here():
    return shutil.which("php") is not None and PROGRAM.exists()
