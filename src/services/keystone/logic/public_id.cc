#include "services/keystone/logic/public_id.h"

#include "base/text.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {

std::string public_id(std::string_view domain_id, std::string_view entity_type,
                      std::string_view local_id) {
  std::string all;
  all.append(domain_id).append(entity_type).append(local_id);
  return to_hex(sha256(all));
}

}  // namespace haneul::keystone
