"""What a route is asked with: bodies that are good, so that the policy decides. `t` is the things,
`p` what stands in the path."""

IDENTITY, NETWORKING, COMPUTE = "/v3/", "/v2.0/", "/v2.1/"


def tagged(t, p):
    return {"tags": ["word"]}


def login(t, p):
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "id": t["users"], "password": "password-of-all"}}}}}


def password(t, p):
    return {"user": {"original_password": "password-of-all", "password": "another-one"}}


def generation(t):
    answer = t.send("admin", "GET", f"/placement/resource_providers/{t['resource_providers']}")
    return answer.json["generation"]


def stock(t, p):
    return {"resource_provider_generation": generation(t), "total": 4}


def claim(t):
    return {"allocations": {}, "project_id": t.people.project, "user_id": t.people.project,
            "consumer_generation": None, "consumer_type": "INSTANCE"}


def of(envelope, **fixed):
    """{envelope: {…}} with a fresh name if none is given."""
    def body(t, p):
        return {envelope: {"name": t.fresh(), **{
            key: value(t) if callable(value) else value for key, value in fixed.items()}}}
    return body


def exactly(envelope, value):
    return lambda t, p: {envelope: value(t) if callable(value) else value}


def whole(value):
    return lambda t, p: value(t) if callable(value) else value


def domain(t):
    return t.people.domain


def cidr(t):
    return f"10.{next(t.numbers) % 100 + 100}.{next(t.numbers) % 250}.0/24"


