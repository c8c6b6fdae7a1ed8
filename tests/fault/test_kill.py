"""kill -9 at random moments while servers come and go: afterwards every server has reached a final
state with a reason, and rows and drivers agree."""

import pathlib
import random
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT / "tests" / "scenario"))

import guests  # noqa: E402
import harness  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

KILLS = 20
WORKERS = 30
FINAL = ("ACTIVE", "ERROR", "SHUTOFF")  # off: it ended by itself while nobody looked
# A disk whose boot sector stops the processor: a guest that costs nothing once it runs.
HALTED = b"\xfa\xf4\xeb\xfd".ljust(510, b"\0") + b"\x55\xaa" + b"\0" * (1 << 20)


class Worker(threading.Thread):
    """Creates and deletes servers until told to stop; a cloud that is away is waited for."""

    def __init__(self, cloud, stop, number, held_max, networks):
        super().__init__(daemon=True)
        self.cloud, self.stop, self.number = cloud, stop, number
        self.held_max, self.networks = held_max, networks
        self.unexpected = []

    def run(self):
        api, mine, count = None, [], 0
        while not self.stop.is_set():
            try:
                api = api or Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
                if len(mine) >= self.held_max or (mine and random.random() < 0.4):
                    answer = api.send("DELETE", f"/compute/v2.1/servers/{mine[0]}")
                    if answer.status in (204, 404):
                        mine.pop(0)
                    elif answer.status >= 500 and answer.status != 503:
                        self.unexpected.append(answer)
                else:
                    count += 1
                    answer = api.boot(f"w{self.number}-{count}", networks=self.networks,
                                      image="halted")
                    if answer.status == 202:
                        mine.append(answer.json["server"]["id"])
                    elif answer.status >= 500 and answer.status != 503:
                        self.unexpected.append(answer)
            except (OSError, ValueError):
                api = None
                self.stop.wait(0.05)


class KilledAtRandom(unittest.TestCase):
    def test_simulated(self):
        with harness.Cloud(simulated=True, hosts=5) as cloud:
            self.kill_while_working(cloud, held_max=4, pause_seconds_max=1.0)
            self.settles(cloud, 120)

    def test_real(self):
        """The same with real guests: as many at once, but no more than the machine can hold."""
        with guests.real_cloud() as cloud:
            self.kill_while_working(cloud, held_max=1, pause_seconds_max=4.0)
            self.settles(cloud, 600)
            self.empties(cloud)

    def kill_while_working(self, cloud, held_max, pause_seconds_max):
        api = Api(cloud.env["HANEUL_URL"], cloud.state)
        api.unlimit()
        api.image("halted", HALTED)
        answer = api.send("PUT", f"/networking/v2.0/quotas/{api.project}",
                          {"quota": {"port": -1, "network": -1}})
        self.assertEqual(200, answer.status)
        network = api.send("POST", "/networking/v2.0/networks",
                           {"network": {"name": "killed"}}).json["network"]["id"]
        answer = api.send("POST", "/networking/v2.0/subnets", {"subnet": {
            "network_id": network, "cidr": "10.77.0.0/16", "ip_version": 4}})
        self.assertEqual(201, answer.status)
        stop = threading.Event()
        workers = [Worker(cloud, stop, i, held_max, [{"uuid": network}]) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        for _ in range(KILLS):
            stop.wait(random.uniform(0.05, pause_seconds_max))
            cloud.kill()
            cloud.up()
        stop.set()
        for worker in workers:
            worker.join(60)
            self.assertEqual([], worker.unexpected[:3])

    def empties(self, cloud):
        """Everything can be deleted, and then nothing is left."""
        api = Api(cloud.env["HANEUL_URL"], cloud.state)
        for server in api.send("GET", "/compute/v2.1/servers").json["servers"]:
            api.send("DELETE", f"/compute/v2.1/servers/{server['id']}")
        until("every server is gone", 120,
              lambda: not api.send("GET", "/compute/v2.1/servers").json["servers"])
        code, lines = cloud.doctor()
        self.assertEqual(0, code, lines)
        self.assertEqual([], list((cloud.state / "virt").rglob("disk*")), "guests' files")

    def settles(self, cloud, seconds):
        api = Api(cloud.env["HANEUL_URL"], cloud.state)

        restless = []

        def final():
            servers = api.send("GET", "/compute/v2.1/servers/detail").json["servers"]
            restless[:] = [(s["id"], s["status"], s["OS-EXT-STS:task_state"],
                            s["OS-EXT-STS:power_state"]) for s in servers
                           if s["status"] not in FINAL or s["OS-EXT-STS:task_state"]]
            return None if restless else (servers,)

        try:
            (servers,) = until("every server reaches a final state", seconds, final)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{restless}\n{cloud.log_tail(200)}") from late
        for server in servers:
            if server["status"] == "ERROR":
                self.assertTrue(server["fault"]["message"], server)
        code, lines = cloud.doctor()
        self.assertEqual(0, code, lines)


if __name__ == "__main__":
    unittest.main()
