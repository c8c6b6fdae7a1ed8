#pragma once
#include <vector>

#include "resource/call.h"
#include "resource/form.h"
#include "services/placement/ledger.h"

namespace haneul::placement {

// What a body asks for one consumer.
struct GivenAllocations {
  std::string consumer_uuid;
  std::vector<Allocation> allocations;
  std::string project_id, user_id;
  std::optional<std::int64_t> consumer_generation;  // null: it must not exist yet
  std::optional<std::string> consumer_type;
};

// {"allocations": {provider: {"resources": {…}}}, "project_id": …} as of 1.12; `may_be_empty`:
// no allocations remove the consumer's.
GivenAllocations read_allocations(const resource::Call& call, resource::Form form,
                                  std::string consumer_uuid, bool may_be_empty);
// Makes or checks the consumer: what write_allocations is to be given. Throws 409 for another
// generation than the given one.
Wanted want(const resource::Call& call, db::Transaction& tx, const GivenAllocations& given);
// Throws 400 unless all providers exist.
void check_providers(db::Session& session, const GivenAllocations& given);

}  // namespace haneul::placement
