#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/fwd.h"

namespace haneul::placement {

extern const std::string_view kStandardClasses[];
extern const std::size_t kStandardClassesCount;
extern const std::string_view kStandardTraits[];
extern const std::size_t kStandardTraitsCount;

// Which resource classes and traits there are: upstream's standard ones, known to the program, and
// the CUSTOM_ ones in the database.
bool is_standard_class(std::string_view name);
bool is_standard_trait(std::string_view name);
bool class_exists(db::Session& session, std::string_view name);
bool trait_exists(db::Session& session, std::string_view name);
std::vector<std::string> all_classes(db::Session& session);
std::vector<std::string> all_traits(db::Session& session);
// False if it is there already.
bool add_class(db::Transaction& tx, std::string_view name, Instant now);
bool add_trait(db::Transaction& tx, std::string_view name, Instant now);
// "No such resource class X." unless it exists.
void require_class(db::Session& session, std::string_view name);

}  // namespace haneul::placement
