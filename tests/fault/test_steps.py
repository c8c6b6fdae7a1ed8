"""Every step of every flow: done twice in a row, and once with the process killed before it could
write down that the step was done. Afterwards everything has settled and rows and drivers agree."""

import os
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "scenario"))
sys.path.insert(0, str(ROOT / "tests" / "tidy"))

import guests  # noqa: E402
import harness  # noqa: E402
import references  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

# No pauses between attempts that anybody would have to wait for.
QUICK = "[flow]\nretry_first = 0.1\nretry_max = 0.5\n"
SETTLED = ("ACTIVE", "SHUTOFF", "PAUSED", "ERROR")


def steps():
    """(flow, step, whether it has an undo) of all that there are."""
    return [(flow, step, undone == "yes") for flow, step, undone in
            re.findall(r"^\| `(\S+)` \| `(\S+)` \| (\w*) \|$", references.page("flows"), re.M)]


class Drive:
    """A user who sets every flow going. What it made is found by its name afterwards."""

    def __init__(self, cloud):
        self.api = Api(cloud.env["HANEUL_URL"], cloud.state)

    def call(self, method, path, body=None, headers=None, good=(200, 201, 202, 204)):
        answer = self.api.send(method, path, body, headers)
        if answer.status not in good:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer

    def network(self):
        made = self.call("POST", "/networking/v2.0/networks", {"network": {"name": "steps"}})
        network = made.json["network"]["id"]
        self.call("POST", "/networking/v2.0/subnets", {"subnet": {
            "network_id": network, "cidr": "10.66.0.0/24", "ip_version": 4}})
        return network

    def image(self):
        image = self.call("POST", "/image/v2/images", {
            "name": "steps", "disk_format": "raw", "container_format": "bare"}).json["id"]
        self.call("PUT", f"/image/v2/images/{image}/stage", b"x" * 70000,
                  {"Content-Type": "application/octet-stream"})
        self.call("POST", f"/image/v2/images/{image}/import",
                  {"method": {"name": "glance-direct"}})
        self.settled(f"/image/v2/images/{image}", lambda i: i["status"], ("active", "queued"))

    def settled(self, path, what, states):
        return until(f"{path} is one of {states}", 120, lambda: self.state(path, what, states),
                     pause=0.05)

    def state(self, path, what, states):
        state = what(self.call("GET", path).json)
        return state if state in states else None

    def server(self, network):
        made = self.api.boot("steps", networks=[{"uuid": network}])
        if made.status != 202:
            raise AssertionError(f"boot: {made}")
        path = f"/compute/v2.1/servers/{made.json['server']['id']}"
        self.becomes(path, "ACTIVE")
        for action, state in (({"os-stop": None}, "SHUTOFF"), ({"os-start": None}, "ACTIVE"),
                              ({"reboot": {"type": "HARD"}}, "ACTIVE"), ({"pause": None}, "PAUSED"),
                              ({"unpause": None}, "ACTIVE")):
            self.call("POST", f"{path}/action", action)
            self.becomes(path, state)
        image = self.api.named("/image/v2/images", "images", "haneul-guest")
        self.call("POST", f"{path}/action", {"rebuild": {"imageRef": image}})
        self.becomes(path, "ACTIVE")
        self.call("DELETE", path)
        until("the server is gone", 120, lambda: self.api.send("GET", path).status == 404, 0.05)

    def becomes(self, path, wanted):
        """At rest in the wanted state, or ended in error."""
        def look():
            server = self.call("GET", path).json["server"]
            return server["OS-EXT-STS:task_state"] is None and server["status"] in SETTLED and server
        server = until(f"{path} is {wanted}", 120, look, pause=0.05)
        if server["status"] != wanted:
            raise AssertionError(f"{server['status']}: {server.get('fault')}")

    def everything(self):
        network = self.network()
        self.image()
        self.server(network)

    def wipe(self):
        """Deletes what earlier drives left, once it has settled."""
        servers = "/compute/v2.1/servers/detail?name=steps"
        until("every server has settled", 120, lambda: all(
            s["OS-EXT-STS:task_state"] is None and s["status"] in SETTLED
            for s in self.call("GET", servers).json["servers"]))
        for server in self.call("GET", servers).json["servers"]:
            self.call("DELETE", f"/compute/v2.1/servers/{server['id']}", good=(204, 404))
        until("every server is gone", 120,
              lambda: not self.call("GET", servers).json["servers"], pause=0.05)
        images = self.call("GET", "/image/v2/images?name=steps").json["images"]
        for image in images:
            self.settled(f"/image/v2/images/{image['id']}", lambda i: i["status"],
                         ("active", "queued"))
            self.call("DELETE", f"/image/v2/images/{image['id']}")
        networks = self.call("GET", "/networking/v2.0/networks?name=steps").json["networks"]
        for network in networks:
            self.call("DELETE", f"/networking/v2.0/networks/{network['id']}")


class Steps(unittest.TestCase):
    def configure(self, cloud, text):
        (cloud.state / "haneul.conf").write_text(QUICK + text)

    def restart(self, cloud, text):
        """False if the process killed itself before it answered."""
        if cloud.pid():
            cloud.down()
        self.configure(cloud, text)
        try:
            cloud.up()
            return True
        except RuntimeError:
            return False

    def clean(self, cloud):
        def agree():
            code, lines = cloud.doctor()
            return code == 0 or print(lines) or None
        until("rows and drivers agree", 30, agree)

    def dies(self, cloud, text, dead_step):
        """The drive ends because the process does; a failed step's own error may come first."""
        if not self.restart(cloud, text):
            return
        try:
            Drive(cloud).everything()
        except (OSError, ValueError):
            pass
        except AssertionError:
            if cloud.pid():
                raise
        until(f"{dead_step} kills the process", 10, lambda: cloud.pid() is None, pause=0.02)

    def one_step(self, cloud, flow, step, undo):
        last = [s for f, s, _ in steps() if f == flow][-1]
        name = f"{flow}/{step}{'~' if undo else ''}"
        trial = f"die_after = {name}\n" + (f"fail_after = {flow}/{last}\n" if undo else "")
        self.dies(cloud, trial, name)
        self.assertTrue(self.restart(cloud, ""), cloud.log_tail())
        Drive(cloud).wipe()
        self.clean(cloud)

    def crashes(self, cloud, only=""):
        for flow, step, undone in steps():
            for undo in (False, True) if undone else (False,):
                if flow.startswith(only):
                    with self.subTest(flow=flow, step=step, undo=undo):
                        self.one_step(cloud, flow, step, undo)

    def twice(self, cloud):
        drive = Drive(cloud)
        drive.everything()
        drive.wipe()
        self.clean(cloud)

    def test_twice(self):
        with harness.Cloud(conf=QUICK + "repeat_steps = yes\n") as cloud:
            self.twice(cloud)

    def test_crash(self):
        with harness.Cloud(conf=QUICK) as cloud:
            self.crashes(cloud)

    def test_twice_with_a_real_guest(self):
        with guests.real_cloud(conf=QUICK + "repeat_steps = yes\n") as cloud:
            self.twice(cloud)

    @unittest.skipUnless(os.environ.get("HANEUL_FULL"), "long: ./check --full")
    def test_crash_with_a_real_guest(self):
        with guests.real_cloud(conf=QUICK) as cloud:
            self.crashes(cloud, only="nova.")


if __name__ == "__main__":
    unittest.main()