TEXT = {"description": "x"}
CONFIG = {"ldap": {"url": "ldap://x", "user": "cn=x"}}
IDENTITY_BODIES = {
    "POST /v3/auth/tokens": login,
    "POST /v3/domains": of("domain"),
    "PATCH /v3/domains/{id}": exactly("domain", TEXT),
    "PUT /v3/domains/{domain_id}/config": exactly("config", CONFIG),
    "PATCH /v3/domains/{domain_id}/config": exactly("config", CONFIG),
    "PATCH /v3/domains/{domain_id}/config/{group}": exactly("config", CONFIG),
    "PATCH /v3/domains/{domain_id}/config/{group}/{option}": exactly("config", {"url": "ldap://y"}),
    "POST /v3/projects": of("project", domain_id=domain),
    "PATCH /v3/projects/{id}": exactly("project", TEXT),
    "PUT /v3/projects/{project_id}/tags": tagged,
    "POST /v3/users": of("user", domain_id=domain),
    "PATCH /v3/users/{id}": exactly("user", TEXT),
    "POST /v3/users/{user_id}/password": password,
    "POST /v3/groups": of("group", domain_id=domain),
    "PATCH /v3/groups/{id}": exactly("group", TEXT),
    "POST /v3/roles": of("role"),
    "PATCH /v3/roles/{role_id}": exactly("role", TEXT),
    "POST /v3/users/{user_id}/application_credentials": of("application_credential"),
    "POST /v3/credentials": exactly("credential", lambda t: {
        "user_id": t.people.users["member"], "type": "cert", "blob": "x"}),
    "PATCH /v3/credentials/{id}": exactly("credential", {"blob": "y"}),
    "POST /v3/users/{user_id}/credentials/OS-EC2": whole(lambda t: {
        "tenant_id": t.people.project}),
    "POST /v3/ec2tokens": whole(lambda t: t.signed_for_ec2()),
    "POST /v3/s3tokens": whole(lambda t: t.signed_for_s3()),
    "POST /v3/OS-OAUTH1/consumers": exactly("consumer", TEXT),
    "PATCH /v3/OS-OAUTH1/consumers/{id}": exactly("consumer", TEXT),
    "PUT /v3/OS-OAUTH1/authorize/{request_token_id}": whole(lambda t: {
        "roles": [{"id": t.people.roles["reader"]}]}),
    "POST /v3/regions": exactly("region", {}),
    "PATCH /v3/regions/{id}": exactly("region", TEXT),
    "PUT /v3/regions/{id}": exactly("region", {}),
    "POST /v3/services": of("service", type="matrix"),
    "PATCH /v3/services/{id}": exactly("service", TEXT),
    "POST /v3/endpoints": exactly("endpoint", lambda t: {
        "service_id": t["services"], "interface": "public", "url": "http://x"}),
    "PATCH /v3/endpoints/{id}": exactly("endpoint", {"url": "http://y"}),
    "POST /v3/policies": exactly("policy", {"blob": "{}", "type": "application/json"}),
    "PATCH /v3/policies/{id}": exactly("policy", {"blob": "[]"}),
    "POST /v3/OS-EP-FILTER/endpoint_groups": of("endpoint_group", filters={"interface": "public"}),
    "PATCH /v3/OS-EP-FILTER/endpoint_groups/{id}": exactly("endpoint_group", TEXT),
    **{f"{method} /v3/OS-FEDERATION/identity_providers/{{id}}": exactly(
        "identity_provider", TEXT) for method in ("PUT", "PATCH")},
    **{f"{method} /v3/OS-FEDERATION/service_providers/{{id}}": exactly("service_provider", {
        "auth_url": "http://far/v3", "sp_url": "http://far/sp"}) for method in ("PUT", "PATCH")},
    **{f"{method} /v3/OS-FEDERATION/mappings/{{id}}": exactly("mapping", {"rules": [
        {"local": [], "remote": [{"type": "a"}]}]}) for method in ("PUT", "PATCH")},
    **{f"{method} /v3/OS-FEDERATION/identity_providers/{{idp_id}}/protocols/{{protocol_id}}":
       exactly("protocol", lambda t: {"mapping_id": t["mappings"]})
       for method in ("PUT", "PATCH")},
    "POST /v3/OS-TRUST/trusts": whole(lambda t: t.trust()),
    "POST /v3/registered_limits": exactly("registered_limits", lambda t: [
        {"service_id": t["services"], "resource_name": t.fresh(), "default_limit": 9}]),
    "PATCH /v3/registered_limits/{id}": exactly("registered_limit", {"default_limit": 8}),
    "POST /v3/limits": exactly("limits", lambda t: [t.in_limited_resource()]),
    "PATCH /v3/limits/{id}": exactly("limit", {"resource_limit": 4}),
}
IMAGE_BODIES = {
    "POST /v2/images": whole(lambda t: {"name": t.fresh()}),
    "PATCH /v2/images/{image_id}": whole([{"op": "replace", "path": "/name", "value": "y"}]),
    "PUT /v2/images/{image_id}/file": whole(b"bytes"),
    "PUT /v2/images/{image_id}/stage": whole(b"bytes"),
    "POST /v2/images/{image_id}/import": exactly("method", {"name": "glance-direct"}),
    "POST /v2/images/{image_id}/members": exactly("member", lambda t: t.people.third),
    "PUT /v2/images/{image_id}/members/{member_id}": exactly("status", "accepted"),
}
PLACEMENT_BODIES = {
    "POST /resource_providers": whole(lambda t: {"name": t.fresh("provider")}),
    "PUT /resource_providers/{uuid}": whole(lambda t: {"name": t.fresh("provider")}),
    "PUT /resource_providers/{uuid}/aggregates": whole(lambda t: {
        "aggregates": [], "resource_provider_generation": generation(t)}),
    "POST /resource_providers/{uuid}/inventories": whole({"resource_class": "VCPU", "total": 4}),
    "PUT /resource_providers/{uuid}/inventories": whole(lambda t: {
        "inventories": {}, "resource_provider_generation": generation(t)}),
    "PUT /resource_providers/{uuid}/inventories/{resource_class}": stock,
    "PUT /resource_providers/{uuid}/traits": whole(lambda t: {
        "traits": [], "resource_provider_generation": generation(t)}),
    "POST /resource_classes": whole(lambda t: {"name": t.in_resource_classes()}),
    "POST /allocations": whole(lambda t: {t["consumer"]: claim(t)}),
    "PUT /allocations/{consumer_uuid}": whole(claim),
    "POST /reshaper": whole(lambda t: {"allocations": {}, "inventories": {
        t["resource_providers"]: {"inventories": {}, "resource_provider_generation": generation(t)}}}),
}
NETWORK_BODIES = {
    "POST /v2.0/networks": of("network"),
    "POST /v2.0/subnets": of("subnet", network_id=lambda t: t["networks"], ip_version=4, cidr=cidr),
    "POST /v2.0/ports": of("port", network_id=lambda t: t["networks"]),
    "POST /v2.0/routers": of("router"),
    "POST /v2.0/floatingips": exactly("floatingip", lambda t: {
        "floating_network_id": t["public"]}),
    "PUT /v2.0/floatingips/{id}": exactly("floatingip", TEXT),
    "POST /v2.0/security-groups": of("security_group"),
    "POST /v2.0/security-group-rules": exactly("security_group_rule", lambda t: t.rule()),
    "POST /v2.0/subnetpools": of("subnetpool", prefixes=["10.9.0.0/16"]),
    "POST /v2.0/address-scopes": of("address_scope", ip_version=4),
    "PUT /v2.0/address-scopes/{id}": of("address_scope"),
    "POST /v2.0/rbac-policies": exactly("rbac_policy", lambda t: t.sharing()),
    "PUT /v2.0/rbac-policies/{id}": exactly("rbac_policy", lambda t: {
        "target_tenant": t.people.third}),
    "PUT /v2.0/routers/{id}/add_router_interface": whole(lambda t: {"subnet_id": t["subnets"]}),
    "PUT /v2.0/routers/{id}/remove_router_interface": whole(lambda t: {"subnet_id": t["subnets"]}),
    "PUT /v2.0/routers/{id}/add_extraroutes": exactly("router", {"routes": []}),
    "PUT /v2.0/routers/{id}/remove_extraroutes": exactly("router", {"routes": []}),
    "PUT /v2.0/quotas/{project_id}": exactly("quota", {"network": -1}),
    "PUT /v2.0/agents/{id}": exactly("agent", TEXT),
    **{f"PUT /v2.0/{plural}/{{id}}/tags": tagged for plural in (
        "networks", "subnets", "ports", "routers", "floatingips", "security-groups",
        "subnetpools")},
    **{f"PUT /v2.0/{noun.replace('_', '-')}s/{{id}}": exactly(noun, TEXT) for noun in (
        "network", "subnet", "port", "router", "security_group", "subnetpool")},
}
COMPUTE_BODIES = {
    "POST /v2.1/flavors": of("flavor", ram=64, vcpus=1, disk=0),
    "PUT /v2.1/flavors/{id}": exactly("flavor", TEXT),
    "POST /v2.1/flavors/{id}/os-extra_specs": exactly("extra_specs", {"hw:cpu_policy": "shared"}),
    "PUT /v2.1/flavors/{id}/os-extra_specs/{key}": whole({"hw:cpu_policy": "shared"}),
    "POST /v2.1/os-keypairs": exactly("keypair", lambda t: t.keypair()),
    "POST /v2.1/servers": exactly("server", lambda t: t.server_form()),
    "PUT /v2.1/servers/{id}": of("server"),
    "POST /v2.1/servers/{id}/metadata": exactly("metadata", {"hw:cpu_policy": "v"}),
    "PUT /v2.1/servers/{id}/metadata": exactly("metadata", {"hw:cpu_policy": "v"}),
    "PUT /v2.1/servers/{id}/metadata/{key}": exactly("meta", {"hw:cpu_policy": "v"}),
    "PUT /v2.1/servers/{id}/tags": tagged,
    "POST /v2.1/servers/{id}/os-interface": exactly("interfaceAttachment", lambda t: {
        "net_id": t["networks"]}),
    **{f"{method} /v2.1/images/{{id}}/metadata": exactly("metadata", {"hw:cpu_policy": "shared"})
       for method in ("POST", "PUT")},
    "PUT /v2.1/images/{id}/metadata/{key}": exactly("meta", {"hw:cpu_policy": "shared"}),
    "PUT /v2.1/os-hosts/{host}": whole({"status": "enable"}),
    "POST /v2.1/os-security-groups": of("security_group", description="x"),
    "PUT /v2.1/os-security-groups/{id}": of("security_group", description="x"),
    "POST /v2.1/os-security-group-rules": exactly("security_group_rule", lambda t: {
        "parent_group_id": t["security-groups"], "ip_protocol": "tcp", "from_port": 1,
        "to_port": next(t.numbers) % 60000 + 1, "cidr": "0.0.0.0/0"}),
    "POST /v2.1/os-server-groups": of("server_group", policy="affinity"),
    "PUT /v2.1/os-quota-sets/{project}": exactly("quota_set", {"instances": -1}),
    "PUT /v2.1/os-quota-class-sets/{class}": exactly("quota_class_set", {"instances": -1}),
    "PUT /v2.1/os-services/{id}": exactly("status", "enabled"),
    "POST /v2.1/os-aggregates": of("aggregate"),
    "PUT /v2.1/os-aggregates/{id}": of("aggregate"),
}
BODIES = {"keystone": IDENTITY_BODIES, "glance": IMAGE_BODIES, "placement": PLACEMENT_BODIES,
          "neutron": NETWORK_BODIES, "nova": COMPUTE_BODIES}
