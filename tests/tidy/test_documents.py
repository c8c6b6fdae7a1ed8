"""What is generated is fresh."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import routes  # noqa: E402


class Documents(unittest.TestCase):
    def test_readme_tells_what_works(self):
        text = routes.README.read_text()
        self.assertEqual(routes.with_table(text), text, "run: python3 tests/tidy/routes.py")


if __name__ == "__main__":
    unittest.main()
