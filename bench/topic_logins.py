"""Passwords beside bare bcrypt: both at once, so that they share the cores alike."""

import threading
import time

from load import Client, cpu_seconds, harness, many, program
import subprocess


def bare_cost(count):
    """Processor seconds of one bcrypt of cost 12, bare."""
    done = subprocess.run([str(program("bcrypt")), str(count)], capture_output=True, text=True,
                          check=True)
    return float(done.stdout)


def login_body(cloud):
    import json
    secrets = json.loads((cloud.state / "secrets.json").read_text())
    domain = {"id": "default"}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "demo", "domain": domain, "password": secrets["demo_password"]}}},
        "scope": {"project": {"name": "demo", "domain": domain}}}}


def slowest_read(client, stop, times):
    while not stop.is_set():
        at = time.monotonic()
        client.api.send("GET", "/identity/v3/users")
        times.append((time.monotonic() - at) * 1000)
        stop.wait(0.02)


def measure(report, smoke):
    count = 4 if smoke else 40
    with harness.Cloud(simulated=True, hosts=1) as cloud:
        client = Client(cloud).make_room()
        body, pid = login_body(cloud), cloud.pid()
        bare = bare_cost(max(2, count // 4))
        begun, at = cpu_seconds(pid), time.monotonic()
        stop, times = threading.Event(), []
        other = Client(cloud)
        watch = threading.Thread(target=slowest_read, args=(other, stop, times))
        begun, at = cpu_seconds(pid), time.monotonic()
        watch.start()
        rate = many(count, 8, lambda worker, i: client.workers[worker].send(
            "POST", "/identity/v3/auth/tokens", body, {"X-Auth-Token": ""}))
        wall, cpu = time.monotonic() - at, cpu_seconds(pid) - begun
        stop.set()
        watch.join()
        bare = (bare + bare_cost(max(2, count // 4))) / 2
        report.upstream("password login", rate, None)
        report.add("processor time of a login", cpu / count * 1000, "ms",
                   f"bare bcrypt {bare * 1000:.1f} ms", cpu / count / bare, "≤ 1.1 ×",
                   cpu / count <= 1.1 * bare)
        report.add("cores that logins use", cpu / wall, "", "2 and what others leave")
        times.sort()
        report.add("a read meanwhile, median", times[len(times) // 2], "ms")
