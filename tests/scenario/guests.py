"""What the scenarios share: one real cloud, its clients, a key, consoles and connections."""

import base64
import pathlib
import re
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from waiting import until  # noqa: E402

BOOT_SECONDS_MAX = 150


def guest_image():
    path = ROOT / "build" / "haneul-guest.qcow2"
    subprocess.run([str(ROOT / "images" / "build"), str(path)], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def real_cloud(public_cidr="172.24.4.0/24", arguments=(), **more):
    """A real cloud with an external network of its own, so that two may run side by side."""
    return harness.Cloud(simulated=False,
                         arguments=["--guest-image", str(guest_image()),
                                    "--public-cidr", public_cidr, *arguments], **more)


class Tenant:
    """One project's view of the cloud through openstacksdk."""

    def __init__(self, cloud, who="haneul-demo"):
        import openstack
        config = openstack.config.OpenStackConfig(
            config_files=[cloud.env["OS_CLIENT_CONFIG_FILE"]], load_envvars=False)
        self.api = openstack.connection.Connection(config=config.get_one(cloud=who))
        self.cloud = cloud

    def boot(self, name, network, flavor="m1.micro", **more):
        compute = self.api.compute
        server = compute.create_server(
            name=name, image_id=self.api.image.find_image("haneul-guest").id,
            flavor_id=compute.find_flavor(flavor).id, networks=[{"uuid": network.id}], **more)
        return compute.wait_for_server(server, wait=BOOT_SECONDS_MAX, interval=0.5)

    def console(self, server):
        output = self.api.compute.get_server_console_output(server)
        return output["output"].replace("\r", "")

    def wait_console(self, server, pattern, seconds=BOOT_SECONDS_MAX):
        """The match of a pattern in the guest's console."""
        return until(f"{server.name}'s console says {pattern}", seconds,
                     lambda: re.search(pattern, self.console(server), re.M), 1.0)

    def gone(self, server, seconds=60):
        return until(f"{server.name} is gone", seconds,
                     lambda: self.api.compute.find_server(server.id, ignore_missing=True) is None)


class Key:
    """An ssh key pair in a directory."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.path)],
                       check=True)
        self.public = self.path.with_suffix(".pub").read_text().strip()

    def run(self, address, command, user="root", seconds=60):
        """Output of a command in the guest; None if ssh does not get through."""
        done = subprocess.run(
            ["ssh", "-i", str(self.path), "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
             "-o", "ConnectTimeout=10", f"{user}@{address}", command],
            capture_output=True, text=True, timeout=seconds)
        return done.stdout if done.returncode == 0 else None


def answers(address, port, seconds=3):
    try:
        with socket.create_connection((address, port), timeout=seconds):
            return True
    except OSError:
        return False


def pings(address, seconds=2):
    return subprocess.run(["ping", "-c", "1", "-W", str(seconds), address],
                          capture_output=True).returncode == 0


def user_data(text):
    return base64.b64encode(text.encode()).decode()
