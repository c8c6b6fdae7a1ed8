#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

// Assertions about this cloud's users for other clouds (SAML 2.0), signed with RSA and SHA-256.
// upstream: openstack/keystone:keystone/federation/idp.py
namespace haneul::keystone {

// The key that assertions are signed with, and its certificate.
class SamlKey {
 public:
  // PEM texts. The key must be RSA and belong to the certificate.
  static Result<SamlKey> read(std::string_view key_pem, std::string_view certificate_pem);

  std::string sign(std::string_view text) const;                   // base64
  const std::string& certificate() const { return certificate_; }  // base64 of the DER form

 private:
  SamlKey(std::shared_ptr<void> key, std::string certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}
  std::shared_ptr<void> key_;
  std::string certificate_;
};

// Whom an assertion is about and where it is to go.
struct SamlStatement {
  std::string issuer, recipient;
  std::string user, user_domain, project, project_domain;
  std::vector<std::string> roles, groups;
  Instant now, expires_at;
  std::string assertion_id, response_id, session_id;  // names that XML takes: begin with a letter
};

// A <samlp:Response> with one signed assertion.
std::string saml_response(const SamlStatement& statement, const SamlKey& key);
// The same in the envelope of the profile for clients that are no browsers.
std::string saml_envelope(std::string_view response, std::string_view relay_state);

// What other writers of messages need: text and attributes as the canonical form has them, and the
// signature of an element, in that form, with this id.
std::string xml_text(std::string_view text);
std::string xml_attribute(std::string_view text);
std::string saml_signature(std::string_view element, std::string_view id, const SamlKey& key);

// What a service provider must know of this cloud.
std::string saml_metadata(std::string_view entity_id, std::string_view sso_endpoint,
                          std::string_view certificate);

}  // namespace haneul::keystone
