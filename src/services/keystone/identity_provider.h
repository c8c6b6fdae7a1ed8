#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resource/service.h"
#include "resource/table.h"
#include "services/keystone/maybe_id.h"

namespace haneul::keystone {

struct State;

// Somebody else who knows users: they come from there with an assertion about them.
struct IdentityProvider {
  std::string id;
  MaybeId domain_id;
  bool enabled = false;
  std::optional<std::string> description;
  std::optional<std::int64_t> authorization_ttl;  // minutes that groups from a mapping hold
  std::vector<std::string> remote_ids;            // what it calls itself in assertions
};

extern const resource::Resource kIdentityProvider;

void add_identity_providers(resource::Service& service, State& state);

// The five verbs of a noun whose rows the client names: PUT makes one.
void add_named_noun(resource::Service& service, const std::shared_ptr<const resource::Noun>& noun);

// Ids are of a path; those of federation are no longer than this.
inline constexpr std::size_t kFederationIdCharsMax = 64;
void check_federation_id(std::string_view id);

IdentityProvider identity_provider_or_fault(db::Session& session, std::string_view id);
// A disabled one is 403.
IdentityProvider enabled_identity_provider(db::Session& session, std::string_view id);

// What goes with a domain that is deleted.
void remove_identity_providers_of_domain(db::Transaction& tx, const std::string& domain_id);

}  // namespace haneul::keystone
