#pragma once
#include <string>

namespace haneul::nova {

struct SshKey {
  std::string public_key;   // "ssh-rsa AAAA… Generated-by-Nova"
  std::string private_key;  // PEM
};

// A fresh RSA pair of 2048 bits, as upstream makes them. Takes tenths of a second.
// upstream: openstack/nova:nova/crypto.py (generate_key)
SshKey make_ssh_key();

}  // namespace haneul::nova
