"""The command's manners: each mistake gets one line on stderr that says what to do next, and
nothing is left half-started."""

import os
import pathlib
import select
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from harness import PROGRAM, ROOT, Cloud, free_port  # noqa: E402


def run(*arguments, **more):
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, **more)


def is_free(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


class Case(unittest.TestCase):
    def setUp(self):
        base = ROOT / "build" / "check"
        base.mkdir(parents=True, exist_ok=True)
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="m-", dir=base))
        self.state = self.base / "s"
        self.port = free_port()
        self.addCleanup(shutil.rmtree, self.base, ignore_errors=True)

    def up(self, *more):
        return run("up", "--simulated", "--state", self.state, "--port", self.port, *more)

    def down(self):
        return run("down", "--simulated", "--state", self.state)

    def refused(self, done, *words):
        lines = done.stderr.strip().splitlines()
        self.assertEqual(1, len(lines), done.stderr)
        self.assertEqual(1, done.returncode)
        self.assertTrue(lines[0].startswith("haneul: "), lines)
        for word in words:
            self.assertIn(str(word), lines[0])

    def assert_nothing_runs(self):
        self.assertTrue(is_free(self.port))
        self.assertIn("no cloud runs in",
                      run("status", "--simulated", "--state", self.state).stderr)


class Manners(Case):
    def test_port_in_use(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", self.port))
            s.listen()
            self.refused(self.up(), self.port, "--port")
            self.refused(run("serve", "--simulated", "--state", self.state, "--port", self.port),
                         self.port, "--port")
        self.assert_nothing_runs()
        self.addCleanup(self.down)
        self.assertEqual(0, self.up().returncode)

    def test_bad_external_network(self):
        for text in ("nonsense", "10.0.0.0", "10.0.0.0/33", "::/64", "10.0.0/24",
                     "10.1.2.129/25", "10.1.2.0/30"):
            done = self.up("--public-cidr", text)
            self.assertEqual(2, done.returncode)
            self.assertIn(text, done.stderr)
        self.assertFalse(self.state.exists())

    def test_help_tells_defaults(self):
        self.assertIn("5000", run("up", "--help").stdout)

    def test_bad_address(self):
        self.refused(self.up("--listen", "nowhere.invalid"), "nowhere.invalid")
        self.assert_nothing_runs()

    def test_certificate_without_key(self):
        self.refused(self.up("--tls-cert", "/nonexistent.pem"), "--tls-key")
        self.refused(self.up("--tls-client-ca", "/nonexistent.pem"), "--tls-cert")
        self.assert_nothing_runs()

    def test_unreadable_certificate(self):
        self.refused(self.up("--tls-cert", "/nonexistent.pem", "--tls-key", "/nonexistent.key"),
                     "/nonexistent.pem")
        self.assert_nothing_runs()

    def certificate(self, name):
        cert, key = self.base / f"{name}.pem", self.base / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key,
                        "-out", cert], check=True, capture_output=True)
        return cert, key

    def test_certificate_of_another_key(self):
        cert, _ = self.certificate("one")
        _, key = self.certificate("two")
        self.refused(self.up("--tls-cert", cert, "--tls-key", key), key)
        self.assert_nothing_runs()

    def test_tls(self):
        cert, key = self.certificate("one")
        self.addCleanup(self.down)
        done = self.up("--tls-cert", cert, "--tls-key", key)
        self.assertEqual(0, done.returncode, done.stderr)
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(self.state / "clouds.yaml")
        import openstack
        cloud = openstack.connect(cloud="haneul-demo")
        self.assertTrue(cloud.config.get_auth_args()["auth_url"].startswith("https://"))
        self.assertIn("m1.nano", [f.name for f in cloud.compute.flavors()])

    def test_state_of_another_mode(self):
        self.state.mkdir()
        (self.state / "mode").write_text("real")
        self.refused(self.up(), "holds a real cloud", "--state")
        self.assert_nothing_runs()

    def test_state_of_a_newer_version(self):
        self.assertEqual(0, self.up().returncode)
        self.down()
        with sqlite3.connect(self.state / "haneul.db") as db:
            table = next(name for (name,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migrations%'"))
            columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
            row = list(db.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
            for i, value in enumerate(row):
                if isinstance(value, str) and value[:4].isdigit() and value[4:5] == "_":
                    row[i] = "9999_from_the_future"
            db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})", row)
        db.close()
        self.refused(self.up(), "9999_from_the_future")
        self.assert_nothing_runs()

    def test_unknown_option(self):
        done = run("up", "--frobnicate")
        self.assertEqual(2, done.returncode)
        self.assertIn("usage: haneul", done.stderr)
        self.assertEqual(2, run("fly").returncode)
        self.assertEqual(2, run().returncode)

    def test_up_of_the_project_takes_no_unknown_argument(self):
        done = subprocess.run([str(ROOT / "up"), "--fly"], capture_output=True, text=True)
        self.assertEqual(2, done.returncode)
        self.assertIn("usage: ./up", done.stderr)

    def test_up_of_the_project_refuses_before_it_builds(self):
        for wrong in (["--state"], ["--state", ""], ["--port"], ["--port", "080"],
                      ["--port", "99999"], ["--port", "0"], ["--port", "5x"]):
            done = subprocess.run([str(ROOT / "up"), "--simulated", *wrong], capture_output=True,
                                  text=True, timeout=20)
            self.assertEqual((2, ""), (done.returncode, done.stdout), wrong)
            self.assertIn("usage: ./up", done.stderr)

    def test_status_and_doctor_without_a_cloud(self):
        for name in ("status", "doctor"):
            self.refused(run(name, "--simulated", "--state", self.state), "haneul up --simulated")
            self.assertNotIn("--simulated", run(name, "--state", self.state).stderr)

    def test_every_command_takes_a_directory(self):
        for command in (["routes"], ["version"], ["reference", "options"],
                        ["policy", "check", "identity:get_user"]):
            done = run(*command, "--state", self.state)
            self.assertNotIn("usage:", done.stderr, command)
            self.assertTrue(done.stdout, command)
            self.assertFalse(self.state.exists())

    def test_version(self):
        self.assertRegex(run("version").stdout, r"\Ahaneul \d+\.\d+\.\d+[^\n]*\n\Z")

    def test_missing_guest_image(self):
        self.refused(self.up("--guest-image", "/nowhere.qcow2"), "/nowhere.qcow2", "images/build")
        self.assert_nothing_runs()

    def told_url(self):
        """What a client learns: in clouds.yaml, and in the catalog."""
        import yaml
        clouds = yaml.safe_load((self.state / "clouds.yaml").read_text())
        auth = clouds["clouds"]["haneul-demo"]["auth"]
        auth["auth_url"] = f"http://127.0.0.1:{self.port}/v3"
        import openstack
        with openstack.connect(auth=auth, region_name="RegionOne",
                               identity_api_version=3) as cloud:
            catalog = cloud.session.auth.get_access(cloud.session).service_catalog
            urls = {e.url.split("/compute")[0] for e in catalog.get_endpoint_data_list("compute")}
        self.assertEqual(1, len(urls))
        return urls.pop(), yaml.safe_load((self.state / "clouds.yaml").read_text())

    def test_clients_elsewhere_are_told_an_address_that_they_reach(self):
        self.addCleanup(self.down)
        self.assertEqual(0, self.up("--listen", "0.0.0.0").returncode)
        url, clouds = self.told_url()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("192.0.2.1", 9))
            self.assertEqual(f"http://{s.getsockname()[0]}:{self.port}", url)
        self.assertTrue(clouds["clouds"]["haneul-demo"]["auth"]["auth_url"].startswith(url))

    def test_a_public_url(self):
        self.addCleanup(self.down)
        for bad in ("cloud.example.com", "ftp://x", "https://", "https://x/", "https://a b"):
            self.assertEqual(2, self.up("--public-url", bad).returncode, bad)
        done = self.up("--public-url", "https://cloud.example.com/api")
        self.assertEqual(0, done.returncode, done.stderr)
        url, clouds = self.told_url()
        self.assertEqual("https://cloud.example.com/api", url)
        self.assertTrue(clouds["clouds"]["haneul-demo"]["auth"]["auth_url"].startswith(url))

    @unittest.skipIf(os.geteuid() != 0, "needs root to become somebody else")
    def test_real_mode_without_root(self):
        # The program is copied to where anybody may read it.
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            program = pathlib.Path(place) / "haneul"
            shutil.copy(PROGRAM, program)
            own = pathlib.Path(place) / "own"
            own.mkdir()
            os.chown(own, 65534, 65534)
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(program), "up",
                 "--state", str(own / "s"), "--port", str(self.port)],
                capture_output=True, text=True, timeout=60, cwd=place)
            self.refused(done, "need root", "--simulated")
            self.assertFalse((own / "s" / "mode").exists(), "a directory that nothing is in is free")
            os.chmod(own, 0o500)
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(program), "up",
                 "--simulated", "--state", str(own), "--port", str(self.port)],
                capture_output=True, text=True, timeout=60, cwd=place)
            self.refused(done, "not writable", "--state")

    @unittest.skipIf(os.geteuid() != 0, "needs root to hide a program")
    def test_missing_package(self):
        hidden = "mount --bind /dev/null /usr/bin/qemu-img && exec \"$@\""
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", hidden, "sh", str(PROGRAM), "up", "--state",
             str(self.state), "--port", str(self.port)], capture_output=True, text=True, timeout=60)
        self.refused(done, "missing packages: apt-get install", "qemu-utils")

    def test_up_and_down_twice(self):
        self.addCleanup(self.down)
        self.assertEqual(0, self.up().returncode)
        secrets = (self.state / "clouds.yaml").read_text()
        again = self.up()
        self.assertEqual(0, again.returncode, again.stderr)
        self.assertIn("already running", again.stdout)
        mode = stat.S_IMODE(os.stat(self.state / "clouds.yaml").st_mode)
        self.assertEqual(0o600, mode)
        self.assertIn("haneul-admin", secrets)
        self.assertIn("haneul-demo", secrets)
        for _ in range(2):
            self.assertEqual(0, self.down().returncode)
        self.assert_nothing_runs()
        self.assertEqual(0, self.up().returncode)
        self.assertEqual(secrets, (self.state / "clouds.yaml").read_text())

    def test_looking_makes_nothing(self):
        for name in ("status", "doctor", "down", "events", "fernet-rotate"):
            run(name, "--simulated", "--state", self.state)
            self.assertFalse(self.state.exists(), name)

    def test_nobody_else_reads_a_cloud_in_a_directory_for_all(self):
        self.state.mkdir()
        self.state.chmod(0o755)
        self.addCleanup(self.down)
        self.assertEqual(0, self.up().returncode)
        readable = [str(p) for p in self.state.rglob("*")
                    if p.is_file() and p.stat().st_mode & 0o077 and p.suffix not in (".log", ".out")]
        self.assertEqual([], readable)

    def test_files_of_whoever_calls_are_not_kept(self):
        mine, inherited = os.pipe()
        self.addCleanup(os.close, mine)
        self.addCleanup(self.down)
        done = run("up", "--simulated", "--state", self.state, "--port", self.port,
                   pass_fds=[inherited])
        os.close(inherited)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(select.select([mine], [], [], 10)[0])
        self.assertEqual(b"", os.read(mine, 1))

    def test_the_url_is_that_of_the_process_that_serves(self):
        with subprocess.Popen([str(PROGRAM), "serve", "--simulated", "--state", str(self.state),
                               "--port", str(self.port)], stdout=subprocess.PIPE,
                              text=True) as process:
            while not (line := process.stdout.readline()).startswith("ready"):
                self.assertTrue(line, "it ended before it was ready")
            self.assertIn(f"http://127.0.0.1:{self.port}\n", self.up().stdout)
            process.terminate()
            self.assertEqual(0, process.wait(60))

    def test_clouds_side_by_side(self):
        with Cloud() as one, Cloud() as two:
            self.assertNotEqual(one.pid(), two.pid())
            one.down()
            self.assertEqual((0, ["clean: rows and drivers agree"]), two.doctor())


