#pragma once
#include <string>
#include <string_view>

#include "db/database.h"

namespace haneul::cli {

// {"seen": the last id that was looked at, "events": […]} for the query of `haneul events`: last
// or after, type, subject, project, user, request, format. At most 1,000 events.
std::string events_json(db::Database& database, std::string_view raw_query);

}  // namespace haneul::cli
