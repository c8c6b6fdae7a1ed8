"""A valid body for every route that takes one, and the things that it speaks of."""

import base64
import hashlib
import hmac
import json
import re
import uuid

from keystoneclient.contrib.ec2.utils import Ec2Signer

PUBLIC_KEY = ("ssh-ed25519 "
              "AAAAC3NzaC1lZDI1NTE5AAAAIJqCGUZs4jCZkqoDuzWDDIgi6JT+TzCcfjdkTpuXGqQO someone")
PATCH_TYPE = "application/openstack-images-v2.1-json-patch"
HEADERS = {"Accept": "application/json",
           "OpenStack-API-Version": "compute 2.93, placement 1.39"}
# Gone from later microversions.
OLD = [(re.compile(r"/v2.1/(images|os-(security-group|floating-ip|(tenant-)?networks))"),
        "compute 2.35"), (re.compile(r"/v2.1/os-hosts"), "compute 2.42")]
LATE = "2031-01-01T00:00:00Z"
ACCESS, SECRET = "hostile-access-" + uuid.uuid4().hex, "hostile-secret"


def headers_of(path):
    version = next((v for paths, v in OLD if paths.search(path)), HEADERS["OpenStack-API-Version"])
    return {**HEADERS, "OpenStack-API-Version": version}


def fresh():
    return "h-" + uuid.uuid4().hex[:12]


class Things:
    """What bodies name, made once. Everything is taken away again by remove()."""

    def __init__(self, api):
        self.api, self.made = api, []
        get = self.named
        self.ids = {
            "project": api.project, "token": api.token,
            "config_group": "ldap", "config_option": "url",
            "user": get("/identity/v3/users", "users", "admin"),
            "role": get("/identity/v3/roles", "roles", "member"),
            "demo": get("/identity/v3/projects", "projects", "demo"),
            "nova": get("/identity/v3/services", "services", "nova"),
            "public": get("/networking/v2.0/networks", "networks", "public"),
            "guest_image": get("/image/v2/images", "images", "haneul-guest"),
            "nano": get("/compute/v2.1/flavors", "flavors", "m1.nano"),
        }
        self.ids["compute"] = api.send("GET", "/compute/v2.1/os-services").json["services"][0]["id"]
        for key, path, body in PREPARED:
            self.ids[key] = self.make(path, body(self.ids))

        for key, path, body in PUT_PREPARED:
            self.ids[key] = self.put(path.format(**self.ids), body(self.ids))

    def put(self, path, body):
        key = fresh()
        answer = self.api.send("PUT", f"{path}/{key}", body, HEADERS)
        assert answer.status == 201, (path, body, answer)
        self.made.append(f"{path}/{key}")
        return key

    def named(self, path, plural, name):
        return self.api.named(path, plural, name)

    def make(self, path, body):
        answer = self.api.send("POST", path, body, HEADERS)
        assert answer.status in (200, 201, 202), (path, body, answer)
        key = key_of(answer)
        self.made.append(f"{path}/{key}")
        return key

    def remove(self):
        """What could not be removed."""
        left = []
        for path in reversed(self.made):
            answer = self.api.send("DELETE", path)
            if answer.status >= 400:
                left.append(f"{path}: {answer.status} {answer.body[:200]}")
        return left


def key_of(answer):
    """The key of what a POST made."""
    thing = next(iter(answer.json.values())) if len(answer.json) == 1 else answer.json
    if isinstance(thing, list) and thing:
        thing = thing[0]
    return str(thing.get("id") or thing.get("port_id") or thing.get("uuid")
               or thing.get("access") or thing["name"])


def for_ec2(i):
    asked = {"access": ACCESS, "host": "h", "verb": "GET", "path": "/",
             "params": {"Action": "Nothing", "SignatureVersion": "2"}}
    signature = Ec2Signer(SECRET).generate(json.loads(json.dumps(asked)))
    return {"credentials": {**asked, "signature": signature}}


def for_s3(i):
    text = b"GET\n\n\n\n/bucket"
    signature = hmac.new(SECRET.encode(), text, hashlib.sha1).digest()
    return {"credentials": {"access": ACCESS, "token": base64.urlsafe_b64encode(text).decode(),
                            "signature": base64.b64encode(signature).decode()}}