class Configured(Case):
    """haneul.conf and --config."""

    def write(self, text, name="haneul.conf"):
        self.state.mkdir(exist_ok=True)
        path = self.state / name
        path.write_text(text)
        return path

    def test_mistakes_name_the_line(self):
        for text, word in (("[keystone.tokens]\n", "no section [keystone.tokens]"),
                           ("[keystone.token]\nexpiry = 1\n", "no option expiry"),
                           ("[keystone.token]\nexpiration = soon\n", "of kind seconds"),
                           ("[keystone.identity]\npassword_hash_rounds = 99\n", "4 to 31")):
            path = self.write(text)
            self.refused(self.up(), path, word)
            self.assert_nothing_runs()

    def test_absent_file(self):
        self.refused(self.up("--config", self.base / "none.conf"), "none.conf", "--config")
        self.assert_nothing_runs()

    def test_options_take_effect(self):
        path = self.write("[nova.quota]\ninstances = 3\n[nova]\ncpu_allocation_ratio = 2.5\n"
                          "[keystone.token]\nexpiration = 120\n", "mine.conf")
        self.addCleanup(self.down)
        done = self.up("--config", path)
        self.assertEqual(0, done.returncode, done.stderr)
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(self.state / "clouds.yaml")
        import openstack
        cloud = openstack.connect(cloud="haneul-admin")
        self.assertEqual(3, cloud.compute.get_limits().absolute.instances)
        provider = next(cloud.placement.resource_providers())
        stock = cloud.placement.get(f"/resource_providers/{provider.id}/inventories").json()
        self.assertEqual(2.5, stock["inventories"]["VCPU"]["allocation_ratio"])
        access = cloud.session.auth.get_access(cloud.session)
        self.assertAlmostEqual(120, (access.expires - access.issued).total_seconds(), delta=2)


if __name__ == "__main__":
    unittest.main()
