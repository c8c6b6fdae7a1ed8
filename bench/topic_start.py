"""Ready and resident, at first start and again."""

import shutil
import time

from load import Client, harness, memory


def seconds_to_ready(cloud):
    begun = time.monotonic()
    cloud.up()
    return time.monotonic() - begun


def measure(report, smoke):
    for hosts in (1, 5) if smoke else (1, 1000):
        cloud = harness.Cloud(simulated=True, hosts=hosts)
        try:
            report.at_most(f"ready, first start, {hosts:,} hosts", seconds_to_ready(cloud), "s", 1)
            report.at_most(f"resident then, {hosts:,} hosts", memory(cloud), "MiB", 64)
            Client(cloud).make_room().boot(10 if smoke else 1000)
            report.at_most(f"resident with 1,000 servers, {hosts:,} hosts", memory(cloud), "MiB",
                           64)
            cloud.down()
            report.at_most(f"ready again, {hosts:,} hosts", seconds_to_ready(cloud), "s", 1)
        finally:
            cloud.down()
            shutil.rmtree(cloud.state, ignore_errors=True)
