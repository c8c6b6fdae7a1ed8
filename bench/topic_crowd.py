"""Creates, single reads and lists with 100,000 networks, ports, images and users."""

from fill import Filler
from load import Client, harness, wrk
from pages import Pages
from topic_creates import create_all
from topic_reads import singles

PATHS = {"networks": "/networking/v2.0/networks", "ports": "/networking/v2.0/ports",
         "images": "/image/v2/images", "users": "/identity/v3/users"}


def measure(report, smoke):
    count, made, seconds = (300, 20, 1) if smoke else (100_000, 1000, 4)
    with harness.Cloud(simulated=True, hosts=100) as cloud:
        client = Client(cloud).make_room()
        for plural in ("ports", "images"):  # rows to multiply
            body = {"network_id": client.network, "name": "bench"} if plural == "ports" else {
                "name": "bench", "disk_format": "raw", "container_format": "bare"}
            client.made("POST", PATHS[plural],
                        {"port": body} if plural == "ports" else body)
        cloud.down()
        with Filler(cloud) as filler:
            for plural in PATHS:
                getattr(filler, plural)(count)
        cloud.up()
        network, client = client.network, Client(cloud).make_room()
        with Pages(report, client, f"{count:,} networks, ports, images and users") as pages:
            for plural, path in PATHS.items():
                first = pages.ask(f"{path}?limit=1000")[plural]
                pages.ask(f"{path}?limit=1000&marker={first[-1]['id']}")
                pages.ask(f"{path}?limit=100&name=crowd-000042")
            pages.ask(f"{PATHS['ports']}?limit=1000&network_id={network}")
        for name, path in singles(client):
            report.upstream("one server shown", wrk(client.url + path, client.auth, seconds), 150,
                            label=f"{name}, among {count:,}")
        create_all(report, client, made, f", with {count:,} there")
