#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/keystone/logic/saml_writer.h"

// This cloud as a service provider (SAML 2.0): how it asks identity providers who somebody is.
namespace haneul::keystone {

struct SamlRequest {
  std::string id;            // a name that XML takes
  std::string issuer;        // our entity id
  std::string consumer_url;  // where the answer is to go
  std::string destination;   // the provider's address; empty if the client knows it
  bool by_client = false;    // brought back by a client that is no browser (PAOS), not posted
  Instant now;
};

// <samlp:AuthnRequest>; with a key it has its signature inside.
std::string saml_request(const SamlRequest& request, const SamlKey* key);
// Where to send a browser (HTTP-Redirect); with a key the address is signed.
std::string saml_redirect(const SamlRequest& request, std::string_view relay_state,
                          const SamlKey* key);
// What a client that is no browser takes to the provider.
// upstream: SAML 2.0 Profiles 4.2.4
std::string saml_client_envelope(const SamlRequest& request, std::string_view relay_state,
                                 const SamlKey* key);

// What an identity provider must know of this cloud; the certificate, base64, may be empty.
std::string service_provider_metadata(std::string_view entity_id, std::string_view post_url,
                                      std::string_view client_url, std::string_view certificate);

}  // namespace haneul::keystone
