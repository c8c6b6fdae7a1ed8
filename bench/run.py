"""Measures haneul against upstream's figures and against bare loops, all in one run.

    cmake -S . -B build -G Ninja -DHANEUL_BENCH=ON && ninja -C build
    python3 bench/run.py [--only TOPIC]… [--list] [--smoke]

Prints the lines of a Markdown table. --smoke makes everything tiny: does it run at all?
"""

import argparse
import importlib
import os
import sys

import figures

TOPICS = {"start": "ready and resident, at first start and again",
          "reads": "tokens, documents and single resources beside the empty handler",
          "lists": "pages of a thousand",
          "creates": "networks, ports, images and servers made",
          "logins": "passwords beside bare bcrypt",
          "images": "upload and download beside hashing, writing and copying",
          "idle": "memory and processor share when nothing happens",
          "growth": "100,000 servers on 1,000 hosts, one after the other",
          "crowd": "creates, single reads and lists with 100,000 rows of each kind",
          "million": "pages of 1,000,000 servers",
          "build": "a clean build and a changed file (ten minutes of all cores; not among the rest)"}
APART = {"build"}


def main():
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="TOPIC", action="append", choices=TOPICS)
    parser.add_argument("--list", action="store_true", help="name the topics")
    parser.add_argument("--smoke", action="store_true", help="tiny counts")
    arguments = parser.parse_args()
    if arguments.list:
        for name, what in TOPICS.items():
            print(f"{name:<10} {what}")
        return 0
    report = figures.Report()
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    what = "tiny counts: does it run at all" if arguments.smoke else f"load before: {load}"
    print(f"{os.cpu_count()} cores, {what}\n")
    report.begin()
    for name in arguments.only or [t for t in TOPICS if t not in APART]:
        importlib.import_module(f"topic_{name}").measure(report, arguments.smoke)
    return 0


if __name__ == "__main__":
    sys.exit(main())
