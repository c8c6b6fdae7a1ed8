"""Tokens that are JSON web signatures, made by upstream's Keystone, are read by ours, and the other
way round. Needs python3-keystone and build/tests/contract/fernet_tool."""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import unittest  # noqa: E402

import test_fernet_interop as fernet  # noqa: E402

try:
    import jwt
    import keystone.conf
    from keystone.common import jwt_utils
    from keystone import exception
    from keystone.token.providers.jws import core
except ImportError:
    core = None

NAMES = ["user_id", "methods", "audit_ids", "system", "domain_id", "project_id", "trust_id",
         "federated_group_ids", "identity_provider_id", "protocol_id", "access_token_id",
         "app_cred_id"]


def setUpModule():
    fernet.setUpModule()


class Jws(unittest.TestCase):
    token = fernet.Interop.token

    def setUp(self):
        self.tool = fernet.Tool()
        self.addCleanup(self.tool.close)
        self.random = fernet.random.Random(20260103)
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for kind in ("private", "public"):
            (directory / kind).mkdir()
            keystone.conf.CONF.set_override(f"jws_{kind}_key_repository", str(directory / kind),
                                            "jwt_tokens")
        jwt_utils.create_jws_keypair(str(directory / "private" / "private.pem"),
                                     str(directory / "public" / "public.pem"))
        self.private = (directory / "private" / "private.pem").read_text()
        self.public = (directory / "public" / "public.pem").read_text()
        self.upstream = core.JWSFormatter()

    def content(self, kind):
        content = self.token(kind)
        content["expires_at"] = content["expires_at"][:19] + ".000000Z"  # whole seconds
        return content

    def made_upstream(self, content):
        given = {name: content[name] or None for name in NAMES}
        given["federated_group_ids"] = [{"id": g} for g in content["federated_group_ids"]] or None
        given["methods"] = content["methods"]
        return self.upstream.create_token(given.pop("user_id"), content["expires_at"],
                                          given.pop("audit_ids"), given.pop("methods"), **given)

    def test_we_read_upstreams_tokens(self):
        for kind in fernet.KINDS:
            for _ in range(10):
                content = self.content(kind)
                text, issued = self.made_upstream(content)
                got = self.tool.ask(op="jws_decode", public=[self.public], text=text)["token"]
                self.assertEqual(kind, got.pop("kind"))
                self.assertEqual(issued[:19], got.pop("issued_at")[:19])
                self.assertEqual("", got.pop("thumbprint"))
                self.assertEqual(content, got)

    def test_upstream_reads_our_tokens(self):
        now = "2026-01-02T03:04:05.000000Z"
        for kind in fernet.KINDS:
            for _ in range(10):
                content = self.content(kind)
                text = self.tool.ask(op="jws_encode", private=self.private, now=now,
                                     token=content)["text"]
                read = self.upstream.validate_token(text)
                self.assertEqual((now, content["expires_at"]), read[-2:])
                got = {name: value or "" for name, value in zip(NAMES, read)}
                got["methods"] = read[1]
                got["federated_group_ids"] = [g["id"] for g in read[7] or []]
                self.assertEqual({k: v for k, v in content.items() if k != "expires_at"}, got)

    def test_neither_reads_what_another_key_signed(self):
        content = self.content(2)
        other = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        jwt_utils.create_jws_keypair(str(other / "a"), str(other / "b"))
        text, _ = self.made_upstream(content)
        self.assertIsNone(self.tool.ask(op="jws_decode", public=[(other / "b").read_text()],
                                        text=text)["token"])
        made = self.tool.ask(op="jws_encode", private=(other / "a").read_text(),
                             now="2026-01-02T03:04:05.000000Z", token=content)["text"]
        with self.assertRaises(exception.TokenNotFound):
            self.upstream.validate_token(made)

    def test_we_are_not_talked_into_another_algorithm(self):
        content = self.content(2)
        claims = jwt.decode(self.made_upstream(content)[0], options={"verify_signature": False})
        unsigned = jwt.encode(claims, None, algorithm="none")
        self.assertIsNone(self.tool.ask(op="jws_decode", public=[self.public],
                                        text=unsigned)["token"])


if __name__ == "__main__":
    unittest.main()
