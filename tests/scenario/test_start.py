"""A real cloud that cannot start says so in a line and leaves nothing behind; several that can live
side by side."""

import pathlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import guests  # noqa: E402
import harness  # noqa: E402
from leftovers import devices, namespaces, output, processes, run_files  # noqa: E402


def state_of_host():
    return devices(), namespaces(), run_files(), output("nft", "list", "tables")


class Case(unittest.TestCase):
    def setUp(self):
        self.before = state_of_host()

    def cloud(self, **more):
        cloud = guests.real_cloud(**more)
        self.addCleanup(shutil.rmtree, cloud.state, ignore_errors=True)
        self.addCleanup(lambda: cloud.down())
        return cloud

    def refused(self, cloud, *more):
        """The line that says why; afterwards everything is as it was."""
        done = subprocess.run(cloud.command("up", "--port", str(cloud.port), *cloud.arguments, *more),
                              capture_output=True, text=True, timeout=180 * harness.SLOW)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertRegex(done.stderr, r"\Ahaneul: [^\n]+\n\Z")
        self.nothing_is_left(cloud)
        return done.stderr

    def nothing_is_left(self, cloud):
        self.assertEqual({}, processes(str(cloud.state)))
        self.assertEqual(self.before, state_of_host())


class Refused(Case):
    def test_a_port_in_use(self):
        cloud = self.cloud()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", cloud.port))
            taken.listen()
            self.assertIn("--port", self.refused(cloud))

    def test_no_guest_image(self):
        cloud = self.cloud()
        cloud.arguments[cloud.arguments.index("--guest-image") + 1] = "/nowhere.qcow2"
        self.assertIn("images/build", self.refused(cloud))

    def test_in_a_directory_too_deep_for_libvirt(self):
        cloud = self.cloud()
        cloud.state = cloud.state / "a-directory-further-down"
        cloud.state.mkdir()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", cloud.port))
            taken.listen()
            self.refused(cloud)
        cloud.up()
        self.assertEqual(1, len(run_files() - self.before[2]), "a link to it")
        cloud.terminate()
        self.assertEqual(1, len(run_files() - self.before[2]), "guests would use it")
        cloud.down()
        self.nothing_is_left(cloud)

    def test_a_newer_state(self):
        cloud = self.cloud()
        with sqlite3.connect(cloud.state / "haneul.db") as db:
            self.refused(cloud, "--tls-cert", "/nowhere", "--tls-key", "/nowhere")
            db.execute("INSERT INTO schema_migrations SELECT module, '9999_later', applied "
                       "FROM schema_migrations LIMIT 1")
        db.close()
        self.assertIn("9999_later", self.refused(cloud))

    def test_an_external_network_that_the_host_is_in(self):
        link = "haneul-t0"
        subprocess.run(["ip", "link", "add", link, "type", "bridge"], check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "del", link], check=True)
        subprocess.run(["ip", "addr", "add", "198.18.7.9/24", "dev", link], check=True)
        self.before = state_of_host()
        text = self.refused(self.cloud(public_cidr="198.18.0.0/16"))
        self.assertIn(link, text)
        self.assertIn("--public-cidr", text)


class SideBySide(Case):
    def test_two_clouds(self):
        one, two = self.cloud(public_cidr="198.18.1.128/25"), self.cloud()
        one.up()
        two.up()
        addresses = output("ip", "-4", "-o", "addr")
        self.assertIn(" 198.18.1.129/25 ", addresses, "the first address behind the prefix")
        for cloud in (one, two):
            self.assertEqual((0, ["clean: rows and drivers agree"]), cloud.doctor())
        guests.Tenant(two).network("n", "10.7.0.0/24")
        one.down()
        self.assertEqual({}, processes(str(one.state)))
        self.assertEqual((0, ["clean: rows and drivers agree"]), two.doctor())
        two.down()
        self.nothing_is_left(two)
        self.assertIn("down", one.down().stdout, "a second time")
        self.nothing_is_left(one)


if __name__ == "__main__":
    unittest.main()
