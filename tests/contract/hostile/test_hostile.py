"""Bad input on every route, and every route without a token: never a 500, never a leak."""

import os
import pathlib
import re
import socket
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import cases
import forms
import rest

# The old password, a signature or a secret is the proof here; upstream asks for no token either.
PROVEN = [("POST", "/identity/v3/auth/tokens"),
          ("POST", "/identity/v3/users/{user_id}/password"),
          ("POST", "/identity/v3/OS-OAUTH1/request_token"),
          ("POST", "/identity/v3/OS-OAUTH1/access_token"),
          *((method, "/identity/v3/OS-OAUTH2/token")
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))]
# What upstream answers 501 as well, and what guests cannot do yet: Nova's README.
NOT_DONE = re.compile(r"^/compute/v2.1/(servers/[^/]+/os-interface/|os-hosts/[^/]+/(startup|shutdown|reboot)$)")
# Bodies of any size are taken there, or were asked for by nobody: what is not there is said first.
STREAMED = re.compile(r"^/image/v2/images/[^/]+/(file|stage)$")
LEAK = re.compile(rb"SQLITE|SELECT .* FROM|syntax error near|terminate called|\.cc:\d+")
# What tells a client where to go, and what asks for a token, is open to all.
OPEN = re.compile(r"^/(identity|image|compute|networking|placement)(/v[\d.]+)?/?$|/versions/?$"
                  r"|/OS-FEDERATION/(websso/|saml2|identity_providers/.+/(auth|websso)$"
                  r"|identity_providers/.+/auth/mellon/)")


def setUpModule():
    if "HANEUL_URL" not in os.environ:
        raise unittest.SkipTest("HANEUL_URL is not set")


class Hostile(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.api = rest.Api(os.environ["HANEUL_URL"], os.environ["HANEUL_STATE"])
        self.addCleanup(self.api.connection.close)
        self.wrong = []

    def tearDown(self):
        self.assertEqual([], self.wrong)

    def try_it(self, what, method, path, body=None, headers=None):
        try:
            answer = self.api.send(method, path, body, headers)
        except OSError as error:
            self.wrong.append(f"{method} {path[:120]} ({what}): {error}")
            return
        why = None
        if answer.status >= 500 and not (answer.status == 501 and NOT_DONE.search(path)):
            why = "a server's fault"
        elif LEAK.search(answer.body):
            why = "leaks"
        elif answer.status >= 400 and answer.body:
            why = self.form(path, method, answer)
        if why:
            self.wrong.append(f"{method} {path[:120]} ({what}): {why}: {answer.status} "
                              f"{answer.body[:200]}")
        if "x-bad" in answer.headers:
            self.wrong.append(f"{method} {path[:120]} ({what}): a header was injected")

    def form(self, path, method, answer):
        """What is wrong with an error's form: the service's own, or that of what is no request."""
        service = next((s for s, mount in cases.MOUNTS.items() if path.startswith(mount)), None)
        why = forms.error(service, answer)
        plain = answer.headers["content-type"].startswith("text/plain")
        if why and answer.status in (400, 431) and plain:
            return None if answer.headers.get("connection") == "close" else "plain words"
        return why

    def test_bodies(self):
        for _, method, path, _ in cases.routes():
            if method in ("POST", "PUT", "PATCH"):
                for what, body in cases.BODIES.items():
                    self.try_it(what, method, cases.filled(path), body)

    def test_actions(self):
        for _, method, path, action in cases.routes():
            for argument in cases.ARGUMENTS if action else []:
                self.try_it(f"{action} {argument!r:.40}", method, cases.filled(path),
                            {action: argument})

    def test_headers(self):
        for _, method, path, _ in cases.routes():
            body = b"{}" if method in ("POST", "PUT", "PATCH") else None
            for headers in cases.HEADERS:
                self.try_it(f"{headers!r:.60}", method, cases.filled(path), body, headers)

    def test_methods_that_no_route_has(self):
        for path in sorted({path for _, _, path, _ in cases.routes()}):
            for method in ("HEAD", "OPTIONS", "TRACE", "NONSENSE"):
                self.try_it("method", method, cases.filled(path))

    def test_a_body_of_100_mib_is_refused_by_its_length(self):
        where = urllib.parse.urlsplit(os.environ["HANEUL_URL"])
        asked = {(method, cases.filled(path)) for _, method, path, _ in cases.routes()}
        for method, path in sorted(asked):
            if STREAMED.search(path):
                continue
            with socket.create_connection((where.hostname, where.port), timeout=20) as raw:
                raw.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
                            f"{self.api.token}\r\nContent-Type: application/json\r\n"
                            "Content-Length: 104857600\r\n\r\n".encode())
                status = raw.recv(4096).split(b"\r\n")[0]
            if b" 413 " not in status:
                self.wrong.append(f"{method} {path}: {status}")

    def test_paths(self):
        for _, method, path, _ in cases.routes():
            if "{" in path:
                for segment in cases.SEGMENTS:
                    self.try_it("path", method, cases.filled(path, segment),
                                b"{}" if method in ("POST", "PUT", "PATCH") else None)

    def test_queries(self):
        for _, method, path, _ in cases.routes():
            if method == "GET":
                for query in cases.QUERIES:
                    self.try_it("query", method, f"{cases.filled(path)}?{query}")

    def test_a_stranger_is_refused(self):
        for token in (None, "nonsense"):
            self.api.token = token
            for _, method, path, action in cases.routes():
                if OPEN.search(path) or (method, path) in PROVEN:
                    continue
                body = {action: None} if action else {}
                answer = self.api.send(method, cases.filled(path),
                                       body if method in ("POST", "PUT", "PATCH") else None)
                if answer.status != 401:
                    self.wrong.append(f"{method} {path} {action} token={token}: {answer.status}")
