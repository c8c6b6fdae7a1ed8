#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "resource/call.h"
#include "services/keystone/token.h"

namespace haneul::keystone {

// Ends the request unless its credentials are signed with the secret.
using CheckSignature = std::function<void(resource::Form& credentials, std::string_view secret)>;

// What POST /v3/ec2tokens and /v3/s3tokens have in common: the credentials of the body are those of
// somebody's EC2 credential, which tells what the token is for.
// upstream: openstack/keystone:keystone/api/_shared/EC2_S3_Resource.py
Tokens::Issued aws_login(resource::Call& call, State& state, Tokens& tokens,
                         const CheckSignature& check);

}  // namespace haneul::keystone
