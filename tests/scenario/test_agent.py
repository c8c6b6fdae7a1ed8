"""A guest on a host that is a process of its own: the controller has no hypervisor, the agent no
database. Both are on this machine and share the controller's Open vSwitch."""

import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
import harness  # noqa: E402
from agents import Agent  # noqa: E402
from waiting import until  # noqa: E402

SCRIPT = "#!/bin/sh\necho hello-from-user-data\n"


class GuestOfAnAgent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = guests.real_cloud(public_cidr="172.24.40.0/24", arguments=["--no-local-host"])
        cls.addClassCleanup(cls.cloud.down)
        cls.cloud.up()
        switch = f"unix:{cls.cloud.state}/ovn/run/db.sock"
        bridges = subprocess.run(["ovs-vsctl", f"--db={switch}", "list-br"], check=True,
                                 capture_output=True, text=True).stdout.split()
        bridge = next(b for b in bridges if b.startswith("br-int"))
        cls.agent = Agent(cls.cloud, socket.gethostname(), simulated=False,
                          arguments=["--switch-database", switch, "--integration-bridge", bridge])
        cls.addClassCleanup(cls.end_agent)
        cls.agent.start()
        cls.demo = guests.Tenant(cls.cloud)
        cls.api = cls.demo.api
        until("the host is there", 90, lambda: "a node is connected" in cls.agent.log())
        admin = guests.Tenant(cls.cloud, who="haneul-admin").api
        until("the host is reported", 60, lambda: [
            s for s in admin.compute.services() if s.state == "up"])

    @classmethod
    def end_agent(cls):
        if cls.agent.process.poll() is None:
            cls.agent.end()
        subprocess.run([str(harness.PROGRAM), "down", "--state", str(cls.agent.state)],
                       capture_output=True, timeout=120, check=True)

    def check_clean(self):
        code, lines = self.cloud.doctor()
        self.assertEqual(0, code, lines)

    def test_a_guest_boots_and_reaches_metadata(self):
        private = self.api.network.find_network("private")
        server = self.demo.boot("afar", private, user_data=guests.user_data(SCRIPT))
        self.demo.wait_console(server, r"haneul-guest: ready")
        text = self.demo.console(server)
        self.assertIn("haneul-guest: source=metadata", text)
        self.assertIn("haneul-guest: hostname=afar", text)
        self.assertIn("hello-from-user-data", text)
        self.check_clean()
        self.agent_dies_and_returns(server)
        self.api.compute.delete_server(server)
        self.demo.gone(server)
        self.check_clean()

    def agent_dies_and_returns(self, server):
        """The guest runs on; its next boot finds metadata again."""
        self.agent.kill()
        self.agent.start()
        until("the agent is back", 60,
              lambda: self.agent.log().count("a node is connected") == 2)
        self.assertEqual("ACTIVE", self.api.compute.get_server(server).status)
        self.api.compute.reboot_server(server, "HARD")
        self.demo.wait_console(server, r"haneul-guest: boot-count=2")
        self.demo.wait_console(server, r"(?s)boot-count=2.*haneul-guest: source=metadata")

    def test_config_drive(self):
        server = self.demo.boot("driven", self.api.network.find_network("private"),
                                config_drive=True, user_data=guests.user_data(SCRIPT))
        self.demo.wait_console(server, r"haneul-guest: ready")
        text = self.demo.console(server)
        self.assertIn("haneul-guest: source=config-drive", text)
        self.assertIn("hello-from-user-data", text)
        self.api.compute.delete_server(server)
        self.demo.gone(server)
        self.check_clean()


if __name__ == "__main__":
    unittest.main()
