#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "json/value.h"

namespace haneul::keystone {

// What the files of a directory say of domains: keystone.<name of a domain>.conf, with [identity]
// driver and [ldap]. By the domain's name, in the form of a configuration that came through the
// API. A directory that is not there has none. Throws std::runtime_error, which names file and
// line; 1,000 files at most, of 1 MiB each.
// upstream: openstack/keystone:keystone/identity/core.py (DomainConfigs)
std::map<std::string, json::Object, std::less<>> read_domain_files(
    const std::filesystem::path& directory, const std::string& usual_driver);

}  // namespace haneul::keystone
