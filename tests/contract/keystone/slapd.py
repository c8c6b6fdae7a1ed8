"""A directory of a test's own: Debian's slapd on free ports, in a directory below build/check."""

import pathlib
import select
import shutil
import signal
import os
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import harness  # noqa: E402

SUFFIX = "dc=haneul,dc=test"
READER = ("cn=reader," + SUFFIX, "reader-secret")
ENTRIES_MAX = 500  # in one answer without paging

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {base}/slapd.pid
argsfile {base}/slapd.args
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {base}/ca.pem
TLSCertificateFile {base}/server.pem
TLSCertificateKeyFile {base}/server.key
sizelimit size.soft={limit} size.hard={limit} size.prtotal=unlimited size.pr={limit}
database mdb
maxsize 268435456
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
rootpw admin-secret
directory {base}/data
index objectClass,cn,uid,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by anonymous auth by * none
"""


def entry(dn, **attributes):
    lines = ["dn: " + dn]
    for name, values in attributes.items():
        for value in values if isinstance(values, list) else [values]:
            lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n"


def user_dn(uid):
    return f"uid={uid},ou=People,{SUFFIX}"


def user(uid, **more):
    return entry(user_dn(uid), **{"objectClass": "inetOrgPerson", "uid": uid, "cn": uid, "sn": uid,
                                  "mail": uid + "@haneul.test", "employeeType": "TRUE",
                                  "userPassword": "secret-" + uid, **more})


def group(name, members):
    return entry(f"cn={name},ou=Groups,{SUFFIX}", objectClass="groupOfNames", cn=name,
                 description="the " + name, member=members)


def frame():
    return [entry(SUFFIX, objectClass=["dcObject", "organization"], dc="haneul", o="haneul"),
            entry(READER[0], objectClass=["organizationalRole", "simpleSecurityObject"],
                  cn="reader", userPassword=READER[1]),
            entry("ou=People," + SUFFIX, objectClass="organizationalUnit", ou="People"),
            entry("ou=Groups," + SUFFIX, objectClass="organizationalUnit", ou="Groups")]


class Slapd:
    def __init__(self, entries):
        base = ROOT / "build" / "check"
        base.mkdir(parents=True, exist_ok=True)
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="l-", dir=base))
        (self.base / "data").mkdir()
        # A copy, because a profile of AppArmor lets the one in its place read /etc and /var only.
        self.program = self.base / "slapd"
        shutil.copy2("/usr/sbin/slapd", self.program)
        self.port, self.tls_port = harness.free_port(), harness.free_port()
        self.certificates()
        (self.base / "slapd.conf").write_text(CONFIGURATION.format(
            base=self.base, suffix=SUFFIX, reader=READER[0], limit=ENTRIES_MAX))
        self.load(frame() + entries)
        self.process = None

    @property
    def url(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def run(self, *command, text=None):
        done = subprocess.run([str(c) for c in command], input=text, capture_output=True, text=True,
                              timeout=120, cwd=self.base)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def certificates(self):
        openssl = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
        for name in ("ca", "stranger"):
            self.run(*openssl, "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem")
        self.run(*openssl, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                 "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE",
                 "-keyout", "server.key", "-out", "server.pem")

    def load(self, entries):
        self.run("slapadd", "-q", "-f", self.base / "slapd.conf", text="\n".join(entries))

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-f", self.base / "slapd.conf", "-d", "0",
             "-h", f"{self.url} {self.tls_url}"],
            stdout=open(self.base / "slapd.log", "ab"), stderr=subprocess.STDOUT)
        until = time.monotonic() + 30 * harness.SLOW
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("slapd: " + (self.base / "slapd.log").read_text())
                select.select([], [], [], 0.05)

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def freeze(self):
        """It takes connections and says nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def change(self, ldif):
        self.run("ldapmodify", "-x", "-H", self.url, "-D", "cn=admin," + SUFFIX, "-w",
                 "admin-secret", text=ldif)

    def add(self, *entries):
        self.run("ldapadd", "-x", "-H", self.url, "-D", "cn=admin," + SUFFIX, "-w",
                 "admin-secret", text="\n".join(entries))

    def remove(self, dn):
        self.run("ldapdelete", "-x", "-H", self.url, "-D", "cn=admin," + SUFFIX, "-w",
                 "admin-secret", dn)

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)


def options(url, **more):
    """The [ldap] options of a domain served by such a directory."""
    return {"url": url, "user": READER[0], "password": READER[1], "suffix": SUFFIX,
            "user_tree_dn": "ou=People," + SUFFIX, "user_id_attribute": "uid",
            "user_name_attribute": "uid", "user_enabled_attribute": "employeeType",
            "user_attribute_ignore": ["default_project_id"],
            "group_tree_dn": "ou=Groups," + SUFFIX, "group_name_attribute": "cn",
            "page_size": 200, "pool_connection_timeout": 2, **more}
