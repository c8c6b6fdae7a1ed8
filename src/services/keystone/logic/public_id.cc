#include "services/keystone/logic/public_id.h"

#include <openssl/sha.h>

#include "base/text.h"

namespace haneul::keystone {

std::string public_id(std::string_view domain_id, std::string_view entity_type,
                      std::string_view local_id) {
  std::string all;
  all.append(domain_id).append(entity_type).append(local_id);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return to_hex(digest);
}

}  // namespace haneul::keystone
