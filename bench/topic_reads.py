"""Tokens, documents and single resources beside the empty handler."""

from load import Client, empty_loop, harness, wrk


def first(client, path, plural):
    return client.api.send("GET", path).json[plural][0]["id"]


# Upstream's single reads were measured of a server; the others are held to the same figure.
def singles(client):
    ids, _ = client.boot(1)
    yield "one server shown", f"/compute/v2.1/servers/{ids[0]}"
    for noun, path in (("port", "/networking/v2.0/ports"),
                       ("network", "/networking/v2.0/networks"), ("image", "/image/v2/images"),
                       ("user", "/identity/v3/users"), ("flavor", "/compute/v2.1/flavors")):
        yield f"one {noun} shown", f"{path}/{first(client, path, noun + 's')}"


def best_of_turns(rounds, seconds, asked):
    """One after the other again and again, so that others on the machine disturb all alike."""
    best = [0] * len(asked)
    for _ in range(rounds):
        for i, (url, headers) in enumerate(asked):
            best[i] = max(best[i], wrk(url, headers, max(1, int(seconds))))
    return best


def measure(report, smoke):
    seconds = 1 if smoke else 4
    with harness.Cloud(simulated=True, hosts=5) as cloud, empty_loop() as loop:
        client = Client(cloud).make_room()
        subject = [*client.auth, f"X-Subject-Token: {client.api.token}"]
        bare, tokens, document = best_of_turns(1 if smoke else 4, seconds / 2, (
            (loop, []), (f"{client.url}/identity/v3/auth/tokens", subject),
            (f"{client.url}/identity/v3/", [])))
        report.add("empty handler", bare, "/s")
        report.upstream("token validation", tokens, 200)
        report.at_least("token validation", tokens, "/s", bare, 0.6, "empty handler")
        report.upstream("version document", document, None)
        report.at_least("version document", document, "/s", bare, None, "empty handler")
        report.upstream("user list",
                        wrk(f"{client.url}/identity/v3/users", client.auth, seconds), 150)
        for name, path in singles(client):
            rate = wrk(client.url + path, client.auth, seconds)
            report.upstream("one server shown", rate, 150, label=name)
