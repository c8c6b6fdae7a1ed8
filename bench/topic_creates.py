"""Networks, ports, images and servers made."""

from load import Client, harness


def create_all(report, client, count, beside=""):
    report.upstream("networks created", client.create(
        count, "/networking/v2.0/networks", lambda i: {"network": {"name": f"n{i}"}}), 100,
        label="networks created" + beside)
    report.upstream("ports created", client.create(
        count, "/networking/v2.0/ports", lambda i: {"port": {"network_id": client.network}}), 100,
        label="ports created" + beside)
    report.upstream("image records created", client.create(
        count, "/image/v2/images", lambda i: {"name": f"i{i}", "disk_format": "raw",
                                              "container_format": "bare"}), 100,
        label="image records created" + beside)
    _, seconds = client.boot(count)
    report.upstream("servers to ACTIVE", count / seconds * 60, 250, "/min",
                    label="servers to ACTIVE" + beside)


def measure(report, smoke):
    with harness.Cloud(simulated=True, hosts=100) as cloud:
        create_all(report, Client(cloud).make_room(), 20 if smoke else 1000)
