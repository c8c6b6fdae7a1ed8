"""What runs and what is there on this host."""

import os
import pathlib
import re
import subprocess


def processes(word):
    """pid → command line of what runs with this word in it, but not this test."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found[int(entry.name)] = line
    return found


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def devices():
    return set(re.findall(r"^\d+: ([^:@]+)", output("ip", "-o", "link"), re.M))


def run_files():
    """Sockets' directories, links and locks of clouds, wherever they live."""
    return set(pathlib.Path("/run").glob("haneul*"))


def namespaces():
    return set(output("ip", "netns", "list").split())
