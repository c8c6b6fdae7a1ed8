#include "services/keystone/expiry.h"

namespace haneul::keystone {

std::optional<Instant> read_expiry(const State& state, resource::Form& form) {
  const auto text = form.text("expires_at", {.null_allowed = true});
  if (!text) return std::nullopt;
  const auto when = parse_instant(*text);
  if (!when) {
    throw Fault::bad_request(
        "Timestamp not in expected format. The server could not comply with the request since it "
        "is either malformed or otherwise incorrect. The client is assumed to be in error.");
  }
  if (*when < state.now()) {
    throw Fault::bad_request(
        "The 'expires_at' must not be before now. The server could not comply with the request "
        "since it is either malformed or otherwise incorrect. The client is assumed to be in "
        "error.");
  }
  return when;
}

}  // namespace haneul::keystone