def provider(i):
    return {"name": fresh(), "uuid": str(uuid.uuid4())}


FEDERATION = "/identity/v3/OS-FEDERATION/"
RULES = [{"local": [{"user": {"name": "{0}", "type": "ephemeral"}},
                    {"group": {"name": "g", "domain": {"id": "default"}}},
                    {"projects": [{"name": "p", "roles": [{"name": "member"}]}]},
                    {"groups": "{1}", "domain": {"id": "default"}}],
          "remote": [{"type": "a"}, {"type": "b", "whitelist": ["x"], "regex": True},
                     {"type": "c", "any_one_of": ["y"]}]}]
FAR = {"auth_url": "http://far/v3", "sp_url": "http://far/sp", "enabled": True,
       "description": "d", "relay_state_prefix": "p"}
# Made with PUT, under names of their own.
PUT_PREPARED = [
    ("idp", FEDERATION + "identity_providers", lambda i: {"identity_provider": {}}),
    ("mapping", FEDERATION + "mappings", lambda i: {"mapping": {"rules": RULES}}),
    ("protocol", FEDERATION + "identity_providers/{idp}/protocols", lambda i: {"protocol": {
        "mapping_id": i["mapping"]}}),
    ("far", FEDERATION + "service_providers", lambda i: {"service_provider": FAR}),
]
PREPARED = [
    ("domain", "/identity/v3/domains", lambda i: {"domain": {"name": fresh(), "enabled": False}}),
    ("own_project", "/identity/v3/projects", lambda i: {"project": {"name": fresh()}}),
    ("own_user", "/identity/v3/users", lambda i: {"user": {"name": fresh()}}),
    ("group", "/identity/v3/groups", lambda i: {"group": {"name": fresh()}}),
    ("policy", "/identity/v3/policies", lambda i: {"policy": {
        "blob": "{}", "type": "application/json"}}),
    ("endpoint_group", "/identity/v3/OS-EP-FILTER/endpoint_groups", lambda i: {"endpoint_group": {
        "name": fresh(), "filters": {"interface": "public"}}}),
    ("own_role", "/identity/v3/roles", lambda i: {"role": {"name": fresh()}}),
    ("service", "/identity/v3/services", lambda i: {"service": {"type": fresh()}}),
    ("region", "/identity/v3/regions", lambda i: {"region": {"description": "x"}}),
    ("endpoint", "/identity/v3/endpoints", lambda i: {"endpoint": {
        "service_id": i["service"], "interface": "public", "url": "http://h"}}),
    ("ec2", "/identity/v3/credentials", lambda i: {"credential": {
        "type": "ec2", "user_id": i["user"], "project_id": i["project"],
        "blob": json.dumps({"access": ACCESS, "secret": SECRET})}}),
    ("oauth_consumer", "/identity/v3/OS-OAUTH1/consumers", lambda i: {"consumer": {}}),
    ("credential", "/identity/v3/credentials", lambda i: {"credential": {
        "type": "cert", "blob": "x", "user_id": i["user"]}}),
    ("registered_limit", "/identity/v3/registered_limits", lambda i: {"registered_limits": [
        {"service_id": i["service"], "resource_name": "things", "default_limit": 5}]}),
    ("other_limit", "/identity/v3/registered_limits", lambda i: {"registered_limits": [
        {"service_id": i["service"], "resource_name": "others", "default_limit": 5}]}),
    ("limit", "/identity/v3/limits", lambda i: {"limits": [
        {"service_id": i["service"], "resource_name": "things", "resource_limit": 5,
         "project_id": i["own_project"]}]}),
    ("image", "/image/v2/images", lambda i: {"name": fresh(), "visibility": "shared",
                                             "disk_format": "raw", "container_format": "bare"}),
    ("scope", "/networking/v2.0/address-scopes",
     lambda i: {"address_scope": {"name": fresh(), "ip_version": 4}}),
    ("pool", "/networking/v2.0/subnetpools", lambda i: {"subnetpool": {
        "name": fresh(), "prefixes": ["10.77.0.0/16"], "default_prefixlen": 26}}),
    ("group_of_rules", "/networking/v2.0/security-groups",
     lambda i: {"security_group": {"name": fresh()}}),
    ("network", "/networking/v2.0/networks", lambda i: {"network": {"name": fresh()}}),
    ("subnet", "/networking/v2.0/subnets", lambda i: {"subnet": {
        "network_id": i["network"], "ip_version": 4, "cidr": "10.66.0.0/24"}}),
    ("port", "/networking/v2.0/ports", lambda i: {"port": {"network_id": i["network"]}}),
    ("router", "/networking/v2.0/routers", lambda i: {"router": {"name": fresh()}}),
    ("floatingip", "/networking/v2.0/floatingips",
     lambda i: {"floatingip": {"floating_network_id": i["public"]}}),
    ("rbac", "/networking/v2.0/rbac-policies", lambda i: {"rbac_policy": {
        "object_type": "network", "object_id": i["network"], "action": "access_as_shared",
        "target_tenant": i["own_project"]}}),
    ("flavor", "/compute/v2.1/flavors", lambda i: {"flavor": {
        "name": fresh(), "ram": 64, "vcpus": 1, "disk": 0,
        "os-flavor-access:is_public": False}}),
    ("aggregate", "/compute/v2.1/os-aggregates", lambda i: {"aggregate": {"name": fresh()}}),
    ("server", "/compute/v2.1/servers", lambda i: {"server": {
        "name": fresh(), "flavorRef": i["nano"], "imageRef": i["guest_image"],
        "networks": "none"}}),
    ("provider", "/placement/resource_providers", provider),
]
STOCK = {"total": 8, "reserved": 0, "min_unit": 1, "max_unit": 8, "step_size": 1,
         "allocation_ratio": 1.0}

