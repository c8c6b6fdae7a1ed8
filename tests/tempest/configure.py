"""Writes a tempest.conf for a running cloud, from its clouds.yaml and what it answers.

    /usr/bin/python3 tests/tempest/configure.py STATE_DIR OUT_DIR
"""

import configparser
import pathlib
import sys

import openstack
import yaml

CLOUD = "haneul-admin"
FILTERS = ("DifferentHostFilter,SameHostFilter,ServerGroupAffinityFilter,"
           "ServerGroupAntiAffinityFilter")


def connect(state):
    config = openstack.config.OpenStackConfig(config_files=[str(state / "clouds.yaml")],
                                              load_envvars=False)
    return openstack.connection.Connection(config=config.get_one(cloud=CLOUD))


def second_image(api):
    """Tempest wants two images to tell apart."""
    found = api.image.find_image("tempest-alt")
    if found:
        return found
    image = api.image.create_image(name="tempest-alt", disk_format="raw",
                                   container_format="bare", visibility="public",
                                   data=b"\0" * 1024 * 1024, validate_checksum=False, wait=True)
    return image


def identity(auth):
    return {
        "auth": {"use_dynamic_credentials": "true", "admin_username": auth["username"],
                 "admin_password": auth["password"], "admin_project_name": auth["project_name"],
                 "admin_domain_name": "Default", "create_isolated_networks": "true",
                 "tempest_roles": "member"},
        "identity": {"uri_v3": auth["auth_url"].rstrip("/"), "auth_version": "v3",
                     "admin_role": "admin", "default_domain_id": "default",
                     "region": "RegionOne", "catalog_type": "identity",
                     "disable_ssl_certificate_validation": "true"},
        "identity-feature-enabled": {"application_credentials": "true", "access_rules": "true",
                                     "project_tags": "true", "api_v2": "false",
                                     "immutable_user_source": "false"},
    }


def compute(api, microversion):
    flavor = api.compute.find_flavor("m1.nano").id
    other = api.compute.find_flavor("m1.micro").id
    off = ["resize", "live_migration", "cold_migration", "shelve", "suspend", "rescue",
           "change_password", "vnc_console", "spice_console", "serial_console", "snapshot",
           "interface_attach", "attach_encrypted_volume", "swap_volume",
           "volume_backed_live_migration",
           "personality", "volume_multiattach"]
    # Tempest's "xenapi_apis" are metadata of servers that can be written, among others.
    on = ["pause", "console_output", "config_drive", "metadata_service", "disk_config",
          "xenapi_apis"]
    features = {name: "false" for name in off}
    features.update({name: "true" for name in on})
    features["scheduler_enabled_filters"] = FILTERS
    return {
        "compute": {"image_ref": api.image.find_image("haneul-guest").id,
                    "image_ref_alt": second_image(api).id, "flavor_ref": flavor,
                    "flavor_ref_alt": other, "build_interval": "0", "build_timeout": "60",
                    "min_microversion": "2.1", "max_microversion": microversion,
                    "fixed_network_name": "private", "min_compute_nodes": "2",
                    "catalog_type": "compute", "region": "RegionOne"},
        "compute-feature-enabled": features,
        "placement": {"min_microversion": "1.0", "max_microversion": "1.39"},
    }


def network(api):
    public = api.network.find_network("public")
    # Tempest knows tags by the name that the extension had when only networks had them.
    extensions = sorted({e.alias for e in api.network.extensions()} | {"tag"})
    return {
        "network": {"public_network_id": public.id, "floating_network_name": "public",
                    "project_network_cidr": "10.100.0.0/16", "project_network_mask_bits": "28",
                    "build_interval": "0", "build_timeout": "60", "region": "RegionOne"},
        "network-feature-enabled": {"ipv6": "true", "api_extensions": ",".join(extensions),
                                    "ipv6_subnet_attributes": "true", "port_security": "true",
                                    "floating_ips": "true"},
    }


def everything(state, directory):
    clouds = yaml.safe_load((state / "clouds.yaml").read_text())
    api = connect(state)
    microversion = api.compute.get_endpoint_data().max_microversion
    version = ".".join(str(part) for part in microversion)
    return {
        "DEFAULT": {"log_file": "tempest.log", "log_dir": str(directory)},
        "oslo_concurrency": {"lock_path": str(directory / "lock")},
        **identity(clouds["clouds"][CLOUD]["auth"]),
        **compute(api, version),
        **network(api),
        "image": {"build_interval": "0", "build_timeout": "60", "region": "RegionOne"},
        "image-feature-enabled": {"import_image": "true", "api_v1": "false", "api_v2": "true",
                                  "os_glance_reserved": "false"},
        "service_available": {"cinder": "false", "swift": "false", "neutron": "true",
                              "glance": "true", "nova": "true", "horizon": "false"},
        "validation": {"run_validation": "false"},
    }


def write(state, directory):
    """The path of the configuration."""
    (directory / "lock").mkdir(parents=True, exist_ok=True)
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    parser.read_dict(everything(pathlib.Path(state), directory))
    path = directory / "tempest.conf"
    with open(path, "w", encoding="utf-8") as out:
        parser.write(out)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(write(sys.argv[1], pathlib.Path(sys.argv[2]).resolve()))
