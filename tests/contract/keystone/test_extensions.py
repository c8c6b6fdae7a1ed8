"""Trusts, policies, endpoint filters and JSON home through upstream's client."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cloud import URL, IdentityTest, exceptions, name, session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client


class Trusts(IdentityTest):
    def setUp(self):
        self.shared = self.project()
        self.trustor, self.trustee = self.user(), self.user()
        self.grant("member", self.trustor, self.shared)
        self.own = client.Client(session=self.login(self.trustor, project_id=self.shared.id),
                                 endpoint_override=URL)

    def trust(self, **more):
        given = {"trustee_user": self.trustee, "trustor_user": self.trustor,
                 "project": self.shared, "role_names": ["member"], "impersonation": True, **more}
        return self.made(self.own.trusts.create(**given), self.own.trusts)

    def with_trust(self, trust):
        return session(v3.Password(auth_url=URL, user_id=self.trustee.id, password="secret",
                                   trust_id=trust.id))

    def test_crud(self):
        trust = self.trust()
        manager = self.own.trusts
        self.assertEqual(self.shared.id, manager.get(trust).project_id)
        self.assertEqual([trust.id], [t.id for t in manager.list(trustor_user=self.trustor)])
        manager.delete(trust)
        with self.assertRaises(exceptions.NotFound):
            manager.get(trust)

    def test_the_trustee_speaks_for_the_trustor(self):
        trust = self.trust()
        acting = self.with_trust(trust)
        self.assertEqual(self.trustor.id, acting.get_user_id())
        access = acting.auth.get_access(acting)
        self.assertEqual(trust.id, access.trust_id)
        self.assertEqual(self.trustee.id, access.trustee_user_id)
        self.own.trusts.delete(trust)
        with self.assertRaises(exceptions.Unauthorized):
            self.with_trust(trust).get_token()

    def test_uses_are_counted(self):
        trust = self.trust(remaining_uses=1)
        self.with_trust(trust).get_token()
        with self.assertRaises(exceptions.Unauthorized):
            self.with_trust(trust).get_token()

    def test_no_more_than_the_trustor_has(self):
        with self.assertRaises(exceptions.NotFound):
            self.trust(role_names=["admin"])


class Policies(IdentityTest):
    def test_crud_and_association(self):
        manager = self.keystone.policies
        made = self.made(manager.create("{}", type="application/json"), manager)
        self.assertEqual("{}", manager.get(made).blob)
        self.assertEqual("[]", manager.update(made, blob="[]").blob)
        service = self.keystone.services.list(type="identity")[0]
        endpoint = self.keystone.endpoints.list(service=service, interface="public")[0]
        policies = self.keystone.endpoint_policy
        policies.create_policy_association_for_service(made, service)
        self.assertEqual(made.id, policies.get_policy_for_endpoint(endpoint).id)
        self.assertIn(endpoint.id, [e.id for e in policies.list_endpoints_for_policy(made)])
        policies.delete_policy_association_for_service(made, service)
        with self.assertRaises(exceptions.NotFound):
            policies.get_policy_for_endpoint(endpoint)


class EndpointFilters(IdentityTest):
    def test_a_project_sees_its_own(self):
        project = self.project()
        service = self.keystone.services.list(type="identity")[0]
        endpoint = self.keystone.endpoints.list(service=service, interface="public")[0]
        filters = self.keystone.endpoint_filter
        filters.add_endpoint_to_project(project, endpoint)
        self.assertEqual([endpoint.id], [e.id for e in filters.list_endpoints_for_project(project)])
        user = self.user()
        self.grant("member", user, project)
        own = self.login(user, project_id=project.id)
        catalog = own.auth.get_access(own).service_catalog.catalog
        self.assertEqual([service.id], [s["id"] for s in catalog])
        filters.delete_endpoint_from_project(project, endpoint)

    def test_groups(self):
        manager = self.keystone.endpoint_groups
        made = self.made(manager.create(name("group"), {"interface": "public"}), manager)
        project = self.project()
        filters = self.keystone.endpoint_filter
        filters.add_endpoint_group_to_project(made, project)
        self.assertEqual([made.id], [
            g.id for g in filters.list_endpoint_groups_for_project(project)])
        filters.delete_endpoint_group_from_project(made, project)


class JsonHome(IdentityTest):
    def test_home(self):
        answer = self.raw("GET", "", headers={"Accept": "application/json-home"})
        self.assertEqual("application/json-home", answer.headers["Content-Type"])
        users = "https://docs.openstack.org/api/openstack-identity/3/rel/users"
        self.assertEqual({"href": "/users"}, answer.json()["resources"][users])


if __name__ == "__main__":
    unittest.main()
