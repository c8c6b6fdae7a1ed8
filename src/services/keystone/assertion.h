#pragma once
#include <string>

#include "resource/call.h"
#include "services/keystone/logic/mapping.h"
#include "services/keystone/protocol.h"

namespace haneul::keystone {

struct Options;
struct State;

// What the request brings of what a provider says about its user: a bearer token of a provider
// that is configured here, or headers of a trusted proxy that talked with the provider. Bad tokens
// end the request; a request without anything brings an empty assertion. May ask the provider.
Assertion assertion_of(const resource::Call& call, const State& state, const std::string& idp_id,
                       const std::string& protocol_id);

// Headers as upstream's web server names them ("HTTP_OIDC_ISS"), of a trusted proxy only, that
// begin with [federation] assertion_prefix.
Assertion assertion_of_proxy(const resource::Call& call, const Options& options);

// The attribute that names the provider: the protocol's own, or the options' for it; may be empty.
// upstream: openstack/keystone:keystone/federation/utils.py (get_remote_id_parameter)
std::string remote_id_attribute(const Options& options, const Protocol& protocol);

}  // namespace haneul::keystone
