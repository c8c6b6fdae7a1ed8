"""Bad requests for every route, made from the program's own list of routes."""

import re
import subprocess

import harness

MOUNTS = {"keystone": "/identity", "glance": "/image", "nova": "/compute", "neutron": "/networking",
          "placement": "/placement"}
NOBODY = "0b5d7a4e-6d0f-4d7c-9c57-3a1c2b1c9d11"

BODIES = {
    "empty": b"",
    "not JSON": b"{nonsense",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "no keys": b"{}",
    "an unknown key": b'{"nonsense": {"x": 1}}',
    "NaN": b'{"x": NaN}',
    "a huge number": b'{"x": 1' + b"0" * 5000 + b"}",
    "invalid UTF-8": b'{"x": "\xff\xfe"}',
    "a lone surrogate": b'{"x": "\\ud800"}',
    "deep": b"[" * 10000 + b"]" * 10000,
}
ARGUMENTS = [None, 7, "x" * 70000, [], {}, {"nonsense": None}, True, 10**40]
HEADERS = [
    {"X-Auth-Token": "x" * 100000},
    {"X-Auth-Token": "'; DROP TABLE users; --"},
    {"OpenStack-API-Version": "nonsense"},
    {"OpenStack-API-Version": "compute 99999999999999999999.1, placement 9.9"},
    {"X-OpenStack-Nova-API-Version": "-1"},
    {"Content-Type": "text/nonsense"},
    {"Accept": "\xff"},
    {"Range": "bytes=9-1,x"},
]
SEGMENTS = ["not-a-uuid", "x" * 5000, "%00", "%2F", "%0d%0aX-Bad:1", "'%20OR%201=1--", "%ff"]
QUERIES = ["limit=-1", "limit=x", "limit=99999999999999999999", "marker=nonsense",
           "sort_key=nonsense", "sort=x:y:z", "name=%27%20OR%201%3D1--", "nonsense=%00",
           "name=%0d%0aX-Bad:1", "name=%ff", "sort_dir=sideways"]


def routes():
    """(service, method, path, action or None) of every route."""
    listing = subprocess.run([str(harness.PROGRAM), "routes"], capture_output=True, text=True,
                             timeout=60, check=True).stdout
    for line in listing.splitlines():
        service, method, path, *action = line.split(" ")
        # HEAD is GET without its body.
        yield service, method.split(",")[0], MOUNTS[service] + path, action[0] if action else None


def filled(path, segment=NOBODY):
    return re.sub(r"\{[^}]*\}", lambda _: segment, path)
