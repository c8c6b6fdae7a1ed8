"""Objects of one project, made when they are asked for and again after they were changed."""

import base64
import hashlib
import hmac
import itertools
import json
import urllib.parse
import uuid

import waiting
from keystoneclient.contrib.ec2.utils import Ec2Signer
from oauthlib import oauth1
from personas import PASSWORD

VERSIONS = {"OpenStack-API-Version": "compute 2.93, placement 1.39"}
ED25519 = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32))
PUBLIC_KEY = "ssh-ed25519 " + base64.b64encode(ED25519).decode()
# What a segment {in braces} stands for, where it is not the collection before it.
NAMED = {"keystone project_id": "projects", "keystone user_id": "users",
         "keystone group_id": "groups", "keystone role_id": "grantable role",
         "keystone domain_id": "own domain", "keystone prior_role_id": "roles",
         "keystone implied_role_id": "implied role", "keystone protocol_id": "protocols",
         "keystone value": "word",
         "keystone credential_id": "ec2 access", "keystone access_token_id": "access_tokens",
         "keystone request_token_id": "request token",
         "glance image_id": "images", "glance member_id": "third project", "glance tag": "word",
         "glance task_id": "tasks", "placement uuid": "resource_providers",
         "placement resource_class": "stocked class", "placement consumer_uuid": "consumer",
         "placement name": None, "neutron tag": "word", "neutron project_id": "own project",
         "neutron alias": "neutron alias", "nova alias": "nova alias", "nova key": "key",
         "nova tag": "word", "nova network": "network label", "nova port": "plugged port",
         "nova request": "request", "nova project": "own project", "nova class": "class",
         "nova name": "os-keypairs", "nova host": "host"}


