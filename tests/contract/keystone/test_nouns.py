"""Every noun through upstream's client: made, shown, listed, changed, deleted; and bad input."""

import json
import pathlib
import sys
import unittest

import openstack

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cloud import DOMAIN, URL, IdentityTest, exceptions, name


class Projects(IdentityTest):
    def test_crud(self):
        made = self.project(description="d", colour="red", tags=["a"])
        self.assertEqual("red", made.colour)
        self.assertEqual("default", made.parent_id)
        manager = self.keystone.projects
        self.assertEqual(made.name, manager.get(made).name)
        self.assertEqual([made.id], [p.id for p in manager.list(name=made.name)])
        self.assertIn(made.id, [p.id for p in manager.list(domain=DOMAIN)])
        self.assertEqual("e", manager.update(made, description="e").description)
        manager.delete(made)
        with self.assertRaises(exceptions.NotFound):
            manager.get(made)

    def test_tree(self):
        top = self.project()
        middle = self.project(parent=top)
        low = self.project(parent=middle)
        manager = self.keystone.projects
        self.assertEqual({middle.id: {low.id: None}},
                         manager.get(top, subtree_as_ids=True).subtree)
        self.assertEqual({middle.id: {top.id: {DOMAIN: None}}},
                         manager.get(low, parents_as_ids=True).parents)
        with self.assertRaises(exceptions.Forbidden):
            manager.delete(top)

    def test_tags(self):
        project, manager = self.project(), self.keystone.projects
        manager.add_tag(project, "blue")
        manager.add_tag(project, "red")
        self.assertTrue(manager.check_tag(project, "red"))
        self.assertEqual({"blue", "red"}, set(manager.list_tags(project)))
        self.assertEqual([project.id], [p.id for p in manager.list(tags=["blue", "red"],
                                                                   name=project.name)])
        manager.delete_tag(project, "red")
        manager.update_tags(project, ["x"])
        self.assertEqual(["x"], manager.list_tags(project))

    def test_duplicate(self):
        made = self.project()
        with self.assertRaises(exceptions.Conflict):
            self.keystone.projects.create(made.name, DOMAIN)

    def test_bad_input(self):
        for project in ({}, {"name": ""}, {"name": 5}, {"name": "x" * 65},
                        {"name": "a", "enabled": "perhaps"}, {"name": "a", "parent_id": "none"},
                        {"name": "a", "tags": ["a,b"]}, {"name": "a", "tags": "a"}):
            answer = self.raw("POST", "/projects", {"project": project})
            self.assertEqual(400, answer.status_code, project)
            self.assertEqual({"code", "message", "title"}, set(answer.json()["error"]))

    def test_links(self):
        listing = self.raw("GET", "/projects").json()
        self.assertEqual({"next", "previous", "self"}, set(listing["links"]))
        self.assertTrue(listing["projects"][0]["links"]["self"].endswith(
            "/v3/projects/" + listing["projects"][0]["id"]))


class Domains(IdentityTest):
    def test_crud(self):
        manager = self.keystone.domains
        made = manager.create(name("domain"), description="d")
        self.addCleanup(lambda: (manager.update(made, enabled=False), manager.delete(made)))
        self.assertEqual([made.id], [d.id for d in manager.list(name=made.name)])
        self.assertEqual("e", manager.update(made, description="e").description)
        with self.assertRaises(exceptions.Forbidden):
            manager.delete(made)

    def test_goes_with_its_contents(self):
        manager = self.keystone.domains
        made = manager.create(name("domain"))
        user = self.keystone.users.create(name("user"), domain=made)
        project = self.keystone.projects.create(name("project"), made)
        manager.update(made, enabled=False)
        manager.delete(made)
        for gone, where in ((user, self.keystone.users), (project, self.keystone.projects)):
            with self.assertRaises(exceptions.NotFound):
                where.get(gone)


