"""Valid bodies with one thing wrong: a 4xx in the service's own form, and nothing worse."""

import json
import os
import pathlib
import re
import select
import socket
import subprocess
import sys
import types
import unittest
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import cases
import fixtures
import forms
import harness
import mutations
import rest
import waiting

LEAK = re.compile(rb"SQLITE|sqlite|SELECT .* FROM|syntax error near|constraint failed|terminate "
                  rb"called|\.cc:\d+|Traceback|std::|basic_string|bad_alloc|what\(\)")
# Keys whose value is free, of any structure: kept as sent or ignored, as upstream does.
FREE = re.compile(r"own_property|nonsense|binding:profile|user/email|credential/blob|config/")
# A PUT that makes something.
PUT_MAKES = re.compile(r"/v3/(regions|OS-FEDERATION/.+)/h-[^/]+$|/allocations/")
SEGMENT = re.compile(r"\{[^}]*\}")
QUERIES = ["marker=" + "x" * 300, "marker=%27%3B%20DROP%20TABLE%20users%3B--",
           "marker=a%0d%0aX-Bad:%201", "limit=1.5", "limit=", "limit=" + "9" * 300,
           "sort_key=" + "x" * 300, "sort_key=id%3B--&sort_dir=asc", "sort_dir=asc,desc",
           "sort_key=id&sort_dir=", "sort=id:asc%3B--", "fields=%00", "name=" + "x" * 4000]


def setUpModule():
    if "HANEUL_URL" not in os.environ:
        raise unittest.SkipTest("HANEUL_URL is not set")


