#pragma once
#include <optional>
#include <string>

namespace haneul::nova {

struct SshKey {
  std::string public_key;   // "ssh-rsa AAAA… Generated-by-Nova"
  std::string private_key;  // PEM
};

// A fresh RSA pair of 2048 bits, as upstream makes them. Takes tenths of a second.
// upstream: openstack/nova:nova/crypto.py (generate_key)
SshKey make_ssh_key();

// A certificate of the user's own, with its key, as Windows guests take it.
struct X509Key {
  std::string certificate;  // PEM
  std::string private_key;  // PEM
};
// upstream: openstack/nova:nova/crypto.py (generate_winrm_x509_cert)
X509Key make_x509_key(const std::string& user_id);
// SHA-1 of the certificate, "aa:bb:…"; nothing if the text is no PEM certificate.
std::optional<std::string> x509_fingerprint(const std::string& pem);

}  // namespace haneul::nova
