#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"

namespace haneul::placement {

struct ProviderRow {
  std::string uuid, name;
  std::int64_t generation = 0;
  std::optional<std::string> parent_uuid;
  std::string root_uuid;
  Instant created_at, updated_at;
};

std::optional<ProviderRow> find_provider(db::Session& session, std::string_view uuid);
// Throws "No resource provider with uuid X found".
ProviderRow require_provider(db::Session& session, std::string_view uuid);
ProviderRow load_provider(const db::Rows& rows);
inline constexpr std::string_view kProviderColumns =
    "uuid, name, generation, parent_uuid, root_uuid, created_at, updated_at";
void insert_provider(db::Transaction& tx, const ProviderRow& row);
// With its inventories, traits and aggregates; it must have neither allocations nor children.
void delete_provider(db::Transaction& tx, std::string_view uuid);
bool has_allocations(db::Session& session, std::string_view provider_uuid);
bool has_children(db::Session& session, std::string_view provider_uuid);

// True if anything changed.
bool set_traits(db::Transaction& tx, std::string_view provider_uuid,
                const std::vector<std::string>& traits);
bool set_aggregates(db::Transaction& tx, std::string_view provider_uuid,
                    const std::vector<std::string>& aggregates);
std::vector<std::string> traits_of(db::Session& session, std::string_view provider_uuid);
std::vector<std::string> aggregates_of(db::Session& session, std::string_view provider_uuid);

// 6b8c... with dashes in lower case, as Python's str(uuid.UUID(text)); the text must be uuid-like.
std::string normal_uuid(std::string_view text);

}  // namespace haneul::placement
