"""kill -9 at random moments while servers come and go: afterwards every server has reached a final
state with a reason, and rows and drivers agree."""

import pathlib
import random
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

KILLS = 20
WORKERS = 30


class Worker(threading.Thread):
    """Creates and deletes servers until told to stop; a cloud that is away is waited for."""

    def __init__(self, cloud, stop, number):
        super().__init__(daemon=True)
        self.cloud, self.stop, self.number = cloud, stop, number
        self.unexpected = []

    def run(self):
        api, mine, count = None, [], 0
        while not self.stop.is_set():
            try:
                api = api or Api(self.cloud.env["HANEUL_URL"], self.cloud.state)
                if len(mine) > 3 or (mine and random.random() < 0.4):
                    answer = api.send("DELETE", f"/compute/v2.1/servers/{mine[0]}")
                    if answer.status in (204, 404):
                        mine.pop(0)
                    elif answer.status >= 500 and answer.status != 503:
                        self.unexpected.append(answer)
                else:
                    count += 1
                    answer = api.boot(f"w{self.number}-{count}")
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
            api = Api(cloud.env["HANEUL_URL"], cloud.state)
            api.unlimit()
            stop = threading.Event()
            workers = [Worker(cloud, stop, i) for i in range(WORKERS)]
            for worker in workers:
                worker.start()
            for _ in range(KILLS):
                stop.wait(random.uniform(0.05, 1.0))
                cloud.kill()
                cloud.up()
            stop.set()
            for worker in workers:
                worker.join(60)
                self.assertEqual([], worker.unexpected[:3])
            self.settles(cloud)

    def settles(self, cloud):
        api = Api(cloud.env["HANEUL_URL"], cloud.state)

        def final():
            servers = api.send("GET", "/compute/v2.1/servers/detail").json["servers"]
            restless = [s for s in servers if s["status"] not in ("ACTIVE", "ERROR")]
            return None if restless else (servers,)

        (servers,) = until("every server reaches a final state", 120, final)
        for server in servers:
            if server["status"] == "ERROR":
                self.assertTrue(server["fault"]["message"], server)
        code, lines = cloud.doctor()
        self.assertEqual(0, code, lines)


if __name__ == "__main__":
    unittest.main()
