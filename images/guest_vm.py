"""A virtual machine that runs the guest image in QEMU, by emulation alone."""
import json
import os
import re
import selectors
import shlex
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
IMAGE = Path(os.environ.get("HANEUL_GUEST", HERE.parent / "build" / "haneul-guest.qcow2"))
DEADLINE = 60  # seconds for anything; an idle machine needs a tenth of it


def run(*command, **options):
    result = subprocess.run(command, text=True, capture_output=True, check=False, **options)
    if result.returncode:
        raise AssertionError(f"{shlex.join(map(str, command))}: {result.stdout}{result.stderr}")
    return result.stdout


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Guest:
    """A virtual machine with its console, and ssh to it."""

    def __init__(self, directory, machine="q35", memory=128, net="user", extra=()):
        self.directory = Path(directory)
        self.ssh_port = free_port()
        self.log = ""  # of the console
        self.seen = 0
        disk = self.directory / "disk.qcow2"
        if not disk.exists():
            run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", IMAGE.resolve(),
                disk, "1G")
        if net.startswith("user"):
            net += f",hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22"
        self.started = time.monotonic()
        self.qemu = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-machine", machine, "-m", str(memory),
             "-nodefaults", "-display", "none", "-vga", "std", "-serial", "stdio",
             "-qmp", f"unix:{self.directory}/qmp,server=on,wait=off",
             "-drive", f"file={disk},if=virtio,cache=unsafe",
             "-device", "virtio-rng-pci", "-netdev", f"{net},id=net0",
             "-device", "virtio-net-pci,netdev=net0,mac=fa:16:3e:00:00:01",
             *extra],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.qemu.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qemu.kill()
        self.qemu.communicate()

    def read(self, deadline):
        """Reads some console output; false at its end."""
        if not self.selector.select(max(0, deadline - time.monotonic())):
            raise AssertionError(f"nothing more on the console:\n{self.log[-3000:]}")
        data = os.read(self.qemu.stdout.fileno(), 65536)
        self.log += data.decode(errors="replace").replace("\r", "")
        return bool(data)

    def wait_for(self, pattern, timeout=DEADLINE):
        """Waits for a line that was not waited for before; returns the match."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.compile(pattern, re.MULTILINE).search(self.log, self.seen)
            if match:
                self.seen = match.end()
                return match
            if not self.read(deadline):
                raise AssertionError(f"QEMU ended before {pattern}:\n{self.log[-3000:]}")

    def marker(self, pattern):
        return self.wait_for(f"^haneul-guest: {pattern}$")

    def wait_for_login(self):
        self.marker(r"ready in [\d.]+ s")
        self.wait_for("login: ")
        return time.monotonic() - self.started

    def power_button(self):
        """Presses it and returns how long the guest took to go off."""
        pressed = time.monotonic()
        self.qmp({"execute": "system_powerdown"})
        while self.read(pressed + DEADLINE):
            pass
        self.qemu.wait(timeout=DEADLINE)
        return time.monotonic() - pressed

    def type(self, line):
        self.qemu.stdin.write(line.encode() + b"\n")
        self.qemu.stdin.flush()

    def ssh(self, command, user="root"):
        return run("ssh", "-F", "none", "-i", self.directory.parent / "key",
                   "-p", str(self.ssh_port), "-o", "StrictHostKeyChecking=no",
                   "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
                   "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR",
                   f"{user}@127.0.0.1", command, timeout=DEADLINE)

    def qmp(self, *commands):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(f"{self.directory}/qmp")
            stream = monitor.makefile("rw")
            stream.readline()  # the greeting
            for command in ({"execute": "qmp_capabilities"}, *commands):
                stream.write(json.dumps(command) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                assert "error" not in answer, answer