ACTIONS = {
    "addTenantAccess": lambda t: {"tenant": t.people.third},
    "removeTenantAccess": lambda t: {"tenant": t.people.project},
    "reboot": lambda t: {"type": "SOFT"},
    "rebuild": lambda t: {"imageRef": t["guest image"]},
    "os-getConsoleOutput": lambda t: {},
    "os-resetState": lambda t: {"state": "active"},
    "addSecurityGroup": lambda t: {"name": "default"},
    "removeSecurityGroup": lambda t: {"name": "default"},
    "addFloatingIp": lambda t: {"address": t.address()},
    "removeFloatingIp": lambda t: {"address": t["given address"]},
    "changePassword": lambda t: {"adminPass": "x"},
    "add_host": lambda t: {"host": t.host()},
    "remove_host": lambda t: {"host": t.host()},
    "set_metadata": lambda t: {"metadata": {"a": "b"}},
}


def body_of(service, method, pattern, action, things):
    """None for GET and DELETE; {} for a POST, PUT or PATCH that nothing is known about."""
    if action:
        return {action: ACTIONS.get(action, lambda t: None)(things)}
    made = BODIES.get(service, {}).get(f"{method} {pattern}")
    if made:
        return made(things, None)
    return {} if method in ("POST", "PATCH") else None