class Things:
    def __init__(self, people):
        self.people = people
        self.api = people.api
        self.kept = {}
        self.used = set()
        self.numbers = itertools.count(1)
        self.spare_host = None

    def __getitem__(self, noun):
        """The id, or whatever stands in the URL."""
        self.used.add(noun)
        if noun not in self.kept:
            self.kept[noun] = self.build(noun)
        return self.kept[noun]

    def forget(self):
        """What was used since the last time changed."""
        for noun in self.used:
            self.kept.pop(noun, None)

    def fresh(self, what="thing"):
        return f"{what}-{next(self.numbers)}"

    def send(self, who, method, path, body=None, headers=None):
        self.api.token = self.people.tokens.get(who, self.people.root)
        return self.api.send(method, path, body, {**VERSIONS, **(headers or {})})

    def make(self, who, path, body, wanted=(200, 201, 202)):
        answer = self.send(who, "POST", path, body)
        if answer.status not in wanted:
            raise AssertionError(f"{path} {body}: {answer.status} {answer.body[:300]}")
        made = answer.json
        return made[next(iter(body))] if set(body) == set(made) else made

    def first(self, path, plural, which=lambda row: True):
        rows = self.send("admin", "GET", path).json[plural]
        found = [row for row in rows if which(row)]
        assert found, f"{path}: none of {len(rows)}"
        return found[0]

    def fixed(self, noun):
        people = self.people
        return {"grantable role": people.roles["reader"], "word": "word", "own user":
                people.users["member"], "third project": people.third,
                "authorizing user": people.users["admin"],
                "own project": people.project, "own domain": people.domain,
                "neutron alias": "agent", "nova alias": "os-keypairs", "key": "hw:cpu_policy",
                "config group": "ldap", "config option": "url", "default domain": "default",
                "compliance option": "password_regex",
                "class": "default", "versions": "v2.1",
                "trusted role": people.roles["member"]}.get(noun)

    def build(self, noun):
        if self.fixed(noun):
            return self.fixed(noun)
        name = noun.replace("-", "_").replace(" ", "_")
        if hasattr(self, f"in_{name}"):
            return getattr(self, f"in_{name}")()
        made = self.simple(noun)
        if made is None:
            return str(uuid.uuid4())
        return self.make(*made)["id"]

    def simple(self, noun):
        """Who makes it where from which body, for what takes no more than that."""
        domain, name = self.people.domain, self.fresh()
        v3, v2 = "/identity/v3/", "/networking/v2.0/"
        own = {"name": name}
        return {
            "projects": ("root", v3 + "projects", {"project": {**own, "domain_id": domain}}),
            "groups": ("root", v3 + "groups", {"group": {**own, "domain_id": domain}}),
            "users": ("root", v3 + "users", {"user": {**own, "domain_id": domain,
                                                      "password": PASSWORD}}),
            "roles": ("root", v3 + "roles", {"role": own}),
            "domains": ("root", v3 + "domains", {"domain": {**own, "enabled": False}}),
            "implied role": ("root", v3 + "roles", {"role": own}),
            "regions": ("root", v3 + "regions", {"region": {}}),
            "services": ("root", v3 + "services", {"service": {**own, "type": "matrix"}}),
            "policies": ("root", v3 + "policies", {"policy": {
                "blob": "{}", "type": "application/json"}}),
            "consumers": ("root", v3 + "OS-OAUTH1/consumers", {"consumer": {}}),
            "endpoint_groups": ("root", v3 + "OS-EP-FILTER/endpoint_groups", {"endpoint_group": {
                **own, "filters": {"interface": "public"}}}),
            "trusts": ("member", v3 + "OS-TRUST/trusts", self.trust()),
            "networks": ("member", v2 + "networks", {"network": own}),
            "routers": ("member", v2 + "routers", {"router": own}),
            "security-groups": ("member", v2 + "security-groups", {"security_group": own}),
            "address-scopes": ("member", v2 + "address-scopes", {"address_scope": {
                **own, "ip_version": 4}}),
            "subnetpools": ("member", v2 + "subnetpools", {"subnetpool": {
                **own, "prefixes": ["10.200.0.0/16"], "default_prefixlen": 26}}),
            "images": ("member", "/image/v2/images", None),
            "os-security-groups": ("member", v2 + "security-groups", {"security_group": own}),
            "os-server-groups": ("member", "/compute/v2.1/os-server-groups", {"server_group": {
                **own, "policy": "anti-affinity"}}),
            "os-aggregates": ("root", "/compute/v2.1/os-aggregates", {"aggregate": own}),
        }.get(noun)

    def in_word_of_its_own(self):
        return self.fresh()

    # Identity.
    def trust(self):
        """From the member to the reader."""
        return {"trust": {
            "trustor_user_id": self.people.users["member"], "impersonation": False,
            "trustee_user_id": self.people.users["reader"], "project_id": self.people.project,
            "roles": [{"id": self.people.roles["member"]}]}}

    def federated(self, path, body):
        name = self.fresh()
        answer = self.send("root", "PUT", f"/identity/v3/OS-FEDERATION/{path}/{name}", body)
        assert answer.status == 201, (path, answer)
        return name

    def in_identity_providers(self):
        return self.federated("identity_providers", {"identity_provider": {
            "enabled": True, "domain_id": self.people.domain}})

    def in_mappings(self):
        return self.federated("mappings", {"mapping": {"rules": [
            {"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "a"}]}]}})

    def in_protocols(self):
        return self.federated(f"identity_providers/{self['identity_providers']}/protocols",
                              {"protocol": {"mapping_id": self["mappings"]}})

    def in_service_providers(self):
        return self.federated("service_providers", {"service_provider": {
            "auth_url": "http://far/v3", "sp_url": "http://far/sp"}})

    def in_endpoints(self):
        return self.make("root", "/identity/v3/endpoints", {"endpoint": {
            "service_id": self["services"], "interface": "public", "url": "http://x"}})["id"]

    def in_registered_limits(self):
        made = self.make("root", "/identity/v3/registered_limits", {"registered_limits": [
            {"service_id": self["services"], "resource_name": self.fresh(), "default_limit": 9}]})
        return made[0]["id"]

    def in_limited_resource(self):
        name, service = self.fresh(), self["services"]
        self.make("root", "/identity/v3/registered_limits", {"registered_limits": [
            {"service_id": service, "resource_name": name, "default_limit": 9}]})
        return {"service_id": service, "resource_name": name,
                "project_id": self.people.project, "resource_limit": 5}

    def in_limits(self):
        return self.make("root", "/identity/v3/limits",
                         {"limits": [self.in_limited_resource()]})[0]["id"]

    def in_credentials(self):
        return self.make("root", "/identity/v3/credentials", {"credential": {
            "user_id": self.people.users["member"], "type": "cert", "blob": "x"}})["id"]

    def in_ec2_key(self):
        """The member's."""
        return self.make(
            "member", f"/identity/v3/users/{self.people.users['member']}/credentials/OS-EC2",
            {"tenant_id": self.people.project})["credential"]

    def in_ec2_access(self):
        return self.in_ec2_key()["access"]

    def signed_for_ec2(self):
        key = self.in_ec2_key()
        asked = {"access": key["access"], "host": "h", "verb": "GET", "path": "/",
                 "params": {"SignatureVersion": "2"}}
        signature = Ec2Signer(key["secret"]).generate(json.loads(json.dumps(asked)))
        return {"credentials": {**asked, "signature": signature}}

    def signed_for_s3(self):
        key, text = self.in_ec2_key(), b"GET /bucket"
        made = hmac.new(key["secret"].encode(), text, hashlib.sha1).digest()
        return {"credentials": {"access": key["access"], "token": base64.b64encode(text).decode(),
                                "signature": base64.b64encode(made).decode()}}

    def by_consumer(self, consumer, what, headers, **more):
        """What OAuth answers to a signed request."""
        path, where = f"/identity/v3/OS-OAUTH1/{what}", self.api.connection
        client = oauth1.Client(consumer["id"], client_secret=consumer["secret"], **more)
        _, signed, _ = client.sign(f"http://{where.host}:{where.port}{path}", http_method="POST",
                                   headers=headers)
        answer = self.send("nobody", "POST", path, None, signed)
        assert answer.status == 201, answer
        return dict(urllib.parse.parse_qsl(answer.body.decode()))

    def wish(self):
        """A consumer, and its request token."""
        made = self.make("root", "/identity/v3/OS-OAUTH1/consumers", {"consumer": {}})
        return made, self.by_consumer(made, "request_token", {
            "Requested-Project-Id": self.people.project}, callback_uri="oob")

    def in_request_token(self):
        return self.wish()[1]["oauth_token"]

    def in_access_tokens(self):
        """From the project's admin."""
        consumer, wish = self.wish()
        allowed = self.send(
            "admin", "PUT", f"/identity/v3/OS-OAUTH1/authorize/{wish['oauth_token']}",
            {"roles": [{"id": self.people.roles["reader"]}]}).json
        return self.by_consumer(
            consumer, "access_token", {}, resource_owner_key=wish["oauth_token"],
            resource_owner_secret=wish["oauth_token_secret"],
            verifier=allowed["token"]["oauth_verifier"])["oauth_token"]

    def in_application_credentials(self):
        user = self.people.users["member"]
        return self.make("member", f"/identity/v3/users/{user}/application_credentials",
                         {"application_credential": {"name": self.fresh()}})["id"]

    def in_access_rules(self):
        user = self.people.users["member"]
        rule = {"path": "/" + self.fresh(), "method": "GET", "service": "compute"}
        made = self.make("member", f"/identity/v3/users/{user}/application_credentials",
                         {"application_credential": {"name": self.fresh(), "access_rules": [rule]}})
        # A rule in use cannot be deleted.
        self.send("member", "DELETE",
                  f"/identity/v3/users/{user}/application_credentials/{made['id']}")
        return made["access_rules"][0]["id"]

    def in_subject(self):
        return self.people.login(self["users"])

    # Image.
    def in_images(self):
        answer = self.send("member", "POST", "/image/v2/images", {
            "name": self.fresh(), "disk_format": "raw", "container_format": "bare"})
        return answer.json["id"]

    def in_tasks(self):
        image = self.in_images()
        self.send("member", "PUT", f"/image/v2/images/{image}/stage", b"bytes",
                  {"Content-Type": "application/octet-stream"})
        self.send("member", "POST", f"/image/v2/images/{image}/import",
                  {"method": {"name": "glance-direct"}})
        return self.send("root", "GET", f"/image/v2/images/{image}/tasks").json["tasks"][0]["id"]

    # Placement.
    def in_resource_providers(self):
        return self.make("service", "/placement/resource_providers",
                         {"name": self.fresh("provider")})["uuid"]

    def in_stocked_class(self):
        self.send("service", "POST",
                  f"/placement/resource_providers/{self['resource_providers']}/inventories",
                  {"resource_class": "VCPU", "total": 4})
        return "VCPU"

    def in_traits(self):
        return "CUSTOM_" + self.fresh("T").replace("-", "_")

    def in_resource_classes(self):
        return "CUSTOM_" + self.fresh("C").replace("-", "_")

    def in_consumer(self):
        return str(uuid.uuid4())

    def in_claiming_consumer(self):
        consumer, provider = str(uuid.uuid4()), self.in_resource_providers()
        self.make("service", f"/placement/resource_providers/{provider}/inventories",
                  {"resource_class": "VCPU", "total": 4})
        answer = self.send("service", "PUT", f"/placement/allocations/{consumer}", {
            "allocations": {provider: {"resources": {"VCPU": 1}}}, "consumer_generation": None,
            "project_id": self.people.project, "user_id": self.people.project,
            "consumer_type": "INSTANCE"})
        assert answer.status == 204, answer
        return consumer

    # Network.
    def in_subnets(self):
        return self.subnet_of(self.in_network())

    def subnet_of(self, network):
        return self.make("member", "/networking/v2.0/subnets", {"subnet": {
            "network_id": network, "ip_version": 4,
            "cidr": f"10.{next(self.numbers) % 100}.{next(self.numbers) % 250}.0/24"}})["id"]

    def in_ports(self):
        return self.make("member", "/networking/v2.0/ports",
                         {"port": {"network_id": self["networks"]}})["id"]

    def in_public(self):
        return self.first("/networking/v2.0/networks", "networks",
                          lambda r: r["router:external"])["id"]

    def in_floatingips(self):
        return self.make("member", "/networking/v2.0/floatingips", {"floatingip": {
            "floating_network_id": self["public"]}})["id"]

    def in_security_group_rules(self):
        return self.make("member", "/networking/v2.0/security-group-rules", {
            "security_group_rule": self.rule()})["id"]

    def rule(self):
        port = next(self.numbers) % 60000 + 1
        return {"security_group_id": self["security-groups"], "direction": "ingress",
                "ethertype": "IPv4", "protocol": "tcp", "port_range_min": port,
                "port_range_max": port}

    def in_rbac_policies(self):
        return self.make("member", "/networking/v2.0/rbac-policies",
                         {"rbac_policy": self.sharing()})["id"]

    def sharing(self):
        return {"object_type": "network", "object_id": self.in_network(),
                "action": "access_as_shared", "target_tenant": self.people.third}

    def in_network(self):
        return self.make(*self.simple("networks"))["id"]

    def in_network_ip_availabilities(self):
        return self["networks"]

    # Compute.
    def in_flavors(self):
        flavor = self.make("root", "/compute/v2.1/flavors", {"flavor": {
            "name": self.fresh(), "ram": 64, "vcpus": 1, "disk": 0,
            "os-flavor-access:is_public": False}})["id"]
        self.send("root", "POST", f"/compute/v2.1/flavors/{flavor}/action",
                  {"addTenantAccess": {"tenant": self.people.project}})
        return flavor

    def in_os_keypairs(self):
        return self.make("member", "/compute/v2.1/os-keypairs", {"keypair": self.keypair()})["name"]

    def keypair(self):
        return {"name": self.fresh("key"), "type": "ssh", "public_key": PUBLIC_KEY}

    def server_form(self, **more):
        return {"name": self.fresh("server"), "networks": "none",
                "imageRef": self["guest image"], "flavorRef": self["small flavor"], **more}

    def in_guest_image(self):
        return self.first("/image/v2/images?name=haneul-guest", "images")["id"]

    def in_small_flavor(self):
        return self.first("/compute/v2.1/flavors", "flavors", lambda r: r["name"] == "m1.nano")["id"]

    def in_servers(self):
        network = self.in_network()
        self.subnet_of(network)
        server = self.make("member", "/compute/v2.1/servers", {"server": self.server_form(
            networks=[{"uuid": network}])})["id"]
        waiting.until("the server is ACTIVE", 30, lambda: self.show(server)["status"] == "ACTIVE", 0.01)
        return server

    def act(self, server, action, wanted, body=None, headers=None):
        """The server, once it is what the action makes of it."""
        answer = self.send("member", "POST", f"/compute/v2.1/servers/{server}/action",
                           {action: body}, headers)
        assert answer.status == 202, answer
        waiting.until(f"the server is {wanted}", 30,
                      lambda: self.show(server)["status"] == wanted, 0.01)
        return server

    def in_stopped_server(self):
        return self.act(self.in_servers(), "os-stop", "SHUTOFF")

    def in_paused_server(self):
        return self.act(self.in_servers(), "pause", "PAUSED")

    def in_server_behind_a_router(self):
        server = self.in_servers()
        port = self.first(f"/networking/v2.0/ports?device_id={server}", "ports")
        router = self.make("member", "/networking/v2.0/routers", {"router": {
            "name": self.fresh(), "external_gateway_info": {"network_id": self["public"]}}})["id"]
        answer = self.send("member", "PUT", f"/networking/v2.0/routers/{router}/add_router_interface",
                           {"subnet_id": port["fixed_ips"][0]["subnet_id"]})
        assert answer.status == 200, answer
        return server

    def address(self):
        """A floating one, of nothing yet."""
        return self.make("member", "/networking/v2.0/floatingips", {"floatingip": {
            "floating_network_id": self["public"]}})["floating_ip_address"]

    def in_server_with_an_address(self):
        self.kept["given address"] = address = self.address()
        self.used.add("given address")
        return self.act(self.in_server_behind_a_router(), "addFloatingIp", "ACTIVE",
                        {"address": address}, {"OpenStack-API-Version": "compute 2.43"})

    def in_aggregate_of_a_host(self):
        aggregate = self.make(*self.simple("os-aggregates"))["id"]
        answer = self.send("root", "POST", f"/compute/v2.1/os-aggregates/{aggregate}/action",
                           {"add_host": {"host": self.host()}})
        assert answer.status == 200, answer
        return aggregate

    def in_image_with_metadata(self):
        return self.send("member", "POST", "/image/v2/images", {
            "name": self.fresh(), "disk_format": "raw", "container_format": "bare",
            self["key"]: "shared"}).json["id"]

    def in_host(self):
        return self.host()

    def in_os_networks(self):
        return self["networks"]

    def in_os_tenant_networks(self):
        return self["networks"]

    def in_os_floating_ips(self):
        return self["floatingips"]

    def in_os_security_group_rules(self):
        return self["security-group-rules"]

    def show(self, server):
        return self.send("admin", "GET", f"/compute/v2.1/servers/{server}").json["server"]

    def in_network_label(self):
        return next(iter(self.show(self["servers"])["addresses"]))

    def in_plugged_port(self):
        return self.first(f"/compute/v2.1/servers/{self['servers']}/os-interface",
                          "interfaceAttachments")["port_id"]

    def in_request(self):
        return self.first(f"/compute/v2.1/servers/{self['servers']}/os-instance-actions",
                          "instanceActions")["request_id"]

    def in_os_services(self):
        return self.first("/compute/v2.1/os-services", "services")["id"]

    def in_spare_service(self):
        """One that no server lands on: it was disabled at the beginning. Gone when deleted once."""
        rows = self.send("admin", "GET", "/compute/v2.1/os-services").json["services"]
        return next((r["id"] for r in rows if r["host"] == self.spare_host), str(uuid.uuid4()))

    def spare_a_host(self):
        last = self.send("admin", "GET", "/compute/v2.1/os-services").json["services"][-1]
        self.spare_host = last["host"]
        answer = self.send("admin", "PUT", f"/compute/v2.1/os-services/{last['id']}",
                           {"status": "disabled"})
        assert answer.status == 200, answer

    def in_os_hypervisors(self):
        return self.first("/compute/v2.1/os-hypervisors", "hypervisors")["id"]

    def in_old_hypervisor(self):
        rows = self.send("admin", "GET", "/compute/v2.1/os-hypervisors", None,
                         {"OpenStack-API-Version": "compute 2.50"}).json["hypervisors"]
        return rows[0]["id"]

    def host(self):
        return self.first("/compute/v2.1/os-hypervisors", "hypervisors")["hypervisor_hostname"]
