"""100,000 servers on 1,000 hosts, one after the other: does the last thousand cost more?"""

from load import Client, cpu_seconds, harness, memory

# Of the 64 vcpus of a simulated host, four times used, one per server: room for 256 on each.
HOSTS, SERVERS, STEP = 1000, 100_000, 1000


def measure(report, smoke):
    hosts, servers, step = (5, 60, 20) if smoke else (HOSTS, SERVERS, STEP)
    with harness.Cloud(simulated=True, hosts=hosts) as cloud:
        client = Client(cloud).make_room()
        pid = cloud.pid()
        client.boot(step)  # the first of all fill caches; no part of the curve
        before = memory(cloud)
        walls, costs = [], []
        for _ in range(servers // step):
            begun = cpu_seconds(pid)
            _, seconds = client.boot(step)
            walls.append(seconds)
            costs.append(cpu_seconds(pid) - begun)
        rate = servers / sum(walls) * 60
        report.add(f"servers to ACTIVE, {servers:,} on {hosts:,} hosts", rate, "/min",
                   "upstream 40", rate / 40, "≥ 10,000/min", rate >= 10_000)
        flat(report, "seconds", walls, step)
        flat(report, "processor seconds", costs, step)
        report.add("memory per server", (memory(cloud) - before) * 1024 / servers, "KiB")
        report.add("resident at the end", memory(cloud), "MiB")


def flat(report, what, series, step):
    ratio = series[-1] / max(series[0], 0.01)
    report.add(f"last {step:,} in {what}", series[-1], "s", f"first {series[0]:.2f} s", ratio,
               "≤ 1.3 ×", ratio <= 1.3)
    tenths = series[:: max(1, len(series) // 10)]
    print(f"<!-- {what} of each tenth: {' '.join(f'{x:.2f}' for x in tenths)} -->")
