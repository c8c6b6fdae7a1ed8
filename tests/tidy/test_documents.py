"""What is generated is fresh."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import references  # noqa: E402
import routes  # noqa: E402

# Routes that ask no policy: what tells where to go, gives a token or shows schemas, and Nova's flavors,
# which all may see.
FREE = re.compile(r" /?$|^GET /(v2|v3|v2\.0|v2\.1|versions)$|/versions/|/schemas/|^GET /v2/info/|/extensions"
                  r"|^POST /v3/(auth/tokens|users/{user_id}/password)$"
                  # What comes signed, or from a provider, says itself who it is.
                  r"| /v3/(OS-OAUTH2/token|OS-OAUTH1/(request|access)_token)$"
                  r"| /v3/(auth/)?OS-FEDERATION/(saml2|openid/callback|websso|.*/(auth|websso)$|.*/auth/mellon/)"
                  r"|^GET /v2.1/flavors(/detail|/{id})?$"
                  r"| /v2.1/images(/|$)")  # Glance is asked, with its own


class Documents(unittest.TestCase):
    def test_readme_tells_what_works(self):
        text = routes.README.read_text()
        self.assertEqual(routes.with_table(text), text, "run: python3 tests/tidy/routes.py")

    def test_operations_are_all_there(self):
        self.assertEqual(routes.operations(), routes.OPERATIONS.read_text(),
                         "run: python3 tests/tidy/routes.py")

    def test_policies_name_their_routes(self):
        """Each route is asked for by a policy or known to ask none; no policy names what is gone."""
        asked = set(re.findall(r"(?:GET|POST|PUT|PATCH|DELETE) /[^,`]*",
                               references.path("policies").read_text()))
        there = {line.split(" ", 1)[1].replace(",HEAD", "", 1) for line in routes.routes()}
        self.assertEqual(set(), asked - there)
        silent = {path for path in there - asked if not FREE.search(path)}
        self.assertEqual(set(), silent, "name the route at its policy in policies.cc")

    def test_what_contributing_quotes_is_compiled(self):
        text = (routes.ROOT / "CONTRIBUTING.md").read_text()
        quotes = re.findall(r"^( *)<!-- (src/example/\S+) -->\n *```\w+\n(.*?)\n *```$", text,
                            re.M | re.S)
        self.assertGreater(len(quotes), 6)
        for indent, path, code in quotes:
            plain = "\n".join(line.removeprefix(indent) for line in code.split("\n"))
            self.assertIn(plain, (routes.ROOT / path).read_text(), f"{path} in CONTRIBUTING.md")

    def test_the_manual_is_what_the_program_prints(self):
        for topic in references.HEADS:
            with self.subTest(topic):
                self.assertEqual(references.page(topic), references.path(topic).read_text(),
                                 "run: python3 tests/tidy/references.py")


if __name__ == "__main__":
    unittest.main()
