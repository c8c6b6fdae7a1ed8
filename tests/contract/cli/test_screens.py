"""What a running cloud shows of itself: `haneul status`, /metrics, and whose request did what."""

import http.client
import pathlib
import re
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import waiting  # noqa: E402
from harness import PROGRAM, Cloud  # noqa: E402
from rest import Api  # noqa: E402

LATER = ("volume/v3", "object-store/v1", "orchestration/v1", "workflow/v2", "metric/v1",
         "database/v1.0", "data-processing/v1.1", "baremetal", "messaging/v2", "share/v2", "dns/v2",
         "search/v1", "key-manager/v1")


class Screens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Cloud(simulated=True, hosts=2))
        cls.api = Api(cls.cloud.env["HANEUL_URL"], cls.cloud.state)
        cls.addClassCleanup(cls.api.connection.close)
        cls.boot = cls.api.boot("one")
        cls.server = cls.boot.json["server"]["id"]
        waiting.until("the server is active", 30, cls.is_active)

    @classmethod
    def is_active(cls):
        shown = cls.api.send("GET", f"/compute/v2.1/servers/{cls.server}").json["server"]
        return shown["status"] == "ACTIVE"

    def delete(self, server):
        path = f"/compute/v2.1/servers/{server}"
        self.api.send("DELETE", path)
        waiting.until("it is gone", 30, lambda: self.api.send("GET", path).status == 404)

    def status(self):
        done = subprocess.run(self.cloud.command("status"), capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_status_has_every_section(self):
        waiting.until("nothing is under way", 30, lambda: "s  0 changes" in self.status())
        text = self.status()
        self.assertRegex(text, rf"\Ahaneul at {re.escape(self.cloud.env['HANEUL_URL'])} "
                               r"\(simulated\), up \d+ s\n")
        self.assertRegex(text, r"\nservices  keystone glance placement neutron nova\n")
        self.assertRegex(text, r"\nhosts     2\n  host-1 .*\n  host-2 .*\nguests ")
        self.assertRegex(text, r"\nguests    1 active\n")
        self.assertRegex(text, r"\nalso      \d+ networks, \d+ ports, 1 images\n")
        self.assertRegex(text, r"\nnetworks  0 changes on their way\nflows     0 unfinished\ndisk ")
        size = float(re.search(r"database (\d+\.\d) MiB", text)[1]) * 1048576
        files = sum((self.cloud.state / name).stat().st_size
                    for name in ("haneul.db", "haneul.db-wal"))
        self.assertAlmostEqual(files, size, delta=200_000, msg="what is not yet merged counts")

    def test_as_many_flows_are_listed_as_are_counted(self):
        sent = [self.api.boot(f"many-{i}").json["server"]["id"] for i in range(3)]
        for server in sent:
            self.addCleanup(self.delete, server)

        def listed():
            text = self.status()
            count = int(re.search(r"flows     (\d+) unfinished", text)[1])
            lines = re.findall(r"^  \S+ \S+ at \S+", text, re.M)
            self.assertEqual(min(count, 10), len(lines), text)
            return count == 0
        waiting.until("nothing is under way", 30, listed)
        self.assertIn(f"guests    {1 + len(sent)} active", self.status())

    def metrics(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        self.assertEqual(200, answer.status)
        self.assertTrue(answer.getheader("Content-Type").startswith("text/plain; version=0.0.4"))
        return answer.read().decode()

    def test_metrics_are_what_the_manual_says(self):
        manual = subprocess.run([str(PROGRAM), "reference", "metrics"], capture_output=True,
                                text=True, check=True, timeout=60).stdout
        listed = {(name, kind): help_ for name, kind, help_ in re.findall(
            r"^\| `(\w+)` \| (\w+) \| [^|]*\| (.*) \|$", manual, re.M)}
        text = self.metrics()
        kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        self.assertEqual(set(listed), set(kinds.items()))
        sample = re.compile(r'^(\w+)(?:\{(?:\w+="[^"\\\n]*",?)+\})? [0-9.e+-]+$')
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            self.assertRegex(line, sample)
            self.assertIn(sample.match(line)[1], kinds)
        self.assertTrue(text.endswith("\n"))

    def counted(self, service, status):
        found = re.search(rf'haneul_http_requests_total{{service="{service}",status="{status}"}} '
                          r"(\d+)", self.metrics())
        return int(found[1]) if found else 0

    def test_metrics_count(self):
        before = self.counted("nova", "4xx")
        self.assertEqual(404, self.api.send("GET", "/compute/v2.1/servers/none").status)
        self.assertEqual(before + 1, self.counted("nova", "4xx"))

    def test_work_in_the_background_names_its_request(self):
        request = self.boot.headers["x-openstack-request-id"]
        path = f"/compute/v2.1/servers/{self.server}/os-instance-actions/{request}"
        action = self.api.send("GET", path).json["instanceAction"]
        self.assertEqual(("create", request), (action["action"], action["request_id"]))
        self.assertTrue(action["events"], "written by the flow, when the request was over")
        self.assertEqual({"Success"}, {e["result"] for e in action["events"]})

    def test_the_log_names_the_request_of_a_flow_that_fails(self):
        flavor = self.api.send("POST", "/compute/v2.1/flavors", {"flavor": {
            "name": "vast", "ram": 64, "vcpus": 1, "disk": 10 ** 6}}).json["flavor"]["id"]
        image = self.api.named("/image/v2/images", "images", "haneul-guest")
        sent = self.api.send("POST", "/compute/v2.1/servers", {"server": {
            "name": "vast", "imageRef": image, "networks": "none", "flavorRef": flavor}})
        server, request = sent.json["server"]["id"], sent.headers["x-openstack-request-id"]
        self.addCleanup(self.delete, server)
        path = f"/compute/v2.1/servers/{server}"
        waiting.until("it fails", 30, lambda: self.api.send("GET", path).json["server"][
            "status"] == "ERROR")
        lines = [line for line in (self.cloud.state / "haneul.log").read_text().splitlines()
                 if request in line]
        self.assertTrue(any("No valid host" in line for line in lines), lines)

    def log_lines(self, request):
        return [line for line in (self.cloud.state / "haneul.log").read_text().splitlines()
                if f" request_id={request}" in line and " request method=" in line]

    def test_the_log_has_what_changes_and_what_fails(self):
        made = self.api.send("POST", "/networking/v2.0/networks?secret=1", {"network": {}})
        path = f"/networking/v2.0/networks/{made.json['network']['id']}"
        seen = self.api.send("GET", path)
        self.assertEqual(204, self.api.send("DELETE", path).status)
        gone = self.api.send("GET", path)
        lines = {}
        for name, answer in (("made", made), ("seen", seen), ("gone", gone)):
            request = answer.headers["x-openstack-request-id"]
            if name != "seen":
                waiting.until("the line is written", 5, lambda: self.log_lines(request))
            lines[name] = self.log_lines(request)
        self.assertEqual([1, 0, 1], [len(found) for found in lines.values()])
        self.assertRegex(lines["made"][0],
                         r" request method=POST path=/networking/v2.0/networks status=201 "
                         r"bytes=\d+ micros=\d+ from=127.0.0.1 request_id=req-")
        self.assertIn(f"path={path} status=404", lines["gone"][0])

    def test_what_is_no_request_has_an_id_too(self):
        for sent, status in ((b"nonsense\r\n\r\n", 400),
                             (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000, 431),
                             (b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417)):
            with socket.create_connection(("127.0.0.1", self.cloud.port), 30) as wire:
                wire.sendall(sent)
                answer = http.client.HTTPResponse(wire)
                answer.begin()
                self.assertEqual(status, answer.status)
                request = answer.getheader("X-Openstack-Request-Id")
                self.assertRegex(request, r"\Areq-[0-9a-f-]{36}\Z")
                answer.close()
            waiting.until("the line is written", 5, lambda: self.log_lines(request))

    def test_services_of_later_are_not_found(self):
        for path in LATER:
            answer = self.api.send("GET", "/" + path)
            self.assertEqual(404, answer.status, path)
            self.assertRegex(answer.headers["x-openstack-request-id"], r"\Areq-[0-9a-f-]{36}\Z")


if __name__ == "__main__":
    unittest.main()
