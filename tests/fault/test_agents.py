"""A controller without a host of its own and agents in processes of theirs: servers land on all of
them, and whoever dies, everything reaches a final state once all are back."""

import pathlib
import random
import subprocess
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from agents import Agent  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

KILLS = 10


class AgentsOfACloud(unittest.TestCase):
    def setUp(self):
        self.cloud = self.enterContext(harness.Cloud(arguments=["--no-local-host"]))
        self.api = Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
        self.api.unlimit()

    def agent(self, host):
        return self.enterContext(Agent(self.cloud, host))

    def states(self):
        """Of the hosts, as os-services says."""
        services = self.api.send("GET", "/compute/v2.1/os-services").json["services"]
        return {s["host"]: s["state"] for s in services}

    def are(self, **states):
        until(f"hosts are {states}", 30, lambda: self.states() == states)

    def servers(self):
        return self.api.send("GET", "/compute/v2.1/servers/detail").json["servers"]

    def settled(self, seconds=150):
        """All servers, none of them on its way."""
        def look():
            servers = self.servers()
            return all(s["status"] in ("ACTIVE", "ERROR") for s in servers) and servers
        return until("every server reaches a final state", seconds, look)

    def clean(self):
        code, lines = self.cloud.doctor()
        self.assertEqual(0, code, lines)

    def test_servers_land_on_all_hosts(self):
        self.agent("h1"), self.agent("h2")
        self.are(h1="up", h2="up")
        for i in range(20):
            self.assertEqual(202, self.api.boot(f"s{i}", networks="auto" if i % 2 else "none").status)
        servers = self.settled()
        self.assertEqual({"ACTIVE"}, {s["status"] for s in servers})
        self.assertEqual({"h1", "h2"}, {s["OS-EXT-SRV-ATTR:host"] for s in servers})
        self.clean()
        for s in servers:
            self.assertEqual(204, self.api.send("DELETE", f"/compute/v2.1/servers/{s['id']}").status)
        until("all are gone", 30, lambda: not self.servers())
        self.clean()
        lines = subprocess.run(self.cloud.command("status"), capture_output=True, text=True,
                               check=True).stdout
        self.assertRegex(lines, r"h1 +agent connected; \d+ guests; vcpus \d+ of \d+")

    def test_a_host_whose_agent_is_gone_gets_no_servers(self):
        with Agent(self.cloud, "h1"):
            self.are(h1="up")
            self.assertEqual(202, self.api.boot("there").status)
            self.settled()
        self.are(h1="down")
        self.api.boot("nowhere")
        fault = next(s["fault"] for s in self.settled() if s["name"] == "nowhere")
        self.assertIn("1 dropped by ComputeFilter (its agent is not connected)", fault["message"])
        code, lines = self.cloud.doctor()
        self.assertEqual(1, code)
        self.assertIn("Host h1 has 1 servers but no agent of it is connected.", lines)
        status = subprocess.run(self.cloud.command("status"), capture_output=True, text=True,
                                check=True).stdout
        self.assertRegex(status, r"h1 +down: no agent connected, last seen \d+ s ago")

    def test_an_agent_is_killed_while_servers_come(self):
        first, second = self.agent("h1"), self.agent("h2")
        self.are(h1="up", h2="up")
        stop, unexpected = threading.Event(), []

        def boot():
            api, count = Api(self.cloud.env["HANEUL_URL"], self.cloud.state), 0
            while not stop.wait(0.02):
                count += 1
                answer = api.boot(f"{threading.get_ident()}-{count}")
                if answer.status != 202:
                    unexpected.append(answer)
                elif count % 3 == 0:
                    server = answer.json["server"]["id"]
                    api.send("DELETE", f"/compute/v2.1/servers/{server}")

        workers = [threading.Thread(target=boot) for _ in range(4)]
        for worker in workers:
            worker.start()
        for _ in range(KILLS):
            victim = random.choice([first, second])
            stop.wait(random.uniform(0.1, 0.6))
            victim.kill()
            stop.wait(random.uniform(0.0, 0.5))
            victim.start()
        stop.set()
        for worker in workers:
            worker.join(60)
        self.assertEqual([], unexpected[:3])
        self.are(h1="up", h2="up")
        for server in self.settled():
            if server["status"] == "ERROR":
                self.assertTrue(server["fault"]["message"], server)
        self.clean()

    def test_agents_come_back_to_a_new_controller(self):
        self.agent("h1"), self.agent("h2")
        self.are(h1="up", h2="up")
        for i in range(10):
            self.api.boot(f"s{i}")
        self.cloud.kill()
        self.cloud.up()
        self.api = Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
        self.are(h1="up", h2="up")
        self.assertEqual({"ACTIVE"}, {s["status"] for s in self.settled()})
        self.clean()

    def test_a_second_agent_of_the_same_name_waits(self):
        first = self.agent("h1")
        self.are(h1="up")
        second = Agent(self.cloud, "h1")
        second.state = self.cloud.state / "second"
        second.command[second.command.index("--state") + 1] = str(second.state)
        with second:
            until("the second is told why", 30,
                  lambda: "another process is connected as h1" in second.log())
            self.assertIsNone(first.process.poll())
            first.end()
            until("the second takes over", 60, lambda: second.log().count("a node is connected") == 2)


