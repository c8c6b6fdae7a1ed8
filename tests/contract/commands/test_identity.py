"""openstack project, user, group, role, domain, region, service, endpoint, credential, token."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from shell import Shell  # noqa: E402


class Identity(Shell):
    def test_projects(self):
        made = self.ask("project create --description 'of blue' --tag one blue")
        self.assertEqual(("blue", "of blue", True, ["one"]),
                         (made["name"], made["description"], made["enabled"], made["tags"]))
        child = self.ask("project create --parent blue --enable child")
        self.assertEqual(made["id"], child["parent_id"])
        self.assertEqual(["child"], self.column("project list --parent blue"))
        self.do("project set --disable child")
        self.do("project set --description red --disable --tag two --property colour=red blue")
        shown = self.ask("project show blue")
        self.assertEqual(("red", False, "red"),
                         (shown["description"], shown["enabled"], shown["colour"]))
        self.assertEqual({"one", "two"}, set(shown["tags"]))
        self.assertEqual(["blue"], self.column("project list --tags two"))
        self.assertIn("blue", self.column("project list"))
        self.refused("project create blue", "409")
        self.ask("project create --or-show blue")
        self.do("project delete child blue")
        self.refused("project show blue", "No project")

    def test_users_groups_and_roles(self):
        self.ask("domain create --description d west")
        user = self.ask("user create --domain west --password pw --email a@b --description x ann")
        self.assertEqual("a@b", user["email"])
        self.do("user set --domain west --email c@d --name anna ann")
        self.assertEqual("c@d", self.ask("user show --domain west anna")["email"])
        self.assertEqual(["anna"], self.column("user list --domain west"))
        self.ask("group create --domain west --description g staff")
        self.do("group add user --group-domain west --user-domain west staff anna")
        self.assertIn("anna in group staff", self.do(
            "group contains user --group-domain west --user-domain west staff anna"))
        self.assertEqual(["anna"], self.column("user list --domain west --group staff"))
        self.assertEqual(["staff"], self.column("group list --domain west"))
        self.do("group set --domain west --description h staff")
        self.assertEqual("h", self.ask("group show --domain west staff")["description"])
        self.ask("project create --domain west desk")
        self.do("role add --user anna --user-domain west --project desk --project-domain west member")
        self.do("role add --group staff --group-domain west --domain west reader")
        rows = self.ask("role assignment list --names --user anna --user-domain west")
        self.assertEqual([("member", "anna@west", "desk@west")],
                         [(r["Role"], r["User"], r["Project"]) for r in rows])
        rows = self.ask("role assignment list --names --effective --user anna --user-domain west")
        self.assertEqual({"member", "reader"}, {r["Role"] for r in rows})
        self.do("role remove --user anna --user-domain west --project desk --project-domain west "
                "member")
        self.assertEqual([], self.ask("role assignment list --user anna --user-domain west"))
        self.do("group remove user --group-domain west --user-domain west staff anna")
        self.do("user set --domain west --disable anna")
        self.assertFalse(self.ask("user show --domain west anna")["enabled"])
        self.do("user delete --domain west anna")
        self.do("group delete --domain west staff")
        self.refused("domain delete west", "403")
        self.do("domain set --disable west")
        self.do("domain delete west")
        self.assertNotIn("west", self.column("domain list"))

    def test_roles(self):
        self.ask("role create --description r gardener")
        self.do("role set --name grower gardener")
        self.assertEqual("grower", self.ask("role show grower")["name"])
        self.ask("implied role create --implied-role reader grower")
        rows = self.ask("implied role list")
        self.assertIn(("grower", "reader"),
                      {(r["Prior Role Name"], r["Implied Role Name"]) for r in rows})
        self.do("implied role delete --implied-role reader grower")
        self.do("role delete grower")
        self.assertLessEqual({"admin", "manager", "member", "reader"},
                             set(self.column("role list")))

    def test_catalog(self):
        self.ask("region create --description r north")
        self.do("region set --description s north")
        self.assertEqual("s", self.ask("region show north")["description"])
        self.ask("region create --parent-region north north-1")
        self.assertEqual(["north-1"], self.column("region list --parent-region north", "Region"))
        service = self.ask("service create --name gate --description d portal")
        self.do("service set --name gate2 --disable gate")
        self.assertEqual((False, "gate2"), (lambda s: (s["enabled"], s["name"]))(
            self.ask(f"service show {service['id']}")))
        point = self.ask(f"endpoint create --region north {service['id']} public http://x/")
        self.do(f"endpoint set --url http://y/ {point['id']}")
        self.assertEqual("http://y/", self.ask(f"endpoint show {point['id']}")["url"])
        self.assertEqual([point["id"]], self.column("endpoint list --region north", "ID"))
        self.do(f"endpoint delete {point['id']}")
        self.do(f"service delete {service['id']}")
        self.do("region delete north-1 north")
        types = {row["Type"] for row in self.ask("catalog list")}
        self.assertLessEqual({"identity", "image", "compute", "network", "placement"}, types)
        self.assertEqual("nova", self.ask("catalog show compute")["name"])

    def test_tokens_and_credentials(self):
        token = self.ask("token issue")
        self.assertEqual({"expires", "id", "project_id", "user_id"}, set(token))
        self.do(f"token revoke {token['id']}")
        made = self.ask("application credential create --secret s --role reader --description d app")
        self.assertEqual("s", made["secret"])
        self.assertEqual(["app"], self.column("application credential list"))
        self.assertEqual("d", self.ask("application credential show app")["description"])
        self.do("application credential delete app")
        user = self.ask("user show admin")["id"]
        made = self.ask(f"credential create --type cert {user} blob")
        self.do(f"credential set --type cert --user {user} --data other {made['id']}")
        self.assertEqual("other", self.ask(f"credential show {made['id']}")["blob"])
        self.assertEqual([made["id"]], self.column("credential list --type cert", "ID"))
        self.do(f"credential delete {made['id']}")

    def test_limits(self):
        made = self.ask("registered limit create --service nova --default-limit 9 lamps")
        self.do(f"registered limit set --default-limit 8 {made['id']}")
        self.assertEqual(8, self.ask(f"registered limit show {made['id']}")["default_limit"])
        limit = self.ask("limit create --project demo --service nova --resource-limit 5 lamps")
        self.do(f"limit set --resource-limit 4 {limit['id']}")
        self.assertEqual(4, self.ask(f"limit show {limit['id']}")["resource_limit"])
        self.assertEqual([limit["id"]], self.column("limit list", "ID"))
        self.do(f"limit delete {limit['id']}")
        self.do(f"registered limit delete {made['id']}")
        self.assertEqual([], self.ask("registered limit list"))
