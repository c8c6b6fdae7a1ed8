#include "services/placement/catalog.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/fault.h"
#include "db/database.h"

namespace haneul::placement {
namespace {

std::span<const std::string_view> standard_classes() {
  return {kStandardClasses, kStandardClassesCount};
}
std::span<const std::string_view> standard_traits() {
  return {kStandardTraits, kStandardTraitsCount};
}

std::vector<std::string> with_custom(db::Session& session, std::span<const std::string_view> known,
                                     std::string_view sql) {
  std::vector<std::string> names(known.begin(), known.end());
  db::Rows rows = session.query(sql);
  while (rows.next()) names.push_back(rows.string(0));
  return names;
}

}  // namespace

bool is_standard_class(std::string_view name) {
  const auto all = standard_classes();
  return std::find(all.begin(), all.end(), name) != all.end();
}

bool is_standard_trait(std::string_view name) {
  const auto all = standard_traits();
  return std::binary_search(all.begin(), all.end(), name);
}

bool class_exists(db::Session& session, std::string_view name) {
  return is_standard_class(name) ||
         session.integer("SELECT 1 FROM placement_resource_classes WHERE name = ?", {name});
}

bool trait_exists(db::Session& session, std::string_view name) {
  return is_standard_trait(name) ||
         session.integer("SELECT 1 FROM placement_traits WHERE name = ?", {name});
}

std::vector<std::string> all_classes(db::Session& session) {
  return with_custom(session, standard_classes(),
                     "SELECT name FROM placement_resource_classes ORDER BY created_at, name");
}

std::vector<std::string> all_traits(db::Session& session) {
  return with_custom(session, standard_traits(), "SELECT name FROM placement_traits ORDER BY name");
}

bool add_class(db::Transaction& tx, std::string_view name, Instant now) {
  if (class_exists(tx, name)) return false;
  tx.execute("INSERT INTO placement_resource_classes (name, created_at) VALUES (?, ?)",
             {name, now});
  return true;
}

bool add_trait(db::Transaction& tx, std::string_view name, Instant now) {
  if (trait_exists(tx, name)) return false;
  tx.execute("INSERT INTO placement_traits (name, created_at) VALUES (?, ?)", {name, now});
  return true;
}

void require_class(db::Session& session, std::string_view name) {
  if (!class_exists(session, name)) {
    throw Fault::not_found(fmt::format("No such resource class {}.", name));
  }
}

}  // namespace haneul::placement
