"""Memory and processor share when nothing happens."""

import time

from load import Client, cpu_seconds, harness, many, memory, until


def rest(report, cloud, seconds, label):
    """Nothing is asked of the cloud for so long; this is what it does by itself."""
    begun, at = cpu_seconds(cloud.pid()), time.monotonic()
    until("time passes", seconds + 5, lambda: time.monotonic() - at >= seconds, 1)
    share = 100 * (cpu_seconds(cloud.pid()) - begun) / (time.monotonic() - at)
    report.at_most(f"idle, {label}", share, "% of a core", 0.5)
    report.at_most(f"resident, {label}", memory(cloud), "MiB", 64)


def measure(report, smoke):
    seconds, count = (2, 10) if smoke else (60, 1000)
    for hosts in (1, 5) if smoke else (1, 1000):
        with harness.Cloud(simulated=True, hosts=hosts) as cloud:
            rest(report, cloud, seconds, f"{hosts:,} hosts")
            client = Client(cloud).make_room()
            ids, _ = client.boot(min(count, 200 * hosts))
            many(50, 8, lambda w, i: client.workers[w].send(
                "GET", "/compute/v2.1/servers/detail?limit=1000"))
            many(len(ids), 8, lambda w, i: client.workers[w].send(
                "DELETE", f"/compute/v2.1/servers/{ids[i]}"))
            path = "/compute/v2.1/servers?limit=1"
            until("all are gone", 120, lambda: not client.api.send("GET", path).json["servers"])
            report.add(f"most there ever was, {hosts:,} hosts", memory(cloud, "VmHWM"), "MiB")
            rest(report, cloud, seconds, f"{hosts:,} hosts, {len(ids):,} servers made and deleted")
