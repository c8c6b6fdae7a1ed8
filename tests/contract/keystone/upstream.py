"""Debian's own Keystone, whole: its database (SQLite, or a MariaDB of the test's own), its keys and
its API on a private port. `Upstream` is for tests; run as a program this file is the server."""

import os
import pathlib
import socket
import subprocess
import sys
import urllib.parse

PASSWORD = "upst/ream s3cr3t"


def configuration(base, connection, more=""):
    return f"""[DEFAULT]
log_file = {base}/keystone.log
[database]
connection = {connection}
[identity]
password_hash_rounds = 4
[fernet_tokens]
key_repository = {base}/fernet-keys
[fernet_receipts]
key_repository = {base}/fernet-keys
[credential]
key_repository = {base}/credential-keys
{more}"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Mariadb:
    """A server of its own below `base`, with one user and one empty database."""

    USER, PASSWORD, NAME = "keystone", "pass.w0rd_", "keystone"  # alembic reads % as its own

    def __init__(self, base):
        self.data, self.socket = base / "data", base / "s"
        self.port = free_port()
        common = ["--no-defaults", "--user=root", f"--datadir={self.data}"]
        subprocess.run(["mariadb-install-db", *common, "--auth-root-authentication-method=normal",
                        "--skip-test-db", "--skip-name-resolve"], check=True, timeout=300,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            ["/usr/sbin/mariadbd", *common, f"--socket={self.socket}", f"--port={self.port}",
             "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=32M",
             f"--pid-file={base}/pid"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "ready for connections" in line:
                break
        else:
            raise RuntimeError("mariadbd does not start")
        self.make_user()

    def make_user(self):
        import pymysql
        with pymysql.connect(unix_socket=str(self.socket), user="root") as root:
            with root.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {self.NAME} CHARACTER SET utf8mb4")
                cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (self.USER, self.PASSWORD))
                cursor.execute(f"GRANT ALL ON {self.NAME}.* TO %s@'%%'", (self.USER,))

    @property
    def url(self):
        password = urllib.parse.quote(self.PASSWORD, safe="")
        return f"mysql+pymysql://{self.USER}:{password}@127.0.0.1:{self.port}/{self.NAME}"

    def close(self):
        self.process.terminate()
        self.process.communicate(timeout=60)


class Upstream:
    """with Upstream(base) as keystone: … keystone.url"""

    def __init__(self, base, connection=None, more=""):
        self.base = pathlib.Path(base)
        self.connection = connection or f"sqlite:///{self.base}/keystone.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v3"
        config = self.base / "keystone.conf"
        config.write_text(configuration(self.base, self.connection, more))
        with open(self.base / "keystone.err", "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", __file__, str(config), str(self.port)],
                stdout=subprocess.PIPE, stderr=errors, text=True)
        line = self.process.stdout.readline()
        if line != "ready\n":
            self.process.wait(timeout=60)
            self.process.stdout.close()
            raise RuntimeError("upstream's Keystone does not start: "
                               + (self.base / "keystone.err").read_text()[-3000:])

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def make(config, port):
    """Tables, keys and what a fresh Keystone has."""
    from keystone.cmd import bootstrap
    from keystone.common import fernet_utils
    from keystone.common.sql import upgrades
    import keystone.conf
    import keystone.server

    conf = keystone.conf.CONF
    keystone.server.configure(config_files=[config])
    upgrades.offline_sync_database_to_version()
    if conf.database.connection.startswith("sqlite:///"):
        import sqlite3
        with sqlite3.connect(conf.database.connection.removeprefix("sqlite:///")) as tables:
            tables.execute("PRAGMA journal_mode = WAL")  # it reads beside its own writes
    for group in ("fernet_tokens", "credential"):
        repository = conf[group].key_repository
        keys = fernet_utils.FernetUtils(repository, 3, group)
        keys.create_key_directory()
        keys.initialize_key_repository()
    first = bootstrap.Bootstrapper()
    first.admin_password, first.admin_username = PASSWORD, "admin"
    first.project_name, first.admin_role_name = "admin", "admin"
    first.service_name, first.region_id = "keystone", "RegionOne"
    first.immutable_roles = True
    url = f"http://127.0.0.1:{port}/v3"
    first.public_url = first.internal_url = first.admin_url = url
    first.bootstrap()


def serve(config, port):
    import wsgiref.simple_server as simple

    from keystone.server.flask import core

    class Server(simple.WSGIServer):
        def server_bind(self):
            # Without asking who 127.0.0.1 is.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
            self.server_name, self.server_port = "127.0.0.1", port
            self.setup_environ()

    class Handler(simple.WSGIRequestHandler):
        def address_string(self):
            return "127.0.0.1"

        def log_message(self, *_):
            pass

    application = core.initialize_application(name="public", config_files=[config])
    server = simple.make_server("127.0.0.1", port, application, Server, Handler)
    print("ready", flush=True)
    server.serve_forever()


def main(config, port):
    sys.argv = ["keystone"]  # it reads these
    child = os.fork()
    if child == 0:
        code = 1
        try:
            make(config, port)
            code = 0
        finally:
            sys.stderr.flush()
            if code:
                import traceback
                traceback.print_exc()
            os._exit(code)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("the database could not be made")
    serve(config, port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
