"""A cloud of a test's own: started on a free port in a directory of its own, stopped afterwards."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("HANEUL_PROGRAM", ROOT / "build" / "haneul"))

# How many times longer everything may take: a program that watches itself is slow.
SLOW = float(os.environ.get("HANEUL_SLOW", "1"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cloud:
    """with Cloud(simulated=True) as cloud: … cloud.env …"""

    def __init__(self, simulated=True, hosts=3, arguments=(), keep=False, conf=""):
        base = ROOT / "build" / "check"
        base.mkdir(parents=True, exist_ok=True)
        # Unix sockets live below: the path must stay short.
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="c-", dir=base))
        if conf:
            (self.state / "haneul.conf").write_text(conf)
        self.port = free_port()
        self.simulated = simulated
        self.hosts = hosts
        self.arguments = list(arguments)
        self.keep = keep

    def command(self, name, *more):
        return [str(PROGRAM), name, "--state", str(self.state),
                *(["--simulated"] if self.simulated else []), *more]

    def up(self):
        done = subprocess.run(
            self.command("up", "--port", str(self.port), "--hosts", str(self.hosts),
                         *self.arguments),
            capture_output=True, text=True, timeout=180 * SLOW)
        if done.returncode != 0:
            raise RuntimeError(f"haneul up: {done.stdout}{done.stderr}\n{self.log_tail()}")
        return done.stdout

    def down(self):
        return subprocess.run(self.command("down"), capture_output=True, text=True, timeout=180 * SLOW)

    def doctor(self):
        """Exit code and lines."""
        done = subprocess.run(self.command("doctor"), capture_output=True, text=True, timeout=180 * SLOW)
        return done.returncode, (done.stdout + done.stderr).splitlines()

    def pid(self):
        """The process that serves: the one that holds the lock."""
        lock = os.stat(self.state / "lock")
        with open("/proc/locks", encoding="ascii") as locks:
            for line in locks:
                fields = line.split()
                if fields[1] == "->":
                    continue
                if fields[5].split(":")[2] == str(lock.st_ino):
                    return int(fields[4])
        return None

    def kill(self):
        """As a power cut would: no chance to say goodbye."""
        self.end(signal.SIGKILL)

    def terminate(self):
        """As a service manager does."""
        self.end(signal.SIGTERM)

    def end(self, number):
        pid = self.pid()
        fd = os.pidfd_open(pid)
        os.kill(pid, number)
        import select
        if not select.select([fd], [], [], 30)[0]:
            raise RuntimeError("the process lives on")
        os.close(fd)

    def log_tail(self, lines=40):
        text = ""
        for name in ("haneul.log", "haneul.out"):
            path = self.state / name
            if path.exists():
                text += f"--- {name}\n" + "\n".join(
                    path.read_text(errors="replace").splitlines()[-lines:]) + "\n"
        return text

    @property
    def env(self):
        return {"OS_CLIENT_CONFIG_FILE": str(self.state / "clouds.yaml"),
                "OS_CLOUD": "haneul-admin",
                "HANEUL_STATE": str(self.state),
                "HANEUL_URL": f"http://127.0.0.1:{self.port}"}

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, kind, value, trace):
        self.down()
        if not self.keep and kind is None:
            shutil.rmtree(self.state, ignore_errors=True)