class GoneBad(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.api = rest.Api(os.environ["HANEUL_URL"], os.environ["HANEUL_STATE"])
        cls.things = fixtures.Things(cls.api)
        cls.wrong = []

    @classmethod
    def tearDownClass(cls):
        left = cls.things.remove()
        cls.api.connection.close()
        if left:
            raise AssertionError("\n".join(left))

    def setUp(self):
        self.wrong.clear()

    def tearDown(self):
        self.assertEqual([], self.wrong[:40], f"{len(self.wrong)} in all")

    def send(self, service, what, method, path, body=None, certain=False):
        """Sends it, judges the answer and takes away what was made."""
        headers = fixtures.headers_of(path)
        if service == "glance" and method == "PATCH":
            headers["Content-Type"] = fixtures.PATCH_TYPE
        try:
            answer = self.api.send(method, path, body, headers)
        except OSError as error:
            self.wrong.append(f"{method} {path[:100]} ({what}): {error}")
            return None
        why = None
        if answer.status >= 500:
            why = "a server's fault"
        elif LEAK.search(answer.body):
            why = "leaks"
        elif "x-bad" in answer.headers:
            why = "a header was injected"
        elif answer.status >= 400 and answer.body:
            why = forms.error(service, answer)
        elif certain and answer.status < 300:
            why = "was taken"
        if why:
            self.wrong.append(f"{method} {path[:100]} ({what}): {why}: {answer.status} "
                              f"{answer.body[:200]}")
        if answer.status < 300 and method == "PUT" and PUT_MAKES.search(path):
            self.api.send("DELETE", path, None, fixtures.headers_of(path))
        elif answer.status < 300 and method == "POST":
            self.take_away(path, answer)
        return answer

    def take_away(self, path, answer):
        if not answer.body or path.endswith(("/action", "/metadata", "os-extra_specs",
                                                "/inventories")):
            return
        try:
            key = fixtures.key_of(answer)
        except (AttributeError, KeyError, ValueError):  # an empty list, or bytes
            return
        self.api.send("DELETE", f"{path}/{urllib.parse.quote(key, safe='')}", None,
                      fixtures.headers_of(path))

    def ids(self):
        found = dict(self.things.ids, consumer=str(uuid.uuid4()),
                     fresh=fixtures.fresh())
        provider = self.api.send("GET", "/placement/resource_providers/" + found["provider"]).json
        return dict(found, generation=provider["generation"])

    def valid(self, service, method, pattern, body_of):
        """Sends the valid body; where it went and what it was."""
        ids = self.ids()
        path, body = cases.MOUNTS[service] + pattern.format(**ids), body_of(ids)
        good = self.send(service, "valid", method, path, body)
        if not good or good.status >= 300 and pattern not in fixtures.REFUSED_IN_ANY_CASE:
            self.wrong.append(f"{method} {path}: the valid body is refused: {good}")
        return path, body_of(self.ids())

    def try_service(self, service):
        for method, pattern, body_of in fixtures.BODIES[service]:
            path, body = self.valid(service, method, pattern, body_of)
            for what, certain, changed in mutations.of(body, pattern in fixtures.COSTLY):
                self.send(service, what, method, path, json.dumps(changed).encode(),
                          certain and not FREE.search(what))
            # Nothing of all this has stuck.
            if f"{method} {pattern}" not in fixtures.ONCE:
                self.valid(service, method, pattern, body_of)

    def test_keystone(self):
        self.try_service("keystone")

    def test_glance(self):
        self.try_service("glance")

    def test_placement(self):
        self.try_service("placement")

    def test_neutron(self):
        self.try_service("neutron")

    def test_nova(self):
        self.try_service("nova")

    def test_every_route_that_takes_a_body_has_a_valid_one(self):
        known = {(service, method, SEGMENT.sub("*", pattern)) for service, rows
                 in fixtures.BODIES.items() for method, pattern, _ in rows}
        fixed = {(service, method, *pattern.split("/")[:-1]) for service, method, pattern in known}
        for service, method, path, _ in cases.routes():
            path = SEGMENT.sub("*", path.removeprefix(cases.MOUNTS[service]))
            if method not in ("POST", "PUT", "PATCH") or fixtures.WITHOUT_BODY.search(path):
                continue
            if (service, method, path) not in known:
                # The last segment may be spelled out there.
                if not path.endswith("*") or (service, method, *path.split("/")[:-1]) not in fixed:
                    self.wrong.append(f"{service} {method} {path}")

    def test_lists(self):
        for service, method, path, _ in cases.routes():
            if method == "GET" and "{" not in path:
                for query in QUERIES:
                    self.send(service, query[:60], "GET", f"{path}?{query}")

    def test_a_stream_without_an_end_takes_no_memory(self):
        pid = harness.Cloud.pid(types.SimpleNamespace(
            state=pathlib.Path(os.environ["HANEUL_STATE"])))
        before = resident(pid)
        for path in ("/identity/v3/users", "/networking/v2.0/ports", "/compute/v2.1/servers",
                     "/image/v2/images", "/placement/resource_providers"):
            sent, status = self.stream(path, 100 * 1024 * 1024)
            if status != 413:
                self.wrong.append(f"{path}: {status} after {sent} bytes")
        grown = resident(pid) - before
        self.assertLess(grown, 64 * 1024 * 1024, "the process grew")

    def stream(self, path, bytes_max):
        """(bytes sent, status) of a chunked body that goes on until it is refused."""
        where = urllib.parse.urlsplit(os.environ["HANEUL_URL"])
        chunk = b"10000\r\n" + b"[" * 0x10000 + b"\r\n"
        sent = 0
        with socket.create_connection((where.hostname, where.port), timeout=30) as raw:
            raw.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.api.token}\r\n"
                        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        .encode())
            # As curl does: whoever sends looks whether an answer has come.
            while sent < bytes_max and not select.select([raw], [], [], 0)[0]:
                raw.sendall(chunk)
                sent += 0x10000
            head = raw.recv(4096)
        return sent, int(head.split(b" ")[1]) if head else 0


class ZAfterwards(unittest.TestCase):
    """Runs last."""

    def test_the_cloud_is_whole(self):
        api = rest.Api(os.environ["HANEUL_URL"], os.environ["HANEUL_STATE"])
        self.addCleanup(api.connection.close)
        for path in ("/identity/v3/users", "/networking/v2.0/ports", "/compute/v2.1/servers",
                     "/image/v2/images", "/placement/resource_providers"):
            self.assertEqual(200, api.send("GET", path).status, path)
        waiting.until("doctor finds nothing", 60, lambda: self.doctor() == 0, pause=1)

    def doctor(self):
        return subprocess.run([str(harness.PROGRAM), "doctor", "--simulated", "--state",
                               os.environ["HANEUL_STATE"]], capture_output=True,
                              timeout=120).returncode


def resident(pid):
    """Bytes of memory that a process has at present."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    unittest.main()
