"""Boots the first guest of a fresh cloud and shows it; with Python's standard library alone."""

import argparse
import json
import os
import pathlib
import sys
import threading
import time
import urllib.error
import urllib.request

NAME = "first-guest"
ACTIVE_SECONDS_MAX = 120
LOGIN_SECONDS_MAX = 120
CONSOLE_LINES = 12


def state_directory(asked, simulated):
    """As the program chooses it."""
    if asked:
        return pathlib.Path(asked)
    name = "haneul-simulated" if simulated else "haneul"
    if os.geteuid() == 0:
        return pathlib.Path("/var/lib") / name
    base = os.environ.get("XDG_STATE_HOME") or str(pathlib.Path.home() / ".local/state")
    return pathlib.Path(base) / name


class Client:
    """A token of the demo project and the few calls needed here."""

    def __init__(self, state):
        self.url = (state / "url").read_text().strip()
        password = json.loads((state / "secrets.json").read_text())["demo_password"]
        domain = {"id": "default"}
        body = {"auth": {
            "identity": {"methods": ["password"], "password": {
                "user": {"name": "demo", "domain": domain, "password": password}}},
            "scope": {"project": {"name": "demo", "domain": domain}}}}
        self.token = None
        _, headers = self.send("POST", "/identity/v3/auth/tokens", body)
        self.token = headers["X-Subject-Token"]

    def send(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Content-Type", "application/json")
        request.add_header("OpenStack-API-Version", "compute 2.93")
        if self.token:
            request.add_header("X-Auth-Token", self.token)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return (json.loads(text) if text else {}), answer.headers
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def get(self, path):
        return self.send("GET", path)[0]


def first(rows, name):
    for row in rows:
        if row["name"] == name:
            return row["id"]
    raise SystemExit(f"there is no {name} in this cloud")


def find_or_boot(client):
    for server in client.get("/compute/v2.1/servers")["servers"]:
        if server["name"] == NAME:
            return server["id"]
    image = first(client.get("/image/v2/images")["images"], "haneul-guest")
    network = first(client.get("/networking/v2.0/networks")["networks"], "private")
    flavor = first(client.get("/compute/v2.1/flavors")["flavors"], "m1.micro")
    wanted = {"server": {"name": NAME, "imageRef": image, "flavorRef": flavor,
                         "networks": [{"uuid": network}]}}
    return client.send("POST", "/compute/v2.1/servers", wanted)[0]["server"]["id"]


def until(seconds, look):
    """What look() gives once it is not None."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        pause.wait(0.3)
    return None


def wait_active(client, server_id):
    def look():
        server = client.get(f"/compute/v2.1/servers/{server_id}")["server"]
        if server["status"] == "ERROR":
            raise SystemExit(f"the guest failed: {server['fault']['message']}")
        return server if server["status"] == "ACTIVE" else None

    server = until(ACTIVE_SECONDS_MAX, look)
    if server is None:
        raise SystemExit(f"the guest is not up after {ACTIVE_SECONDS_MAX} s; haneul status says more")
    return server


def console(client, server_id):
    body = {"os-getConsoleOutput": {"length": CONSOLE_LINES * 4}}
    return client.send("POST", f"/compute/v2.1/servers/{server_id}/action", body)[0]["output"]


def begin(name):
    print(f"  {name:<28}", end="", flush=True)
    return time.monotonic()


def end(begun):
    print(f" {time.monotonic() - begun:6.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--state")
    parser.add_argument("--simulated", action="store_true")
    arguments = parser.parse_args()
    state = state_directory(arguments.state, arguments.simulated)
    client = Client(state)

    begun = begin("first guest is ACTIVE")
    server_id = find_or_boot(client)
    server = wait_active(client, server_id)
    end(begun)
    begun = begin("first guest is at login")

    def at_login():
        text = console(client, server_id)
        return text if "login:" in text else None

    text = until(LOGIN_SECONDS_MAX, at_login)
    if text is None:
        print(" not yet")
        print("the guest has not come to its login prompt yet; its console so far:")
        text = console(client, server_id)
    else:
        end(begun)
    print("\nthe console's last lines:")
    for line in text.replace("\r", "").splitlines()[-CONSOLE_LINES:]:
        print("    " + line)
    addresses = [a["addr"] for n in server["addresses"].values() for a in n]
    print(f"\n{NAME} has {', '.join(addresses)}")
    print(f"\npoint a client at the cloud:\n"
          f"    export OS_CLIENT_CONFIG_FILE={(state / 'clouds.yaml').resolve()}\n"
          f"    export OS_CLOUD=haneul-demo\n"
          f"three things to try:\n"
          f"    openstack server list\n"
          f"    openstack console log show {NAME}\n"
          f"    openstack server create --image haneul-guest --flavor m1.nano"
          f" --network private second-guest")
    return 0


if __name__ == "__main__":
    sys.exit(main())
