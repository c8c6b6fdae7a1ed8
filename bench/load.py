"""Load on a cloud, and what the process that serves it costs."""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def program(name):
    path = ROOT / "build" / "bench" / name
    if not path.exists():
        raise SystemExit(f"bench: {path} is missing; cmake -DHANEUL_BENCH=ON build, then ninja")
    return path


def wrk(url, headers=(), seconds=4, connections=8):
    """Requests per second; fails if any answer was not 2xx or 3xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if bad:
        raise RuntimeError(f"{url}: {bad.group(1)} answers were no success")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def many(count, workers, make):
    """Calls make(worker, i) `count` times over some connections; calls per second."""
    def share(worker):
        for i in range(worker, count, workers):
            make(worker, i)

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(share, range(workers)))
    return count / (time.monotonic() - begun)


def memory(cloud, what="VmRSS"):
    """MiB; VmHWM is the most there ever was."""
    status = pathlib.Path(f"/proc/{cloud.pid()}/status").read_text()
    return int(re.search(what + r":\s+(\d+)", status).group(1)) / 1024


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def answers(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


@contextlib.contextmanager
def empty_loop():
    """The URL of the same HTTP front with a handler that does nothing."""
    port = harness.free_port()
    loop = subprocess.Popen([str(program("http_loop")), str(port)], stdout=subprocess.DEVNULL)
    try:
        until("the loop answers", 10, lambda: answers(port))
        yield f"http://127.0.0.1:{port}/"
    finally:
        loop.terminate()
        loop.wait()


class Client:
    """An administrator without limits, on a network with room for all."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.url = cloud.env["HANEUL_URL"]
        self.api = Api(self.url, cloud.state)
        self.auth = [f"X-Auth-Token: {self.api.token}", "OpenStack-API-Version: compute 2.93"]
        self.network = None
        self.workers = []

    def make_room(self):
        self.api.unlimit()
        self.api.named("/image/v2/images", "images", "haneul-guest")
        self.api.named("/compute/v2.1/flavors", "flavors", "m1.nano")
        quota = {"quota": {"network": -1, "port": -1, "subnet": -1}}
        self.made("PUT", f"/networking/v2.0/quotas/{self.api.project}", quota, 200)
        self.network = self.made("POST", "/networking/v2.0/networks",
                                 {"network": {"name": "bench"}}).json["network"]["id"]
        self.made("POST", "/networking/v2.0/subnets", {"subnet": {
            "network_id": self.network, "cidr": "10.0.0.0/8", "ip_version": 4}})
        self.workers = [Api(self.url, self.cloud.state) for _ in range(8)]
        for worker in self.workers:
            worker.ids = dict(self.api.ids)
        return self

    def made(self, method, path, body, status=201):
        answer = self.api.send(method, path, body)
        if answer.status != status:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer

    def create(self, count, path, body, status=201):
        """How many a second."""
        def once(worker, i):
            answer = self.workers[worker].send("POST", path, body(i))
            if answer.status != status:
                raise RuntimeError(f"{path}: {answer}")
        return many(count, len(self.workers), once)

    def boot(self, count):
        """Servers from the first request until all are ACTIVE; their ids and the seconds."""
        ids = []

        def once(worker, i):
            answer = self.workers[worker].boot(f"bench-{i}", networks=[{"uuid": self.network}])
            if answer.status != 202:
                raise RuntimeError(str(answer))
            ids.append(answer.json["server"]["id"])

        begun = time.monotonic()
        many(count, len(self.workers), once)
        path = "/compute/v2.1/servers?all_tenants=1&status=BUILD&limit=1"
        until("all are ACTIVE", 300, lambda: not self.api.send("GET", path).json["servers"], 0.02)
        return ids, time.monotonic() - begun
