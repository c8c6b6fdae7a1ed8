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


def measure(report, smoke):
    seconds = 1 if smoke else 4
    with harness.Cloud(simulated=True, hosts=5) as cloud, empty_loop() as loop:
        client = Client(cloud).make_room()
        bare = wrk(loop, seconds=seconds)
        report.add("empty handler", bare, "/s")
        subject = [*client.auth, f"X-Subject-Token: {client.api.token}"]
        tokens = wrk(f"{client.url}/identity/v3/auth/tokens", subject, seconds)
        report.upstream("token validation", tokens, 200)
        report.at_least("token validation", tokens, "/s", bare, 0.6, "empty handler")
        document = wrk(f"{client.url}/identity/v3/", seconds=seconds)
        report.upstream("version document", document, None)
        report.at_least("version document", document, "/s", bare, None, "empty handler")
        report.upstream("user list",
                        wrk(f"{client.url}/identity/v3/users", client.auth, seconds), 150)
        for name, path in singles(client):
            rate = wrk(client.url + path, client.auth, seconds)
            report.upstream("one server shown", rate, 150, label=name)
