"""Measures haneul against upstream's figures and against bare loops, all in one run.

    ninja -C build haneul && cmake -DHANEUL_BENCH=ON build && ninja -C build http_loop
    python3 bench/run.py [--servers 1000]

Every figure is printed with what it is compared to; docs/benchmarks.md keeps the last results.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from rest import Api  # noqa: E402
from waiting import until  # noqa: E402

# Upstream on the same two cores: Debian's Zed, MariaDB, RabbitMQ, memcached, two workers each.
UPSTREAM = {"token validation": 60, "password login": 5.6, "version document": 835,
            "user list": 71, "one server shown": 23, "1000 servers with details": 0.27,
            "networks created": 10.5, "ports created": 4.9, "1000 ports listed": 2.1,
            "image records created": 27, "servers to ACTIVE per minute": 40}


def wrk(url, headers=(), seconds=5, connections=8):
    """Requests per second, and how many were not 2xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), int(bad.group(1)) if bad else 0


def report(name, rate, unit="/s"):
    upstream = UPSTREAM.get(name)
    times = f"  {rate / upstream:8.0f} x upstream's {upstream}" if upstream else ""
    print(f"{name:<32} {rate:12.1f}{unit}{times}", flush=True)


def many(count, workers, make):
    """Calls make(worker, i) `count` times over some connections; calls per second."""
    def share(worker):
        for i in range(worker, count, workers):
            make(worker, i)

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(share, range(workers)))
    return count / (time.monotonic() - begun)


def empty_loop():
    """What the HTTP front alone does with an empty handler."""
    port = harness.free_port()
    program = ROOT / "build" / "bench" / "http_loop"
    if not program.exists():
        return None
    loop = subprocess.Popen([str(program), str(port)], stdout=subprocess.DEVNULL)
    try:
        until("the loop answers", 10, lambda: _answers(port))
        return wrk(f"http://127.0.0.1:{port}/")[0]
    finally:
        loop.terminate()
        loop.wait()


def _answers(port):
    import socket
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def reads(cloud, api):
    url = cloud.env["HANEUL_URL"]
    auth = [f"X-Auth-Token: {api.token}"]
    bare = empty_loop()
    if bare:
        report("empty handler", bare)
    rate, bad = wrk(f"{url}/identity/v3/auth/tokens", [*auth, f"X-Subject-Token: {api.token}"])
    assert bad == 0
    report("token validation", rate)
    if bare:
        print(f"{'  of the empty handler':<32} {100 * rate / bare:11.0f} %")
    report("version document", wrk(f"{url}/identity/v3/")[0])
    report("user list", wrk(f"{url}/identity/v3/users", auth)[0])


def servers(cloud, api, count):
    url = cloud.env["HANEUL_URL"]
    network = api.named("/networking/v2.0/networks", "networks", "bench")
    clients = [Api(url, cloud.state) for _ in range(8)]
    for client in clients:
        client.ids = dict(api.ids)
    ids = []

    def boot(worker, i):
        answer = clients[worker].boot(f"bench-{i}", networks=[{"uuid": network}])
        assert answer.status == 202, answer
        ids.append(answer.json["server"]["id"])

    begun = time.monotonic()
    many(count, 8, boot)
    until("all are ACTIVE", 300, lambda: _all_active(api, count))
    report("servers to ACTIVE per minute", count / (time.monotonic() - begun) * 60, "/min")
    auth = [f"X-Auth-Token: {api.token}", "OpenStack-API-Version: compute 2.93"]
    report("one server shown", wrk(f"{url}/compute/v2.1/servers/{ids[0]}", auth)[0])
    report("1000 servers with details",
           wrk(f"{url}/compute/v2.1/servers/detail?limit=1000", auth, connections=2)[0])
    report("1000 ports listed", wrk(f"{url}/networking/v2.0/ports?limit=1000", auth, connections=2)[0])


def _all_active(api, count):
    answer = api.send("GET", "/compute/v2.1/servers?status=BUILD&limit=1")
    return not answer.json["servers"]


def creates(cloud, api):
    url = cloud.env["HANEUL_URL"]
    clients = [Api(url, cloud.state) for _ in range(8)]

    def make(path, body, status=201):
        def once(worker, i):
            answer = clients[worker].send("POST", path, body(i))
            assert answer.status == status, answer
        return once

    report("networks created", many(1000, 8, make(
        "/networking/v2.0/networks", lambda i: {"network": {"name": f"n{i}"}})))
    network = api.named("/networking/v2.0/networks", "networks", "bench")
    report("ports created", many(1000, 8, make(
        "/networking/v2.0/ports", lambda i: {"port": {"network_id": network}})))
    report("image records created", many(500, 8, make(
        "/image/v2/images", lambda i: {"name": f"i{i}", "disk_format": "raw",
                                       "container_format": "bare"})))


def prepare(api):
    api.unlimit()
    api.named("/image/v2/images", "images", "haneul-guest")
    api.named("/compute/v2.1/flavors", "flavors", "m1.nano")
    quota = {"quota": {"network": -1, "port": -1, "subnet": -1}}
    assert api.send("PUT", f"/networking/v2.0/quotas/{api.project}", quota).status == 200
    network = api.send("POST", "/networking/v2.0/networks",
                       {"network": {"name": "bench"}}).json["network"]["id"]
    answer = api.send("POST", "/networking/v2.0/subnets", {"subnet": {
        "network_id": network, "cidr": "10.0.0.0/8", "ip_version": 4}})
    assert answer.status == 201, answer


def resident(cloud):
    status = pathlib.Path(f"/proc/{cloud.pid()}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", type=int, default=1000)
    arguments = parser.parse_args()
    begun = time.monotonic()
    with harness.Cloud(simulated=True, hosts=1000 if arguments.servers > 1000 else 100) as cloud:
        print(f"{'ready, simulated':<32} {time.monotonic() - begun:12.2f} s")
        print(f"{'resident when idle':<32} {resident(cloud):12.1f} MiB")
        api = Api(cloud.env["HANEUL_URL"], cloud.state)
        prepare(api)
        reads(cloud, api)
        creates(cloud, api)
        servers(cloud, api, arguments.servers)
        print(f"{'resident afterwards':<32} {resident(cloud):12.1f} MiB")


if __name__ == "__main__":
    main()
