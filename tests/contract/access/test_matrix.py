"""Who may do what: every route asked by everybody, compared with the table that is checked in."""

import difflib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import matrix  # noqa: E402
import personas  # noqa: E402

# Of providers that the cloud's configuration names: the one under test has none.
SAML = [("keystone", method, "/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"
         f"/auth/mellon/{name}") for method, name in (
             ("GET", "metadata"), ("POST", "postResponse"), ("POST", "paosResponse"))]

# What tells where to go is open, and so is what gives a token for a password.
OPEN = {("keystone", "POST", "/v3/auth/tokens"), ("keystone", "POST", "/v3/users/{user_id}/password"),
        ("glance", "GET", "/versions"), ("keystone", "GET", "/v3"), ("neutron", "GET", "/v2.0"),
        ("nova", "GET", "/v2"), ("nova", "GET", "/v2.1"),
        # What is signed, or says whose secret it has, needs no token.
        *[("keystone", "POST", f"/v3/OS-OAUTH1/{kind}_token") for kind in ("request", "access")],
        *[("keystone", method, "/v3/OS-OAUTH2/token")
          for method in ("GET", "PUT", "POST", "PATCH", "DELETE")],
        # Who comes through an identity provider has no token yet: 400 without an origin.
        ("keystone", "GET", "/v3/OS-FEDERATION/saml2/metadata"),
        *[("keystone", "POST", f"/v3/auth/OS-FEDERATION/saml2{end}") for end in ("", "/ecp")],
        *SAML,
        *[("keystone", method, f"/v3/auth/OS-FEDERATION/{path}") for method in ("GET", "POST")
          for path in ("websso/{protocol_id}",
                       "identity_providers/{idp_id}/protocols/{protocol_id}/websso")]}

# Where no role of the table is let in, and why.
NOBODY = {
    # By what an identity provider says, or by a signature: tests/contract/keystone does them.
    *[("keystone", method, path) for method in ("GET", "POST") for path in (
        "/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth",
        "/v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
        "/v3/auth/OS-FEDERATION/websso/{protocol_id}")],
    *SAML,
    ("keystone", "GET", "/v3/auth/OS-FEDERATION/openid/callback"),
    ("keystone", "POST", "/v3/OS-OAUTH1/request_token"),
    ("keystone", "POST", "/v3/OS-OAUTH1/access_token"),
    ("keystone", "POST", "/v3/OS-OAUTH2/token"),
    # No method but POST, as upstream.
    *[("keystone", method, "/v3/OS-OAUTH2/token") for method in ("GET", "PUT", "PATCH", "DELETE")],
    # A cloud that is no identity provider itself.
    ("keystone", "GET", "/v3/OS-FEDERATION/saml2/metadata"),
    *[("keystone", "POST", f"/v3/auth/OS-FEDERATION/saml2{end}") for end in ("", "/ecp")],
    # One store, no agents.
    ("glance", "GET", "/v2/info/stores"), ("glance", "GET", "/v2/info/stores/detail"),
    *[("neutron", method, "/v2.0/agents/{id}") for method in ("GET", "PUT", "DELETE")],
    # What guests cannot do yet (Nova's README), and hosts, as upstream's with libvirt.
    *[("nova", "POST", f"/v2.1/servers/{{id}}/action {action}")
      for action in ("restore", "changePassword")],
    ("nova", "POST", "/v2.1/servers/{id}/os-interface"),
    ("nova", "DELETE", "/v2.1/servers/{id}/os-interface/{port}"),
    *[("nova", "GET", f"/v2.1/os-hosts/{{host}}/{what}")
      for what in ("startup", "shutdown", "reboot")]}


class Roles(unittest.TestCase):
    maxDiff = None

    def test_the_table_says_what_happens(self):
        kept = matrix.TABLE.read_text().splitlines()
        found = matrix.measure().splitlines()
        self.assertEqual([], list(difflib.unified_diff(kept, found, "matrix.tsv", "this cloud",
                                                       lineterm="", n=0)),
                         "right? then: python3 tests/contract/access/matrix.py --write")

    def test_somebody_is_let_in(self):
        """A row of refusals alone would not tell a policy from a mistake in the question."""
        closed = set()
        for line in matrix.TABLE.read_text().splitlines()[1:]:
            service, method, path, action, *cells = line.split("\t")
            if not any(said[0] in "23" for said in cells[:-1]):
                closed.add((service, method, f"{path} {action}".strip()))
        self.assertEqual(NOBODY, closed)

    def test_strangers_get_nothing(self):
        """In the table itself: without a token 401, and of another project's things nothing."""
        wrong = []
        for line in matrix.TABLE.read_text().splitlines()[1:]:
            service, method, path, action, *cells = line.split("\t")
            said = dict(zip(personas.NAMES, cells[:-1]))
            if path == "/" or (service, method, path) in OPEN:
                continue
            if {said["nobody"], said["garbage"]} != {"401"}:
                wrong.append(line)
            # Where the owner's reader is let in and the owner's object named, a stranger is not.
            named = "{" in path and service != "keystone"
            if named and method != "GET" and said["stranger"][0] == "2":
                wrong.append(line)
            if method != "GET" and said["reader"][0] == "2" and said["member"] != said["reader"]:
                wrong.append(line)
        self.assertEqual([], wrong)


if __name__ == "__main__":
    unittest.main()
