"""Agents of a test's own, each a process with a directory beside its controller's."""

import os
import select
import signal
import subprocess

import harness


class Agent:
    """A host of a cloud's, in the foreground of nobody; `arguments` go to the program."""

    def __init__(self, cloud, host, arguments=(), simulated=True, url=None, join=None):
        self.cloud, self.host = cloud, host
        self.state = cloud.state / f"agent-{host}"
        self.command = [str(harness.PROGRAM), "agent", "--controller",
                        url or cloud.env["HANEUL_URL"], "--join",
                        str(join or cloud.state / "agent.join"), "--state", str(self.state),
                        "--host", host, *(["--simulated"] if simulated else []), *arguments]
        self.process = None

    def start(self):
        with open(self.cloud.state / f"agent-{self.host}.log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        return self

    def end(self, how=signal.SIGTERM, seconds=30):
        """The exit code."""
        fd = os.pidfd_open(self.process.pid)
        self.process.send_signal(how)
        if not select.select([fd], [], [], seconds)[0]:
            self.process.kill()
            raise RuntimeError(f"agent {self.host} does not end: {self.log()}")
        os.close(fd)
        return self.process.wait()

    def kill(self):
        """As a power cut would."""
        self.end(signal.SIGKILL)

    def log(self):
        return (self.cloud.state / f"agent-{self.host}.log").read_text(errors="replace")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.end()
