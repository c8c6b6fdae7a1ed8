"""Servers that are gone: who may list them, how, and for how long."""

import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import waiting  # noqa: E402
from harness import Cloud  # noqa: E402
from rest import Api  # noqa: E402

SERVERS = "/compute/v2.1/servers"


class Deleted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = cls.enterClassContext(Cloud(simulated=True, hosts=1))
        cls.admin, cls.demo = (Api(cls.cloud.env["HANEUL_URL"], cls.cloud.state, who)
                               for who in ("admin", "demo"))
        for api in (cls.admin, cls.demo):
            cls.addClassCleanup(api.connection.close)
        cls.gone = cls.made("gone")
        cls.kept = cls.made("kept")
        cls.remove(cls.gone)

    @classmethod
    def made(cls, name):
        server = cls.demo.boot(name).json["server"]["id"]
        waiting.until("it is active", 30, lambda: cls.demo.send(
            "GET", f"{SERVERS}/{server}").json["server"]["status"] == "ACTIVE")
        return server

    @classmethod
    def remove(cls, server):
        cls.demo.send("DELETE", f"{SERVERS}/{server}")
        waiting.until("it is gone", 30, lambda: cls.demo.send(
            "GET", f"{SERVERS}/{server}").status == 404)

    def listed(self, api, query, version="2.93"):
        answer = api.send("GET", f"{SERVERS}/detail?{query}",
                          headers={"OpenStack-API-Version": f"compute {version}"})
        self.assertEqual(200, answer.status, answer)
        return {s["id"]: s for s in answer.json["servers"]}

    def test_nobody_sees_them_by_default(self):
        for api, query in ((self.demo, ""), (self.admin, "all_tenants=1"),
                           (self.admin, "all_tenants=1&deleted=false"),
                           (self.demo, "deleted=true")):
            self.assertEqual({self.kept}, set(self.listed(api, query)), query)

    def test_administrators_ask_for_them(self):
        for query in ("all_tenants=1&deleted=true", "all_tenants=1&status=DELETED",
                      "all_tenants=1&deleted=1&name=gone"):
            found = self.listed(self.admin, query)
            self.assertEqual({self.gone}, set(found), query)
        shown = found[self.gone]
        self.assertEqual(("DELETED", "deleted", None, {}), (
            shown["status"], shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:task_state"],
            shown["addresses"]))
        self.assertTrue(shown["OS-SRV-USG:terminated_at"])
        self.assertEqual({}, self.listed(self.admin, "all_tenants=1&deleted=1&name=kept"))

    def test_others_may_not(self):
        answer = self.demo.send("GET", f"{SERVERS}?status=deleted")
        self.assertEqual((403, "Only administrators may list deleted instances"),
                         (answer.status, answer.json["forbidden"]["message"]))

    def test_changes_tell_of_them(self):
        since = "changes-since=2020-01-01T00:00:00Z"
        self.assertEqual({self.gone, self.kept}, set(self.listed(self.demo, since)))
        self.assertEqual({self.gone, self.kept}, set(self.listed(
            self.demo, "changes-before=2100-01-01T00:00:00Z")))
        self.assertEqual({}, self.listed(self.demo, "changes-since=2100-01-01T00:00:00Z"))
        pages, marker = [], ""
        for _ in range(2):
            page = self.listed(self.demo, f"{since}&limit=1{marker}")
            pages += page
            marker = f"&marker={pages[-1]}"
        self.assertEqual([self.kept, self.gone], pages, "the youngest first, one on a page")

    def test_what_is_secret_goes_at_once(self):
        with sqlite3.connect(f"file:{self.cloud.state}/haneul.db?mode=ro", uri=True) as db:
            row = db.execute("SELECT admin_pass, user_data, key_data FROM deleted_servers "
                             "WHERE id = ?", (self.gone,)).fetchone()
            columns = [[c[1] for c in db.execute(f"PRAGMA table_info({table})")]
                       for table in ("servers", "deleted_servers")]
        db.close()
        self.assertEqual((None, None, None), row)
        self.assertEqual(*columns)

    def test_filters_that_nobody_knows(self):
        for path, known in ((SERVERS, "name=x"), (f"{SERVERS}/detail", "not-tags=x"),
                            ("/compute/v2.1/flavors", "minRam=1"),
                            ("/compute/v2.1/os-keypairs", "limit=1")):
            for version, status in (("2.74", 200), ("2.75", 400)):
                answer = self.admin.send("GET", f"{path}?nonsense=1", headers={
                    "OpenStack-API-Version": f"compute {version}"})
                self.assertEqual(status, answer.status, path)
            self.assertIn("Additional properties are not allowed ('nonsense' was unexpected)",
                          answer.json["badRequest"]["message"])
            self.assertEqual(200, self.admin.send("GET", f"{path}?{known}").status, path)


if __name__ == "__main__":
    unittest.main()
