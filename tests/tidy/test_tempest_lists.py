"""The lists of Tempest's tests are in order: whatever does not run has a reason."""

import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tempest"))

import selection  # noqa: E402


class Lists(unittest.TestCase):
    def test_what_is_listed_is_sorted_once_and_not_left_out(self):
        names = selection.listed()
        self.assertGreater(len(names), 500)
        self.assertEqual(names, sorted(set(names)))
        chosen, _ = selection.choose(names)
        self.assertEqual(chosen, names)

    def test_only_the_four_packages(self):
        for name in selection.listed():
            self.assertIn(name.split(".")[2], selection.PACKAGES)

    def test_patterns_are_there_once(self):
        patterns = [pattern.pattern for pattern, _ in selection.left_out()]
        self.assertEqual(len(patterns), len(set(patterns)))


class Selection(unittest.TestCase):
    def with_lines(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        patch = mock.patch.object(selection, "LEFT_OUT", pathlib.Path(file.name))
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_line_without_a_reason_is_refused(self):
        self.with_lines("compute.volumes\n")
        with self.assertRaises(ValueError):
            selection.left_out()

    def test_lines_that_match_nothing_are_told(self):
        self.with_lines("# head\nvolumes  # there are none\nnothing  # idle\n")
        self.assertEqual(selection.choose(["a.volumes.x", "a.servers.y"]),
                         (["a.servers.y"], ["nothing"]))


if __name__ == "__main__":
    unittest.main()
