#pragma once
#include <optional>

#include "resource/form.h"
#include "services/keystone/state.h"

namespace haneul::keystone {

// The body's `expires_at`: nothing if it is absent or null. Throws Fault::bad_request for what is
// no time or is past.
// upstream: openstack/keystone:keystone/common/utils.py (parse_expiration_date)
std::optional<Instant> read_expiry(const State& state, resource::Form& form);

}  // namespace haneul::keystone
