"""Tokens and password hashes made by upstream's Keystone are read by ours, and the other way
round. Needs python3-keystone and build/tests/contract/fernet_tool."""

import base64
import datetime
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

try:
    import keystone.conf
    import passlib.hash
    from keystone.common import password_hashing
    from keystone.token import token_formatters as formatters
except ImportError:
    formatters = None

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
TOOL = pathlib.Path(os.environ.get("HANEUL_BUILD", ROOT / "build")) / "tests/contract/fernet_tool"
TEXTS = ["user_id", "system", "domain_id", "project_id", "trust_id", "identity_provider_id",
         "protocol_id", "access_token_id", "app_cred_id"]
KINDS = {
    0: ("UnscopedPayload", []),
    1: ("DomainScopedPayload", ["domain_id"]),
    2: ("ProjectScopedPayload", ["project_id"]),
    3: ("TrustScopedPayload", ["project_id", "trust_id"]),
    4: ("FederatedUnscopedPayload", ["identity_provider_id", "protocol_id"]),
    5: ("FederatedProjectScopedPayload", ["project_id", "identity_provider_id", "protocol_id"]),
    6: ("FederatedDomainScopedPayload", ["domain_id", "identity_provider_id", "protocol_id"]),
    7: ("OauthScopedPayload", ["project_id", "access_token_id"]),
    8: ("SystemScopedPayload", ["system"]),
    9: ("ApplicationCredentialScopedPayload", ["project_id", "app_cred_id"]),
}


def setUpModule():
    if formatters is None:
        raise unittest.SkipTest("python3-keystone is not installed")
    if not TOOL.exists():
        raise unittest.SkipTest(f"{TOOL} is not built")
    keystone.conf.configure()
    keystone.conf.CONF([], default_config_files=[])


class Tool:
    """Our side, kept running."""

    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


