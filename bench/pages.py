"""What single pages cost, one request after the other."""

import time

from load import cpu_seconds

TIMES = 8


def cost(client, path):
    """Best wall time and the server's processor time of a request, in ms; and the answer."""
    pid, best = client.cloud.pid(), 1e9
    answer = client.api.send("GET", path)  # warm: statements are prepared
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer}")
    begun = cpu_seconds(pid)
    for _ in range(TIMES):
        at = time.monotonic()
        answer = client.api.send("GET", path)
        best = min(best, time.monotonic() - at)
    return best * 1000, (cpu_seconds(pid) - begun) / TIMES * 1000, answer.json


class Pages:
    """Pages of one kind; the worst of them is the figure."""

    def __init__(self, report, client, what, limit_ms=20):
        self.report, self.client, self.what, self.limit_ms = report, client, what, limit_ms
        self.seen = []

    def ask(self, path):
        wall, cpu, body = cost(self.client, path)
        # The processor's clock ticks a hundred times a second: too coarse for what is quick.
        own = min(wall, cpu) if cpu > 2 else wall
        self.seen.append((own, wall, cpu, path))
        return body

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            return
        self.seen.sort(reverse=True)
        own, _, _, path = self.seen[0]
        self.report.at_most(f"{self.what}: worst of {len(self.seen)} pages", own, "ms",
                            self.limit_ms, path.split("?")[-1][:70])
        for own, wall, cpu, path in self.seen[:12]:
            print(f"<!-- {own:7.1f} ms (wall {wall:.1f}, cpu {cpu:.1f}) {path} -->")