class Refusals(unittest.TestCase):
    """What is wrong is said in one line."""

    @classmethod
    def setUpClass(cls):
        cls.cloud = harness.Cloud(arguments=["--no-local-host"])
        cls.cloud.up()
        cls.addClassCleanup(cls.cloud.down)

    def run_agent(self, **more):
        agent = Agent(self.cloud, "h1", **more)
        done = subprocess.run(agent.command, capture_output=True, text=True, timeout=60)
        lines = [l for l in done.stderr.splitlines() if l.startswith("haneul: ")]
        self.assertEqual(1, len(lines), done)
        return done.returncode, lines[0]

    def test_the_secret_is_wrong(self):
        other = self.cloud.state / "other.join"
        other.write_text('{"secret":"guess","certificate":""}')
        code, line = self.run_agent(join=other)
        self.assertEqual(1, code)
        self.assertIn("refuses this agent; it says 401", line)

    def test_there_is_no_join_file(self):
        code, line = self.run_agent(join=self.cloud.state / "nothing")
        self.assertEqual(1, code)
        self.assertIn("copy agent.join from the controller's state directory", line)

    def test_the_directory_holds_a_cloud(self):
        agent = Agent(self.cloud, "h1")
        agent.command[agent.command.index("--state") + 1] = str(self.cloud.state)
        done = subprocess.run(agent.command, capture_output=True, text=True, timeout=60)
        self.assertEqual(1, done.returncode)
        self.assertIn("another haneul works in", done.stderr)

    def test_the_join_file_is_secret(self):
        mode = (self.cloud.state / "agent.join").stat().st_mode & 0o777
        self.assertEqual(0o600, mode)


class OverTls(unittest.TestCase):
    def certificate(self, directory, address):
        directory.mkdir(parents=True, exist_ok=True)
        key, cert = directory / "key.pem", directory / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=haneul",
                        "-addext", f"subjectAltName=IP:{address}", "-keyout", str(key), "-out",
                        str(cert)], check=True, capture_output=True)
        return ["--tls-cert", str(cert), "--tls-key", str(key)]

    def connects(self, address, expected):
        cloud = harness.Cloud(arguments=["--no-local-host"])
        cloud.arguments += self.certificate(cloud.state / "tls", address)
        with cloud, Agent(cloud, "h1", url=f"https://127.0.0.1:{cloud.port}") as agent:
            until(expected, 30, lambda: expected in agent.log())

    def test_the_certificate_is_in_the_join_file(self):
        self.connects("127.0.0.1", "a node is connected")

    def test_a_certificate_of_another_address_is_not_accepted(self):
        self.connects("127.0.0.9", "IP address mismatch")


if __name__ == "__main__":
    unittest.main()
