#pragma once
#include "resource/service.h"

namespace haneul::keystone {

// GET /v3/OS-REVOKE/events: what made tokens void before their time.
// upstream: openstack/keystone:keystone/api/os_revoke.py
void add_revocation_events(resource::Service& service);

}  // namespace haneul::keystone