class Interop(unittest.TestCase):
    def setUp(self):
        self.tool = Tool()
        self.addCleanup(self.tool.close)
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.keys = [base64.urlsafe_b64encode(os.urandom(32)).decode() for _ in range(3)]
        for number, key in enumerate(reversed(self.keys)):
            pathlib.Path(directory.name, str(number)).write_text(key)
        keystone.conf.CONF.set_override("key_repository", directory.name, "fernet_tokens")
        self.addCleanup(keystone.conf.CONF.clear_override, "password_hash_algorithm", "identity")
        self.addCleanup(keystone.conf.CONF.clear_override, "password_hash_rounds", "identity")
        self.random = random.Random(20260102)

    def token(self, kind):
        """A token's content as both sides name it."""
        rnd = self.random

        def id_():
            return "%032x" % rnd.getrandbits(128)

        content = dict.fromkeys(TEXTS, "")
        content["user_id"] = rnd.choice([id_(), "ldap-" + id_() + id_()])
        for name in KINDS[kind][1]:
            content[name] = {"system": "all", "protocol_id": "mapped",
                             "identity_provider_id": rnd.choice([id_(), "my idp"])}.get(name, id_())
        if kind == 1 and rnd.random() < 0.5:
            content["domain_id"] = "default"
        groups = [rnd.choice([id_(), "people"]) for _ in range(rnd.randrange(20))]
        content["federated_group_ids"] = groups if 4 <= kind <= 6 else []
        methods = ["application_credential", "mapped", "oauth1", "token", "password", "external"]
        content["methods"] = [m for m in methods if rnd.random() < 0.4]
        content["audit_ids"] = [base64.urlsafe_b64encode(rnd.randbytes(16)).decode().rstrip("=")
                                for _ in range(rnd.randrange(1, 3))]
        expires = datetime.datetime(2026, 1, 2) + datetime.timedelta(
            microseconds=rnd.randrange(10**15))
        content["expires_at"] = expires.isoformat(timespec="microseconds") + "Z"
        return content

    def upstream_encode(self, kind, content):
        payload = getattr(formatters, KINDS[kind][0])
        return formatters.TokenFormatter().create_token(
            content["user_id"], content["expires_at"], content["audit_ids"], payload,
            methods=content["methods"], system=content["system"] or None,
            domain_id=content["domain_id"] or None, project_id=content["project_id"] or None,
            trust_id=content["trust_id"] or None,
            federated_group_ids=[{"id": g} for g in content["federated_group_ids"]],
            identity_provider_id=content["identity_provider_id"] or None,
            protocol_id=content["protocol_id"] or None,
            access_token_id=content["access_token_id"] or None,
            app_cred_id=content["app_cred_id"] or None)

    def upstream_decode(self, text):
        fields = ["user_id", "methods", "audit_ids", "system", "domain_id", "project_id",
                  "trust_id", "federated_group_ids", "identity_provider_id", "protocol_id",
                  "access_token_id", "app_cred_id"]
        read = formatters.TokenFormatter().validate_token(text)
        content = {name: value or "" for name, value in zip(fields, read)}
        content["methods"] = list(read[1])
        content["federated_group_ids"] = [g["id"] for g in read[7] or []]
        return content, read[-2], read[-1]

    def test_we_read_upstreams_tokens(self):
        for kind in KINDS:
            for _ in range(40):
                content = self.token(kind)
                got = self.tool.ask(op="decode", keys=self.keys,
                                    text=self.upstream_encode(kind, content))["token"]
                self.assertEqual(kind, got.pop("kind"))
                self.assertEqual("", got.pop("thumbprint"))
                self.assertRegex(got.pop("issued_at"), r"^20..-.*\.000000Z$")
                self.assertEqual(content, got)

    def test_upstream_reads_our_tokens(self):
        now = "2026-01-02T03:04:05.000000Z"
        for kind in KINDS:
            for _ in range(40):
                content = self.token(kind)
                text = self.tool.ask(op="encode", keys=self.keys, now=now, token=content)["text"]
                got, issued, expires = self.upstream_decode(text)
                # Upstream shows whole seconds.
                self.assertEqual(content["expires_at"][:19] + ".000000Z", expires)
                self.assertEqual(now, issued)
                self.assertEqual({k: v for k, v in content.items() if k != "expires_at"}, got)

    def test_the_same_key_is_primary(self):
        content = self.token(2)
        made = self.upstream_encode(2, content)
        self.assertIsNotNone(self.tool.ask(op="decode", keys=self.keys[:1], text=made)["token"])
        self.assertIsNone(self.tool.ask(op="decode", keys=self.keys[1:], text=made)["token"])

    def test_upstream_verifies_our_hashes(self):
        # Keystone of 2022 does not know its own bcrypt_sha256 hashes again; its library does.
        for algorithm, rounds, check in [
                ("bcrypt", 4, password_hashing.check_password),
                ("bcrypt_sha256", 4, passlib.hash.bcrypt_sha256.verify),
                ("scrypt", 5, password_hashing.check_password),
                ("pbkdf2_sha512", 10, password_hashing.check_password)]:
            for password in ["secret", "pässwörd ☃", "x" * 72, ""]:
                made = self.tool.ask(op="hash", algorithm=algorithm, rounds=rounds,
                                     password=password)["hash"]
                self.assertTrue(check(password, made), made)
                self.assertFalse(check("y" + password, made), made)

    def test_we_verify_upstreams_hashes(self):
        conf = keystone.conf.CONF
        for algorithm, rounds in [("bcrypt", 4), ("bcrypt_sha256", 4), ("scrypt", 5),
                                  ("pbkdf2_sha512", 10)]:
            try:
                conf.set_override("password_hash_algorithm", algorithm, "identity")
            except ValueError:  # bcrypt_sha256 came back in 2024
                continue
            conf.set_override("password_hash_rounds", rounds, "identity")
            for password in ["secret", "pässwörd ☃", "x" * 100, ""]:
                made = password_hashing.hash_password(password)
                self.assertTrue(self.tool.ask(op="verify", password=password, hash=made)["good"])
                self.assertFalse(self.tool.ask(op="verify", password="y" + password,
                                               hash=made)["good"])


if __name__ == "__main__":
    unittest.main()