class Users(IdentityTest):
    def test_crud(self):
        made = self.user(email="a@b.c", description="d", options={"lock_password": True})
        self.assertFalse(hasattr(made, "password"))
        self.assertEqual({"lock_password": True}, made.options)
        manager = self.keystone.users
        self.assertEqual("a@b.c", manager.get(made).email)
        self.assertEqual([made.id], [u.id for u in manager.list(name=made.name)])
        self.assertEqual("x@y.z", manager.update(made, email="x@y.z").email)
        manager.delete(made)
        with self.assertRaises(exceptions.NotFound):
            manager.get(made)

    def test_filters(self):
        made = self.user()
        for query in ("name__contains=" + made.name[5:20], "name__startswith=" + made.name[:-1],
                      "name__iendswith=" + made.name[3:].upper(), "enabled=true&name=" + made.name):
            found = self.raw("GET", "/users?" + query).json()["users"]
            self.assertIn(made.id, [u["id"] for u in found], query)

    def test_groups_and_projects(self):
        user, group, project = self.user(), self.group(), self.project()
        self.keystone.users.add_to_group(user, group)
        self.grant("reader", user, project)
        self.assertTrue(self.keystone.users.check_in_group(user, group))
        self.assertEqual([group.id], [g.id for g in self.keystone.groups.list(user=user)])
        self.assertEqual([user.id], [u.id for u in self.keystone.users.list(group=group)])
        self.assertEqual([project.id], [p.id for p in self.keystone.projects.list(user=user)])
        self.keystone.users.remove_from_group(user, group)
        with self.assertRaises(exceptions.NotFound):
            self.keystone.users.check_in_group(user, group)

    def test_bad_input(self):
        for user in ({}, {"name": ""}, {"name": None}, {"name": "a", "password": 5},
                     {"name": "a", "options": {"magic": True}}, {"name": "x" * 256}):
            self.assertEqual(400, self.raw("POST", "/users", {"user": user}).status_code, user)

    def test_not_for_others(self):
        user, project = self.user(), self.project()
        self.grant("member", user, project)
        own = self.login(user, project_id=project.id)
        def status(path):
            return own.get(path, endpoint_override=URL, raise_exc=False).status_code
        self.assertEqual(200, status(f"/users/{user.id}"))
        self.assertEqual(403, status("/users/none"))
        self.assertEqual(403, status("/users"))
        self.assertEqual(200, status(f"/projects/{project.id}"))


class Groups(IdentityTest):
    def test_crud(self):
        made = self.group(description="d")
        manager = self.keystone.groups
        self.assertEqual("d", manager.get(made).description)
        self.assertEqual([made.id], [g.id for g in manager.list(name=made.name)])
        self.assertEqual("e", manager.update(made, description="e").description)
        manager.delete(made)
        with self.assertRaises(exceptions.NotFound):
            manager.get(made)


class Roles(IdentityTest):
    def make(self, **more):
        return self.made(self.keystone.roles.create(name("role"), **more), self.keystone.roles)

    def test_crud(self):
        made = self.make()
        manager = self.keystone.roles
        self.assertIsNone(manager.get(made).domain_id)
        renamed = manager.update(made, name=name("role"))
        self.assertEqual([made.id], [r.id for r in manager.list(name=renamed.name)])
        manager.delete(made)
        with self.assertRaises(exceptions.NotFound):
            manager.get(made)

    def test_of_a_domain(self):
        made = self.make(domain=DOMAIN)
        self.assertEqual([], self.keystone.roles.list(name=made.name))
        self.assertIn(made.id, [r.id for r in self.keystone.roles.list(domain_id=DOMAIN)])

    def test_grants_everywhere(self):
        role, user, group, project = self.make(), self.user(), self.group(), self.project()
        manager = self.keystone.roles
        for actor in ({"user": user}, {"group": group}):
            for target in ({"project": project}, {"domain": DOMAIN}, {"system": "all"},
                           {"project": project, "os_inherit_extension_inherited": True},
                           {"domain": DOMAIN, "os_inherit_extension_inherited": True}):
                where = {**actor, **target}
                manager.grant(role, **where)
                self.assertTrue(manager.check(role, **where))
                manager.revoke(role, **where)
                with self.assertRaises(exceptions.NotFound):
                    manager.check(role, **where)

    def test_implied(self):
        prior, implied = self.make(), self.make()
        manager = self.keystone.inference_rules
        manager.create(prior, implied)
        self.assertEqual(implied.id, manager.get(prior, implied).implies["id"])
        self.assertTrue(manager.check(prior, implied))
        self.assertEqual([implied.id],
                         [r["id"] for r in manager.list_inference_roles()
                          for r in r.implies if r["id"] == implied.id])
        project, user = self.project(), self.user()
        self.keystone.roles.grant(prior, user=user, project=project)
        s = self.login(user, project_id=project.id)
        self.assertEqual({prior.name, implied.name}, set(s.auth.get_access(s).role_names))
        manager.delete(prior, implied)
        with self.assertRaises(exceptions.NotFound):
            manager.get(prior, implied)

    def test_assignments(self):
        user, group, project = self.user(), self.group(), self.project()
        self.keystone.users.add_to_group(user, group)
        self.keystone.roles.grant(self.role("member"), group=group, project=project)
        manager = self.keystone.role_assignments
        direct = manager.list(project=project, include_names=True)
        self.assertEqual([group.name], [a.group["name"] for a in direct])
        effective = manager.list(user=user, effective=True, include_names=True)
        self.assertEqual({"member", "reader"}, {a.role["name"] for a in effective})
        self.assertEqual({project.name}, {a.scope["project"]["name"] for a in effective})