CONFIG = {"config": {"identity": {"driver": "sql"}, "ldap": {
    "url": "ldap://x", "password": "p", "page_size": 5, "user_attribute_ignore": ["a"]}}}

KEYSTONE = [
    ("POST", "/v3/auth/tokens", lambda i: {"auth": {
        "identity": {"methods": ["token"], "token": {"id": i["token"]}},
        "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}}),
    ("POST", "/v3/domains", lambda i: {"domain": {
        "name": fresh(), "description": "d", "enabled": False}}),
    ("PATCH", "/v3/domains/{domain}", lambda i: {"domain": {
        "name": fresh(), "description": "d", "enabled": False}}),
    ("PUT", "/v3/domains/{domain}/config", lambda i: CONFIG),
    ("PATCH", "/v3/domains/{domain}/config", lambda i: CONFIG),
    ("PATCH", "/v3/domains/{domain}/config/{config_group}", lambda i: {"config": {"ldap": {
        "url": "ldap://y"}}}),
    ("PATCH", "/v3/domains/{domain}/config/{config_group}/{config_option}", lambda i: {"config": {
        "url": "ldap://y"}}),
    ("POST", "/v3/projects", lambda i: {"project": {
        "name": fresh(), "domain_id": "default", "description": "d", "enabled": True,
        "is_domain": False, "parent_id": i["own_project"], "tags": ["a"], "options": {}}}),
    ("PATCH", "/v3/projects/{own_project}", lambda i: {"project": {
        "name": fresh(), "description": "d", "enabled": True, "tags": ["a"]}}),
    ("PUT", "/v3/projects/{own_project}/tags", lambda i: {"tags": ["a"]}),
    ("POST", "/v3/users", lambda i: {"user": {
        "name": fresh(), "domain_id": "default", "default_project_id": i["project"],
        "description": "d", "email": "a@b", "enabled": True,
        "options": {"ignore_password_expiry": True}}}),
    ("PATCH", "/v3/users/{own_user}", lambda i: {"user": {
        "name": fresh(), "description": "d", "enabled": True,
        "options": {"lock_password": False}}}),
    ("POST", "/v3/users/{own_user}/password", lambda i: {"user": {
        "password": "secret", "original_password": "wrong"}}),
    ("POST", "/v3/policies", lambda i: {"policy": {
        "blob": "{}", "type": "application/json"}}),
    ("PATCH", "/v3/policies/{policy}", lambda i: {"policy": {
        "blob": "{}", "type": "application/json"}}),
    ("POST", "/v3/OS-EP-FILTER/endpoint_groups", lambda i: {"endpoint_group": {
        "name": fresh(), "description": "d", "filters": {"interface": "public"}}}),
    ("PATCH", "/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group}", lambda i: {"endpoint_group": {
        "name": fresh(), "description": "d", "filters": {"interface": "public"}}}),
    ("POST", "/v3/OS-TRUST/trusts", lambda i: {"trust": {
        "trustor_user_id": i["user"], "trustee_user_id": i["own_user"],
        "project_id": i["project"], "impersonation": False, "roles": [{"name": "admin"}],
        "expires_at": LATE, "remaining_uses": 3}}),
    *[(method, "/v3/OS-FEDERATION/identity_providers/" + key, lambda i: {"identity_provider": {
        "enabled": True, "description": "d", "authorization_ttl": 5,
        "remote_ids": [fresh()]}}) for method, key in (("PUT", "{fresh}"), ("PATCH", "{idp}"))],
    *[(method, "/v3/OS-FEDERATION/identity_providers/{idp}/protocols/" + key, lambda i: {
        "protocol": {"mapping_id": i["mapping"], "remote_id_attribute": "a"}})
      for method, key in (("PUT", "{fresh}"), ("PATCH", "{protocol}"))],
    *[(method, "/v3/OS-FEDERATION/mappings/" + key, lambda i: {
        "mapping": {"rules": RULES, "schema_version": "1.0"}})
      for method, key in (("PUT", "{fresh}"), ("PATCH", "{mapping}"))],
    *[(method, "/v3/OS-FEDERATION/service_providers/" + key, lambda i: {"service_provider": FAR})
      for method, key in (("PUT", "{fresh}"), ("PATCH", "{far}"))],
    *[("POST", "/v3/auth/OS-FEDERATION/saml2" + end, lambda i: {"auth": {
        "identity": {"methods": ["token"], "token": {"id": i["token"]}},
        "scope": {"service_provider": {"id": i["far"]}}}}) for end in ("", "/ecp")],
    ("POST", "/v3/groups", lambda i: {"group": {
        "name": fresh(), "domain_id": "default", "description": "d"}}),
    ("PATCH", "/v3/groups/{group}", lambda i: {"group": {"name": fresh(), "description": "d"}}),
    ("POST", "/v3/roles", lambda i: {"role": {"name": fresh(), "description": "d"}}),
    ("PATCH", "/v3/roles/{own_role}", lambda i: {"role": {"name": fresh(), "description": "d"}}),
    ("POST", "/v3/users/{user}/application_credentials", lambda i: {"application_credential": {
        "name": fresh(), "description": "d", "expires_at": LATE, "unrestricted": False,
        "secret": "s", "roles": [{"id": i["role"]}],
        "access_rules": [{"path": "/v2.1/servers", "method": "GET", "service": "compute"}]}}),
    ("POST", "/v3/credentials", lambda i: {"credential": {
        "type": "cert", "blob": "{}", "user_id": i["user"], "project_id": i["project"]}}),
    ("PATCH", "/v3/credentials/{credential}", lambda i: {"credential": {
        "type": "cert", "blob": "{}", "user_id": i["user"], "project_id": i["project"]}}),
    ("POST", "/v3/users/{user}/credentials/OS-EC2", lambda i: {"tenant_id": i["project"]}),
    ("POST", "/v3/ec2tokens", for_ec2),
    ("POST", "/v3/s3tokens", for_s3),
    ("POST", "/v3/OS-OAUTH1/consumers", lambda i: {"consumer": {"description": "d"}}),
    ("PATCH", "/v3/OS-OAUTH1/consumers/{oauth_consumer}", lambda i: {"consumer": {
        "description": "d"}}),
    ("PUT", "/v3/OS-OAUTH1/authorize/{consumer}", lambda i: {"roles": [{"id": i["role"]}]}),
    ("POST", "/v3/regions", lambda i: {"region": {
        "id": fresh(), "description": "d", "parent_region_id": i["region"]}}),
    ("PATCH", "/v3/regions/{region}", lambda i: {"region": {"description": "d"}}),
    ("PUT", "/v3/regions/{fresh}", lambda i: {"region": {"description": "d"}}),
    ("POST", "/v3/services", lambda i: {"service": {
        "type": fresh(), "name": "n", "description": "d", "enabled": True}}),
    ("PATCH", "/v3/services/{service}", lambda i: {"service": {
        "type": fresh(), "name": "n", "description": "d", "enabled": True}}),
    ("POST", "/v3/endpoints", lambda i: {"endpoint": {
        "service_id": i["service"], "interface": "public", "url": "http://h:1/v$(project_id)s",
        "region_id": i["region"], "enabled": True}}),
    ("PATCH", "/v3/endpoints/{endpoint}", lambda i: {"endpoint": {
        "service_id": i["service"], "interface": "public", "url": "http://h", "enabled": True}}),
    ("POST", "/v3/registered_limits", lambda i: {"registered_limits": [{
        "service_id": i["service"], "resource_name": fresh(), "default_limit": 5,
        "region_id": i["region"], "description": "d"}]}),
    ("PATCH", "/v3/registered_limits/{other_limit}", lambda i: {"registered_limit": {
        "default_limit": 5, "description": "d"}}),
    ("POST", "/v3/limits", lambda i: {"limits": [{
        "service_id": i["service"], "project_id": i["own_project"], "resource_name": "others",
        "resource_limit": 5, "description": "d"}]}),
    ("PATCH", "/v3/limits/{limit}", lambda i: {"limit": {
        "resource_limit": 5, "description": "d"}}),
]
GLANCE = [
    ("POST", "/v2/images", lambda i: {
        "name": "n", "container_format": "bare", "disk_format": "raw", "visibility": "private",
        "min_disk": 0, "min_ram": 0, "protected": False, "tags": ["a"], "os_hidden": False,
        "own_property": "x"}),
    ("PATCH", "/v2/images/{image}", lambda i: [
        {"op": "replace", "path": "/name", "value": "n"},
        {"op": "replace", "path": "/min_disk", "value": 1}]),
    ("POST", "/v2/images/{image}/members", lambda i: {"member": fresh()}),
    ("PUT", "/v2/images/{image}/members/{consumer}", lambda i: {"status": "accepted"}),
    ("POST", "/v2/images/{image}/import", lambda i: {
        "method": {"name": "glance-direct"}, "stores": ["a"], "all_stores": False,
        "all_stores_must_succeed": True}),
]
PLACEMENT = [
    ("POST", "/resource_providers", provider),
    ("PUT", "/resource_providers/{provider}", lambda i: {
        "name": fresh(), "parent_provider_uuid": None}),
    ("PUT", "/resource_providers/{provider}/aggregates", lambda i: {
        "aggregates": [str(uuid.uuid4())], "resource_provider_generation": i["generation"]}),
    ("PUT", "/resource_providers/{provider}/inventories", lambda i: {
        "inventories": {"VCPU": STOCK}, "resource_provider_generation": i["generation"]}),
    ("PUT", "/resource_providers/{provider}/inventories/VCPU", lambda i: {
        **STOCK, "resource_provider_generation": i["generation"]}),
    ("PUT", "/resource_providers/{provider}/traits", lambda i: {
        "traits": ["HW_CPU_X86_VMX"], "resource_provider_generation": i["generation"]}),
    ("POST", "/resource_classes", lambda i: {"name": "CUSTOM_" + uuid.uuid4().hex.upper()}),
    ("PUT", "/allocations/{consumer}", lambda i: {
        "allocations": {i["provider"]: {"resources": {"VCPU": 1}}}, "consumer_generation": None,
        "project_id": i["project"], "user_id": i["user"], "consumer_type": "INSTANCE"}),
    ("POST", "/allocations", lambda i: {i["consumer"]: {
        "allocations": {}, "consumer_generation": None, "project_id": i["project"],
        "user_id": i["user"], "consumer_type": "INSTANCE"}}),
    ("POST", "/resource_providers/{provider}/inventories", lambda i: {
        "resource_class": "DISK_GB", **STOCK, "resource_provider_generation": i["generation"]}),
    ("POST", "/reshaper", lambda i: {"allocations": {}, "inventories": {i["provider"]: {
        "inventories": {"VCPU": STOCK}, "resource_provider_generation": i["generation"]}}}),
]
NEUTRON = [
    ("POST", "/v2.0/networks", lambda i: {"network": {
        "name": "n", "description": "d", "admin_state_up": True, "shared": False, "mtu": 1400,
        "port_security_enabled": True, "router:external": False, "dns_domain": "a.b.",
        "availability_zone_hints": []}}),
    ("PUT", "/v2.0/networks/{network}", lambda i: {"network": {
        "name": "n", "description": "d", "admin_state_up": True, "shared": False, "mtu": 1400}}),
    *[("PUT", f"/v2.0/{noun}/{{{key}}}/tags", lambda i: {"tags": ["a"]}) for noun, key in (
        ("networks", "network"), ("subnets", "subnet"), ("ports", "port"), ("routers", "router"),
        ("floatingips", "floatingip"), ("security-groups", "group_of_rules"),
        ("subnetpools", "pool"))],
    ("PUT", "/v2.0/agents/{consumer}", lambda i: {"agent": {
        "admin_state_up": True, "description": "d"}}),
    ("POST", "/v2.0/subnets", lambda i: {"subnet": {
        "network_id": i["network"], "ip_version": 6, "cidr": "2001:db8:77::/64", "name": "n",
        "gateway_ip": "2001:db8:77::1", "enable_dhcp": True, "dns_nameservers": ["2001:db8::5"],
        "allocation_pools": [{"start": "2001:db8:77::10", "end": "2001:db8:77::20"}],
        "host_routes": [{"destination": "2001:db8:1::/64", "nexthop": "2001:db8:77::9"}],
        "ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"}}),
    ("PUT", "/v2.0/subnets/{subnet}", lambda i: {"subnet": {
        "name": "n", "enable_dhcp": True, "dns_nameservers": ["10.0.0.1"],
        "allocation_pools": [{"start": "10.66.0.2", "end": "10.66.0.200"}],
        "host_routes": [{"destination": "10.1.0.0/16", "nexthop": "10.66.0.9"}],
        "gateway_ip": "10.66.0.1"}}),
    ("POST", "/v2.0/ports", lambda i: {"port": {
        "network_id": i["network"], "name": "n", "admin_state_up": True, "device_id": "d",
        "device_owner": "o", "fixed_ips": [{"subnet_id": i["subnet"]}],
        "security_groups": [i["group_of_rules"]],
        "allowed_address_pairs": [{"ip_address": "10.9.0.1"}],
        "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}],
        "binding:vnic_type": "normal", "binding:profile": {}, "binding:host_id": ""}}),
    ("PUT", "/v2.0/ports/{port}", lambda i: {"port": {
        "name": "n", "admin_state_up": True, "security_groups": [i["group_of_rules"]],
        "fixed_ips": [{"subnet_id": i["subnet"], "ip_address": "10.66.0.50"}],
        "allowed_address_pairs": [{"ip_address": "10.9.0.1"}]}}),
    ("POST", "/v2.0/routers", lambda i: {"router": {
        "name": "n", "admin_state_up": True,
        "external_gateway_info": {"network_id": i["public"], "enable_snat": True}}}),
    ("PUT", "/v2.0/routers/{router}", lambda i: {"router": {
        "name": "n", "admin_state_up": True, "routes": []}}),
    ("PUT", "/v2.0/routers/{router}/add_extraroutes", lambda i: {"router": {
        "routes": [{"destination": "10.8.0.0/16", "nexthop": "10.66.0.7"}]}}),
    ("PUT", "/v2.0/routers/{router}/remove_extraroutes", lambda i: {"router": {
        "routes": [{"destination": "10.8.0.0/16", "nexthop": "10.66.0.7"}]}}),
    ("PUT", "/v2.0/routers/{router}/add_router_interface", lambda i: {"subnet_id": i["subnet"]}),
    ("PUT", "/v2.0/routers/{router}/remove_router_interface",
     lambda i: {"subnet_id": i["subnet"]}),
    ("POST", "/v2.0/floatingips", lambda i: {"floatingip": {
        "floating_network_id": i["public"], "description": "d", "dns_name": "", "dns_domain": ""}}),
    ("PUT", "/v2.0/floatingips/{floatingip}", lambda i: {"floatingip": {
        "description": "d", "port_id": None}}),
    ("POST", "/v2.0/security-groups", lambda i: {"security_group": {
        "name": "n", "description": "d", "stateful": True}}),
    ("PUT", "/v2.0/security-groups/{group_of_rules}", lambda i: {"security_group": {
        "name": "n", "description": "d"}}),
    ("POST", "/v2.0/security-group-rules", lambda i: {"security_group_rule": {
        "security_group_id": i["group_of_rules"], "direction": "ingress", "protocol": "tcp",
        "port_range_min": 1, "port_range_max": 65535, "ethertype": "IPv4",
        "remote_ip_prefix": "10.0.0.0/8", "description": fresh()}}),
    ("POST", "/v2.0/subnetpools", lambda i: {"subnetpool": {
        "name": "n", "prefixes": ["10.88.0.0/16"], "default_prefixlen": 26, "min_prefixlen": 24,
        "max_prefixlen": 30, "default_quota": 1000, "shared": False, "is_default": False}}),
    ("PUT", "/v2.0/subnetpools/{pool}", lambda i: {"subnetpool": {
        "name": "n", "prefixes": ["10.77.0.0/16"], "default_prefixlen": 26}}),
    ("POST", "/v2.0/address-scopes", lambda i: {"address_scope": {
        "name": "n", "ip_version": 4, "shared": False}}),
    ("PUT", "/v2.0/address-scopes/{scope}", lambda i: {"address_scope": {"name": "n"}}),
    ("POST", "/v2.0/rbac-policies", lambda i: {"rbac_policy": {
        "object_type": "network", "object_id": i["network"], "action": "access_as_shared",
        "target_tenant": fresh()}}),
    ("PUT", "/v2.0/rbac-policies/{rbac}", lambda i: {"rbac_policy": {"target_tenant": fresh()}}),
    ("PUT", "/v2.0/quotas/{own_project}", lambda i: {"quota": {"network": 10, "port": 10}}),
]
NOVA = [
    ("POST", "/v2.1/flavors", lambda i: {"flavor": {
        "name": fresh(), "id": fresh(), "ram": 64, "vcpus": 1, "disk": 0, "swap": 0,
        "OS-FLV-EXT-DATA:ephemeral": 0, "rxtx_factor": 1.0, "os-flavor-access:is_public": True,
        "description": "d"}}),
    ("PUT", "/v2.1/flavors/{flavor}", lambda i: {"flavor": {"description": "d"}}),
    ("POST", "/v2.1/flavors/{flavor}/os-extra_specs", lambda i: {"extra_specs": {"a:b": "c"}}),
    ("PUT", "/v2.1/flavors/{flavor}/os-extra_specs/a", lambda i: {"a": "c"}),
    ("POST", "/v2.1/flavors/{flavor}/action", lambda i: {"addTenantAccess": {
        "tenant": i["own_project"]}}),
    ("POST", "/v2.1/os-keypairs", lambda i: {"keypair": {
        "name": fresh(), "type": "ssh", "public_key": PUBLIC_KEY, "user_id": i["user"]}}),
    ("POST", "/v2.1/servers", lambda i: {"server": {
        "name": "n", "flavorRef": i["nano"], "imageRef": i["guest_image"], "networks": "none",
        "metadata": {"a": "b"}, "user_data": "eA==", "config_drive": True, "min_count": 1,
        "max_count": 1, "description": "d", "tags": ["a"], "OS-DCF:diskConfig": "AUTO",
        "security_groups": [{"name": "default"}], "availability_zone": "nova"}}),
    ("PUT", "/v2.1/servers/{server}", lambda i: {"server": {"name": "n", "description": "d"}}),
    ("POST", "/v2.1/servers/{server}/metadata", lambda i: {"metadata": {"a": "b"}}),
    ("PUT", "/v2.1/servers/{server}/metadata", lambda i: {"metadata": {"a": "b"}}),
    ("PUT", "/v2.1/servers/{server}/metadata/a", lambda i: {"meta": {"a": "b"}}),
    ("POST", "/v2.1/servers/{server}/os-interface", lambda i: {"interfaceAttachment": {
        "net_id": i["network"], "fixed_ips": [{"ip_address": "10.66.0.99"}], "tag": "t"}}),
    ("PUT", "/v2.1/os-quota-class-sets/{consumer}", lambda i: {"quota_class_set": {
        "instances": 5}}),
    ("PUT", "/v2.1/servers/{server}/tags", lambda i: {"tags": ["a"]}),
    ("POST", "/v2.1/servers/{server}/action", lambda i: {"os-getConsoleOutput": {"length": 5}}),
    ("POST", "/v2.1/servers/{server}/action", lambda i: {"lock": {"locked_reason": "r"}}),
    ("POST", "/v2.1/servers/{server}/action", lambda i: {"unlock": None}),
    ("POST", "/v2.1/servers/{server}/action", lambda i: {"os-resetState": {"state": "active"}}),
    ("POST", "/v2.1/os-server-groups", lambda i: {"server_group": {
        "name": "n", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}}}),
    ("PUT", "/v2.1/os-quota-sets/{own_project}", lambda i: {"quota_set": {
        "instances": 5, "cores": 5, "ram": 500, "force": True}}),
    ("PUT", "/v2.1/os-services/{compute}", lambda i: {"status": "enabled"}),
    ("POST", "/v2.1/os-aggregates", lambda i: {"aggregate": {
        "name": fresh(), "availability_zone": None}}),
    ("PUT", "/v2.1/os-aggregates/{aggregate}", lambda i: {"aggregate": {"name": fresh()}}),
    ("POST", "/v2.1/os-aggregates/{aggregate}/action", lambda i: {"set_metadata": {
        "metadata": {"a": "b"}}}),
    ("POST", "/v2.1/os-aggregates/{aggregate}/action", lambda i: {"remove_host": {
        "host": "nowhere"}}),
    ("PUT", "/v2.1/os-hosts/host-1", lambda i: {"status": "enable"}),
    ("POST", "/v2.1/images/{image}/metadata", lambda i: {"metadata": {"a": "b"}}),
    ("PUT", "/v2.1/images/{image}/metadata", lambda i: {"metadata": {"a": "b"}}),
    ("PUT", "/v2.1/images/{image}/metadata/a", lambda i: {"meta": {"a": "b"}}),
    ("POST", "/v2.1/os-security-groups", lambda i: {"security_group": {
        "name": fresh(), "description": "d"}}),
    ("PUT", "/v2.1/os-security-groups/{group_of_rules}", lambda i: {"security_group": {
        "name": fresh(), "description": "d"}}),
    ("POST", "/v2.1/os-security-group-rules", lambda i: {"security_group_rule": {
        "parent_group_id": i["group_of_rules"], "ip_protocol": "tcp", "from_port": 1, "to_port": 2,
        "cidr": "10.0.0.0/8"}}),
    ("POST", "/v2.1/os-floating-ips", lambda i: {"pool": "public"}),
]
BODIES = {"keystone": KEYSTONE, "glance": GLANCE, "placement": PLACEMENT, "neutron": NEUTRON,
          "nova": NOVA}
# Valid by their form alone: nobody of that name, no such host, a service's own.
REFUSED_IN_ANY_CASE = {"/reshaper", "/v2.1/os-aggregates/{aggregate}/action",
                       "/v2.0/routers/{router}/add_extraroutes", "/v2.0/agents/{consumer}",
                       "/v2.1/servers/{server}/os-interface",
                       "/v2.1/os-quota-class-sets/{consumer}", "/v3/users/{own_user}/password",
                       "/v3/OS-OAUTH1/authorize/{consumer}",
                       "/v2/images/{image}/members/{consumer}", "/v2/images/{image}/import",
                       "/v3/auth/OS-FEDERATION/saml2", "/v3/auth/OS-FEDERATION/saml2/ecp"}
# Each that looks good costs the hash of a password.
COSTLY = {"/v3/users/{own_user}/password", "/v3/users/{user}/application_credentials"}
# What cannot be had twice.
ONCE = {"POST /resource_providers/{provider}/inventories",
        "PUT /v2.0/routers/{router}/add_router_interface",
        "PUT /v2.0/routers/{router}/remove_router_interface",
        "POST /v2.1/flavors/{flavor}/action"}
# Routes whose path or headers say everything, and those of bytes and forms.
WITHOUT_BODY = re.compile(
    r"/tags/\*$|/users/\*$|/roles/\*|/implies/|/(file|stage|deactivate|reactivate)$|/traits/\*$"
    r"|^/resource_classes/\*$|/OS-ENDPOINT-POLICY/|/OS-EP-FILTER/.+/.+/"
    r"|/OS-FEDERATION/(.+/(auth|websso)$|websso/|.+/auth/mellon/)"
    r"|/OS-OAUTH1/(request|access)_token$|/OS-OAUTH2/token$")
