#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "services/keystone/logic/mapping.h"

// Certificates that clients bring (OAuth 2.0 mutual TLS). All are DER.
// upstream: openstack/keystone:keystone/common/utils.py (get_certificate_thumbprint and its like)
namespace haneul::keystone {

// What binds a token to a certificate ("x5t#S256"): of the PEM form with its line breaks, as
// upstream's services compare it, not of the DER form that RFC 8705 means.
std::string certificate_thumbprint(std::string_view certificate);

// Subject and issuer for a mapping: SSL_CLIENT_SUBJECT_DN_CN, SSL_CLIENT_ISSUER_DN_O… A part that
// repeats counts as its last. Nothing for what is no certificate.
std::optional<Assertion> assertion_of_certificate(std::string_view certificate);

}  // namespace haneul::keystone
