#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::nova {

struct Keypair {
  std::string key;  // user id and name: what the row is found by
  std::string user_id, name;
  std::string type = "ssh";
  std::string public_key, fingerprint;
  std::int64_t number = 0;
  Instant created;
};

extern const resource::Resource kKeypair;
using KeypairStore = resource::Store<Keypair>;

std::string keypair_key(std::string_view user_id, std::string_view name);
void add_keypair_routes(resource::Service& service, const KeypairStore& keypairs);

// MD5 of an OpenSSH public key's blob, as colon-separated hexadecimal; nothing if it is no key.
std::optional<std::string> ssh_fingerprint(std::string_view public_key);

}  // namespace haneul::nova