class Catalog(IdentityTest):
    def test_crud(self):
        regions, services = self.keystone.regions, self.keystone.services
        region = self.made(regions.create(id=name("region"), description="d"), regions)
        service = self.made(services.create(name("service"), type="test", description="d"), services)
        endpoints = self.keystone.endpoints
        made = endpoints.create(service, "http://h/$(project_id)s", "public", region=region)
        self.assertEqual(region.id, made.region)
        self.assertEqual([made.id], [e.id for e in endpoints.list(service=service)])
        with self.assertRaises(exceptions.Forbidden):
            regions.delete(region)
        self.assertFalse(endpoints.update(made, enabled=False).enabled)
        self.assertEqual("e", regions.update(region, description="e").description)
        self.assertEqual("u", services.update(service, type="u").type)
        endpoints.delete(made)
        with self.assertRaises(exceptions.NotFound):
            endpoints.get(made)

    def test_bad_endpoints(self):
        for endpoint in ({}, {"service_id": "none", "interface": "public", "url": "http://h"},
                         {"service_id": "none", "interface": "sideways", "url": "http://h"}):
            answer = self.raw("POST", "/endpoints", {"endpoint": endpoint})
            self.assertEqual(400, answer.status_code, endpoint)


class Credentials(IdentityTest):
    def test_crud(self):
        user, project = self.user(), self.project()
        manager = self.keystone.credentials
        made = self.made(manager.create(user, "ec2", json.dumps({"access": name("a"), "secret": "s"}),
                                        project=project), manager)
        self.assertEqual(64, len(made.id))
        self.assertEqual([made.id], [c.id for c in manager.list(user_id=user.id)])
        other = self.made(manager.create(user, "cert", "blob"), manager)
        self.assertEqual("new", manager.update(other, user, blob="new").blob)
        manager.delete(other)
        with self.assertRaises(exceptions.NotFound):
            manager.get(other)


class Limits(IdentityTest):
    def test_crud(self):
        services = self.keystone.services
        service = self.made(services.create(name("service"), type="test"), services)
        registered, limits = self.keystone.registered_limits, self.keystone.limits
        default = registered.create(service, "things", 10)
        project = self.project()
        limit = limits.create(project, service, "things", 5)
        self.assertEqual(7, limits.update(limit, resource_limit=7).resource_limit)
        self.assertEqual([limit.id], [x.id for x in limits.list(service=service)])
        with self.assertRaises(exceptions.Forbidden):
            registered.delete(default)
        limits.delete(limit)
        self.assertEqual(11, registered.update(default, default_limit=11).default_limit)
        registered.delete(default)
        with self.assertRaises(exceptions.NotFound):
            registered.get(default)


class Sdk(IdentityTest):
    def test_identity_proxy(self):
        cloud = openstack.connection.Connection(session=self.admin, identity_endpoint_override=URL)
        project = cloud.identity.create_project(name=name("project"), domain_id=DOMAIN)
        self.addCleanup(lambda: cloud.identity.delete_project(project))
        self.assertEqual(project.id, cloud.identity.find_project(project.name).id)
        self.assertIn("admin", [r.name for r in cloud.identity.roles()])
        self.assertIn("default", [d.id for d in cloud.identity.domains()])
        self.assertTrue(list(cloud.identity.services()))
        self.assertTrue(list(cloud.identity.endpoints()))
        self.assertTrue(list(cloud.identity.regions()))


if __name__ == "__main__":
    unittest.main()
