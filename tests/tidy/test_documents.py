"""What is generated is fresh."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import references  # noqa: E402
import routes  # noqa: E402


class Documents(unittest.TestCase):
    def test_readme_tells_what_works(self):
        text = routes.README.read_text()
        self.assertEqual(routes.with_table(text), text, "run: python3 tests/tidy/routes.py")

    def test_the_manual_is_what_the_program_prints(self):
        for topic in references.HEADS:
            with self.subTest(topic):
                self.assertEqual(references.page(topic), references.path(topic).read_text(),
                                 "run: python3 tests/tidy/references.py")


if __name__ == "__main__":
    unittest.main()
