#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "db/foreign/foreign.h"
#include "services/keystone/keystone.h"

namespace haneul::keystone {

// What became of one noun's rows.
struct Adopted {
  std::string noun;
  std::int64_t read = 0, fresh = 0, changed = 0, unchanged = 0;
  std::map<std::string, std::int64_t> left;  // why rows were not carried, and how many
  std::vector<std::string> joined;           // rows of this cloud that took the source's id
};

struct Adoption {
  db::Foreign& source;
  std::filesystem::path credential_keys;  // the source's; empty: its credentials are left
  // This cloud's own services, name and type: URLs of their endpoints are this cloud's affair.
  std::set<std::pair<std::string, std::string>> own_services;
  std::function<void(const Adopted&)> done = {};                                // a noun is
  std::function<void(std::string_view noun, std::int64_t rows)> progress = {};  // now and then
};

// Throws db::Error with a sentence unless the source is a Keystone whose tables have every column
// that is read.
void refuse_what_is_no_keystone(db::Foreign& source);

// Copies an upstream Keystone's rows here, each noun in one transaction, and never removes any.
// Rows keep their ids; what the bootstrap made here under the same name takes the source's id, and
// whatever names it follows. The source wins where a row is here already; a second time nothing
// changes. `options` say where this cloud's keys are. No Keystone may run on the database. Throws
// db::Error with a sentence if the source is no Keystone or cannot be read.
// upstream: openstack/keystone:keystone/common/sql/migrations
std::vector<Adopted> adopt(db::Database& database, const Options& options, const Clock& clock,
                           const Adoption& adoption);

// The Fernet keys of tokens take the place of those here, so that tokens stay good.
struct AdoptedKeys {
  std::size_t keys = 0;
  bool changed = false;
};
// Changes nothing if `only_look`. Throws std::runtime_error with a sentence.
AdoptedKeys adopt_token_keys(const std::filesystem::path& from, const Options& options,
                             bool only_look);

}  // namespace haneul::keystone
