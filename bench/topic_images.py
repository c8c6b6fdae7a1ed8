"""Upload and download beside hashing, writing and copying the same bytes."""

import http.client
import subprocess
import time

from load import Client, cpu_seconds, harness, memory, program

MIB = 1024 * 1024


def bare(directory, mib):
    done = subprocess.run([str(program("bytes")), str(directory), str(mib)], capture_output=True,
                          text=True, check=True)
    return [float(x) for x in done.stdout.split()]


def upload(client, image, mib):
    piece = bytes(range(256)) * (MIB // 256)

    def body():
        for _ in range(mib):
            yield piece

    connection = http.client.HTTPConnection("127.0.0.1", client.cloud.port, timeout=300)
    begun = time.monotonic()
    connection.request("PUT", f"/image/v2/images/{image}/file", body(), {
        "X-Auth-Token": client.api.token, "Content-Type": "application/octet-stream",
        "Content-Length": str(mib * MIB)})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 204:
        raise RuntimeError(f"upload: {answer.status}")
    return mib / (time.monotonic() - begun)


def download(client, image, mib):
    connection = http.client.HTTPConnection("127.0.0.1", client.cloud.port, timeout=300)
    begun = time.monotonic()
    connection.request("GET", f"/image/v2/images/{image}/file",
                       headers={"X-Auth-Token": client.api.token})
    answer = connection.getresponse()
    buffer, total = bytearray(MIB), 0
    while got := answer.readinto(buffer):
        total += got
    if total != mib * MIB:
        raise RuntimeError(f"download: {answer.status}, {total} bytes")
    return mib / (time.monotonic() - begun)


def measure(report, smoke):
    mib, rounds = (4, 1) if smoke else (1024, 3)
    ins, outs, bare_ins, bare_outs = [], [], [], []
    with harness.Cloud(simulated=True, hosts=1) as cloud:
        client = Client(cloud).make_room()
        small = client.made("POST", "/image/v2/images", {
            "name": "small", "disk_format": "raw", "container_format": "bare"}).json["id"]
        upload(client, small, min(mib, 32))
        download(client, small, min(mib, 32))
        before = memory(cloud, "VmHWM")
        for i in range(rounds):
            in_rate, out_rate = bare(cloud.state, mib)
            bare_ins.append(in_rate)
            bare_outs.append(out_rate)
            image = client.made("POST", "/image/v2/images", {
                "name": f"big-{i}", "disk_format": "raw",
                "container_format": "bare"}).json["id"]
            begun = cpu_seconds(cloud.pid())
            ins.append(upload(client, image, mib))
            middle = cpu_seconds(cloud.pid())
            outs.append(download(client, image, mib))
            end = cpu_seconds(cloud.pid())
            client.made("DELETE", f"/image/v2/images/{image}", None, 204)
        report.at_least("image uploaded", max(ins), "MiB/s", max(bare_ins), 0.7,
                        "hashed and written")
        report.at_least("image downloaded", max(outs), "MiB/s", max(bare_outs), 0.7, "copied")
        report.add("processor time of an upload", (middle - begun) * 1024 / mib, "s/GiB")
        report.add("processor time of a download", (end - middle) * 1024 / mib, "s/GiB")
        grown = memory(cloud, "VmHWM") - before
        report.at_most(f"memory that images of {mib:,} MiB took, more than one of 32 MiB", grown,
                       "MiB", 8)
