"""Two processes over one database, with a memcached between them that is cold, full of garbage, silent,
gone and back: no answer is ever older than a revocation, and none takes long."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402
import waiting  # noqa: E402
from two_processes import TOKENS, Pair  # noqa: E402

CONF = """[keystone.cache]
enabled = true
memcache_servers = 127.0.0.1:{port}
memcache_dead_retry = 1
"""


class Memcached:
    """On a port of its own, and a client that speaks to it as anybody could."""

    def __init__(self):
        self.port = harness.free_port()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["memcached", "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-m", "16",
             "-u", "nobody"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        waiting.until("memcached", 10, self.answers, pause=0.05)

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def answers(self):
        try:
            return self.ask(b"version\r\n").startswith(b"VERSION")
        except OSError:
            return False

    def ask(self, line, until=b"\r\n"):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            s.sendall(line)
            answer = b""
            while not answer.endswith(until):
                part = s.recv(65536)
                if not part:
                    raise OSError("it hung up")
                answer += part
            return answer

    def stat(self, name):
        for line in self.ask(b"stats\r\n", b"END\r\n").decode().splitlines():
            if line.split()[1:2] == [name]:
                return int(line.split()[2])
        raise KeyError(name)

    def keys(self):
        lines = self.ask(b"lru_crawler metadump all\r\n", b"END\r\n").decode().splitlines()
        return [line.split()[0].removeprefix("key=") for line in lines if line.startswith("key=")]

    def put(self, key, value):
        answer = self.ask(b"set %s 0 0 %d\r\n%s\r\n" % (key.encode(), len(value), value))
        if answer != b"STORED\r\n":
            raise OSError(answer)


def percent_decoded(key):
    return urllib.parse.unquote(key)


class Shared(Pair):
    def setUp(self):
        self.memcached = Memcached()
        self.addCleanup(self.memcached.stop)
        self.memcached.start()
        self.start(conf=CONF.format(port=self.memcached.port))

    def goes_round(self):
        """A token of one process is good in the other, and refused there once it is revoked."""
        for here, there in (self.apis, self.apis[::-1]):
            token, kept = self.log_in(here), self.log_in(here)
            self.assertEqual([200, 200], [self.shown(there, token), self.shown(there, kept)])
            self.assertEqual(204, here.send("DELETE", TOKENS,
                                            headers={"X-Subject-Token": token}).status)
            self.assertEqual([404, 200], [self.shown(there, token), self.shown(there, kept)])

    def test_what_one_looked_into_the_other_finds(self):
        here, there = self.apis
        token = self.log_in(here)
        self.shown(there, self.log_in(there))
        before = self.memcached.stat("get_hits")
        mine = here.send("GET", TOKENS, headers={"X-Subject-Token": token})
        theirs = there.send("GET", TOKENS, headers={"X-Subject-Token": token})
        self.assertEqual((200, mine.json), (theirs.status, theirs.json))
        self.assertGreater(self.memcached.stat("get_hits"), before)
        self.goes_round()

    def test_nobody_can_write_into_it(self):
        here, there = self.apis
        for garbage in (b"", b"x", b"\0" * 500, b"x" * 32 + b'{"user_id":"admin"}'):
            token = self.log_in(here)
            keys = waiting.until("an entry", 10, self.memcached.keys)
            for key in keys:
                self.assertTrue(percent_decoded(key).startswith("haneul:"), key)
                self.memcached.put(percent_decoded(key), garbage)
            self.assertEqual(200, self.shown(there, token))
        self.goes_round()

    def test_gone_and_back(self):
        self.memcached.stop()
        self.goes_round()
        self.memcached.start()
        self.goes_round()

        def used():
            self.shown(self.apis[1], self.log_in(self.apis[0]))
            return self.memcached.stat("cmd_set") > 0
        waiting.until("the cache is used again", 20, used)

    def test_silent(self):
        here, there = self.apis
        tokens = [self.log_in(here) for _ in range(20)]
        os.kill(self.memcached.process.pid, signal.SIGSTOP)
        times = []
        for token in tokens:
            begun = time.monotonic()
            self.assertEqual(200, self.shown(there, token))
            times.append(time.monotonic() - begun)
        # If each had waited, it would be 0.6 s and more.
        self.assertLess(sum(times), 0.5 * harness.SLOW, times)
        self.goes_round()
        os.kill(self.memcached.process.pid, signal.SIGCONT)
        self.goes_round()


if __name__ == "__main__":
    unittest.main()
