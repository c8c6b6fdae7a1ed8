#pragma once
#include <string>

#include "cli/state_dir.h"

namespace haneul::cli {

// What an agent needs to be let in. The controller keeps it in the file agent.join of its state
// directory, mode 600; whoever has a copy can be a host of the cloud and read all images.
struct Join {
  std::string secret;
  std::string certificate;  // PEM, trusted by agents; empty: no TLS, or the system's authorities
};

// Reads the secret or makes one at the first start; writes the certificate as it is now.
Join keep_join(const StateDir& state, const std::string& tls_cert);
// Throws std::runtime_error with a sentence.
Join read_join(const std::string& path);

}  // namespace haneul::cli
