#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "resource/call.h"

namespace haneul::keystone {

struct State;

inline constexpr std::string_view kOauth1 = "oauth1";

// Whether the caller's token is of a trust, an application credential or an access token of OAuth
// 1.0a: somebody else's rights or a part of one's own, in one project.
bool is_delegated(const access::Caller& caller);
bool is_by_oauth(const access::Caller& caller);
// Those have to do with their project's credentials only.
bool is_in_scope(const access::Caller& caller, const std::optional<std::string>& project_id);

// What was delegated goes into the blob of an EC2 credential, which is good for no more then.
void bind_to_delegation(const resource::Call& call, State& state, json::Object& blob);

}  // namespace haneul::keystone
