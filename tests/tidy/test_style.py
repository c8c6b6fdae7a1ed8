"""Style as a test: which floor may include which, how long files and functions may be, what may
not be said."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SRC = ROOT / "src"

# Lower floors first; a file may include its own floor's siblings where they stand together.
FLOORS = [
    {"base"},
    {"json", "config"},
    {"http", "db", "bus", "cache", "coord"},
    {"access", "resource", "flow", "notify"},
    {"test_kit"},
    {"drivers"},
    {"services", "example"},
    {"cli"},
    {"main.cc"},
]
# Heavy headers and the only places that may include them.
HEAVY = {
    r"<boost/(asio|beast)": "src/http/",
    r"<boost/json": "src/json/",
    r"<sqlite3\.h>": "src/db/",
    r"<mariadb/": "src/db/foreign/",
    r"<libvirt/": "src/drivers/virt/",
    r"<ldap\.h>": "src/drivers/directory/",
    r"<libmemcached/": "src/drivers/cache/",
    r"<yaml-cpp/": "src/access/",
    r"<curl/": "src/http/",
    r"<CLI/": "src/cli/",
}
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
LINE_CHARS_MAX = 100


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).exists()]


def sources():
    return [p for p in tracked("src/*.cc", "src/*.h", "bench/*.cc", "tests/*.cc")]


def floor_of(path):
    top = path.relative_to(SRC).parts[0]
    for level, names in enumerate(FLOORS):
        if top in names:
            return level
    raise AssertionError(f"{path} stands on no floor")


class Includes(unittest.TestCase):
    def test_go_down_only(self):
        wrong = []
        for path in sources():
            if SRC not in path.parents:
                continue
            here = floor_of(path)
            for included in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
                target = SRC / included
                if not target.exists() or path.name.endswith("_test.cc"):
                    continue
                if floor_of(target) > here:
                    wrong.append(f"{path.relative_to(ROOT)} includes {included}")
        self.assertEqual([], wrong)

    def test_services_meet_at_one_header(self):
        wrong = []
        for path in tracked("src/services/*.cc", "src/services/*.h"):
            room = path.relative_to(SRC / "services").parts[0]
            for other, rest in re.findall(r'^#include "services/(\w+)/([^"]+)"', path.read_text(),
                                          re.M):
                if other != room and rest != f"{other}.h" and not path.name.endswith("_test.cc"):
                    wrong.append(f"{path.relative_to(ROOT)} includes services/{other}/{rest}")
        self.assertEqual([], wrong)

    def test_heavy_headers_stay_home(self):
        wrong = []
        for path in sources():
            name = str(path.relative_to(ROOT))
            for pattern, home in HEAVY.items():
                if re.search(r"^#include " + pattern, path.read_text(), re.M):
                    if not name.startswith(home):
                        wrong.append(f"{name} includes {pattern}")
        self.assertEqual([], wrong)


class Sizes(unittest.TestCase):
    def test_files(self):
        long = [f"{p.relative_to(ROOT)}: {n}" for p in sources()
                if (n := len(p.read_text().splitlines())) > FILE_LINES_MAX
                and p.name != "policies.cc"]
        self.assertEqual([], long)

    def test_lines(self):
        long = []
        for path in sources():
            if path.name == "policies.cc":
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if len(line) > LINE_CHARS_MAX and 'R"' not in line and "http" not in line:
                    long.append(f"{path.relative_to(ROOT)}:{number}")
        self.assertEqual([], long)

    def test_functions(self):
        """A body begins with the { that ends a head at the margin, and ends at the } there."""
        long = []
        for path in sources():
            begun, head = None, False
            for number, line in enumerate(path.read_text().splitlines(), 1):
                at_margin = bool(line) and not line[0].isspace() and not line.startswith(("#", "//"))
                if at_margin:
                    head = "(" in line and not re.match(r"(namespace|constexpr|const|\})", line)
                if begun is None and head and line.endswith("{"):
                    begun, head = number, False
                elif head and line.endswith(";"):
                    head = False
                elif line == "}" and begun:
                    if number - begun > FUNCTION_LINES_MAX:
                        long.append(f"{path.relative_to(ROOT)}:{begun}: {number - begun} lines")
                    begun = None
        self.assertEqual([], long)


class Words(unittest.TestCase):
    def refuse(self, files, pattern, why, allowed=()):
        wrong = []
        for path in files:
            name = str(path.relative_to(ROOT))
            if name in allowed:
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if re.search(pattern, line):
                    wrong.append(f"{name}:{number}: {line.strip()[:80]}")
        self.assertEqual([], wrong, why)

    def test_no_key_is_kept_here(self):
        kept = [str(p.relative_to(ROOT)) for p in tracked("*-keys/*", "*.key", "*.pem", "*.db")]
        self.assertEqual([], kept, "what a cloud made for itself is nobody else's")

    def test_no_coroutines(self):
        self.refuse(sources(), r"\bco_(await|yield|return)\b", "g++ 12 frees twice")

    def test_no_empty_names(self):
        self.refuse(sources(), r"\b(class|struct) \w*(Manager|Helper|Util|Utils)\b",
                    "say what it is")

    def test_tests_never_sleep(self):
        files = [p for p in sources() if p.name.endswith("_test.cc")]
        files += [p for p in tracked("tests/*.py", "images/*.py") if p.name != "test_style.py"]
        self.refuse(files, r"sleep_for|sleep_until|\busleep\(|time\.sleep\(",
                    "wait for an event with a deadline, or stop the clock")

    def test_every_file_of_code_is_whole(self):
        self.refuse(sources(), r"\b(TODO|FIXME|XXX)\b", "do it or write it into the README")

    def test_the_project_speaks_of_itself_alone(self):
        files = [p for p in tracked("*") if p.name != "test_style.py" and p.is_file()]
        self.refuse(files, r"/wor" + r"k/|\.\./share" + r"d", "no path of a machine")


class Format(unittest.TestCase):
    def test_clang_format(self):
        files = [str(p) for p in sources() if p.name != "policies.cc"]
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *files],
                              capture_output=True, text=True, cwd=ROOT)
        wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", done.stderr, re.M)))
        self.assertEqual([], wrong, "run: clang-format -i on these")


class Packages(unittest.TestCase):
    def test_lists_are_sorted(self):
        for path in tracked("packages/*.txt"):
            lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
            self.assertEqual(sorted(set(lines)), lines, path.name)


if __name__ == "__main__":
    unittest.main()
