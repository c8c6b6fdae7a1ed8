#pragma once
#include <memory>

#include "drivers/directory/directory.h"

namespace haneul::directory {

// A directory that speaks LDAP version 3, through OpenLDAP's library. Connections are kept for the
// next search; logins have one of their own.
std::shared_ptr<Directory> open_ldap(const Settings& settings);

}  // namespace haneul::directory
