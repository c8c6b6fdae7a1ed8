#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "services/placement/placement.h"

// Inventories and allocations as rows. Whoever changes an allocation changes `used` of its
// inventory in the same transaction, here and nowhere else.
namespace haneul::placement {

std::vector<Stock> inventories_of(db::Session& session, std::string_view provider_uuid);
std::optional<Stock> inventory_of(db::Session& session, std::string_view provider_uuid,
                                  std::string_view resource_class);
void insert_inventory(db::Transaction& tx, std::string_view provider_uuid, const Stock& stock,
                      Instant now);
// Keeps `used`. False if there is no such inventory.
bool update_inventory(db::Transaction& tx, std::string_view provider_uuid, const Stock& stock,
                      Instant now);
// The classes in use that keep inventories from going; then nothing was changed.
std::vector<std::string> replace_inventories(db::Transaction& tx, std::string_view provider_uuid,
                                             const std::vector<Stock>& stock, Instant now);

void raise_generation(db::Transaction& tx, std::string_view provider_uuid, Instant now);

struct ConsumerRow {
  std::string uuid, project_id, user_id;
  std::int64_t generation = 0;
  std::optional<std::string> type;
};
std::optional<ConsumerRow> find_consumer(db::Session& session, std::string_view uuid);
void insert_consumer(db::Transaction& tx, const ConsumerRow& row, Instant now);

std::vector<Allocation> allocations_of_consumer(db::Session& session, std::string_view uuid);

// What one consumer shall have instead of all it has now; nothing removes the consumer.
struct Wanted {
  ConsumerRow consumer;  // as it shall be; its generation is that of the row
  std::vector<Allocation> allocations;
};
// Throws Fault::not_found for an unknown class or provider and Fault::conflict where inventories
// do not allow it, in upstream's words. More than the capacity is fine where it is less than
// before. upstream: openstack/placement:placement/objects/allocation.py _check_capacity_exceeded
void write_allocations(db::Transaction& tx, const std::vector<Wanted>& wanted, Instant now);

// Adds; false and nothing changed if it does not fit.
bool claim_on(db::Transaction& tx, std::string_view consumer_uuid, std::string_view provider_uuid,
              const Resources& resources, Instant now);
// How many allocations there were.
std::size_t release_all(db::Transaction& tx, std::string_view consumer_uuid);

}  // namespace haneul::placement
