"""What the scenarios share: one real cloud, its clients, a key, consoles and connections."""

import base64
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402
from waiting import Late, until  # noqa: E402

BOOT_SECONDS_MAX = 150


def guest_image():
    path = ROOT / "build" / "haneul-guest.qcow2"
    subprocess.run([str(ROOT / "images" / "build"), str(path)], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def free_external_network():
    """A /24 that no address of this host is in, so that clouds may run side by side."""
    taken = subprocess.run(["ip", "-4", "-o", "addr"], check=True, capture_output=True,
                           text=True).stdout
    numbers = random.sample(range(100, 200), 100)
    return next(f"172.24.{n}.0/24" for n in numbers if f"172.24.{n}." not in taken)


def real_cloud(public_cidr=None, arguments=(), **more):
    """A real cloud with an external network of its own."""
    return harness.Cloud(simulated=False,
                         arguments=["--guest-image", str(guest_image()), "--public-cidr",
                                    public_cidr or free_external_network(), *arguments], **more)


class Tenant:
    """One project's view of the cloud through openstacksdk."""

    def __init__(self, cloud, who="haneul-demo", **other):
        import openstack
        config = openstack.config.OpenStackConfig(
            config_files=[cloud.env["OS_CLIENT_CONFIG_FILE"]], load_envvars=False)
        self.api = openstack.connection.Connection(config=config.get_one(cloud=who, **other))
        self.cloud = cloud

    def boot(self, name, network, flavor="m1.micro", **more):
        compute = self.api.compute
        server = compute.create_server(
            name=name, image_id=self.api.image.find_image("haneul-guest").id,
            flavor_id=compute.find_flavor(flavor).id, networks=[{"uuid": network.id}], **more)
        return compute.wait_for_server(server, wait=BOOT_SECONDS_MAX, interval=0.5)

    def network(self, name, cidr, **more):
        """A network with one subnet."""
        network = self.api.network.create_network(name=name)
        self.api.network.create_subnet(network_id=network.id, ip_version=4, cidr=cidr, **more)
        return network

    def port(self, network, address):
        return self.api.network.create_port(network_id=network.id,
                                            fixed_ips=[{"ip_address": address}])

    def boot_on(self, name, port, **more):
        """A guest on a port that was made before."""
        server = self.api.compute.create_server(
            name=name, image_id=self.api.image.find_image("haneul-guest").id,
            flavor_id=self.api.compute.find_flavor("m1.micro").id, networks=[{"port": port.id}],
            **more)
        return self.api.compute.wait_for_server(server, wait=BOOT_SECONDS_MAX, interval=0.5)

    def console(self, server):
        output = self.api.compute.get_server_console_output(server)
        return output["output"].replace("\r", "")

    def wait_console(self, server, pattern, seconds=BOOT_SECONDS_MAX):
        """The match of a pattern in the guest's console."""
        try:
            return until(f"{server.name}'s console says {pattern}", seconds,
                         lambda: re.search(pattern, self.console(server), re.M), 1.0)
        except Late as late:
            tail = "\n".join(self.console(server).splitlines()[-40:])
            raise Late(f"{late}\nits last lines:\n{tail}") from None

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
        told = subprocess.run(["ssh-keygen", "-l", "-f", str(self.path)], check=True,
                              capture_output=True, text=True).stdout
        self.fingerprint = told.split()[1]

    def run(self, address, command, user="root", seconds=60):
        """Output of a command in the guest; None if ssh does not get through."""
        done = subprocess.run(
            ["ssh", "-i", str(self.path), "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
             "-o", "ConnectTimeout=10", f"{user}@{address}", command],
            capture_output=True, text=True, timeout=seconds)
        return done.stdout if done.returncode == 0 else None


def directory():
    """One that goes away with its context."""
    return tempfile.TemporaryDirectory(prefix="haneul-test-")


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
