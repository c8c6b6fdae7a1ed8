#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

// The five verbs of a noun. Each is one transaction: policy, quota, hooks and rows together. Where
// services differ they ask the dialect. A noun that has them gets `created_at` and `updated_at`
// dated (to the second), and `revision_number` counted.
http::Response create_one(Call& call, const Noun& noun);  // or several, if the body has them
http::Response list_all(Call& call, const Noun& noun);
// The list without its policy, of those rows that meet `also`: for lists that hang on another row.
http::Response list_where(Call& call, const Noun& noun, const Where& also);
http::Response show_one(Call& call, const Noun& noun, const std::string& key);
http::Response update_one(Call& call, const Noun& noun, const std::string& key);
http::Response remove_one(Call& call, const Noun& noun, const std::string& key);

// For services that answer with a row outside the five verbs. ------------------------------------

// {"network": {…}} with the members this version and verb show.
std::string render_one(const Call& call, db::Session& session, const Noun& noun,
                       const RowList& rows, Verb verb);
// The row of this key into `row`, if the caller sees it and may do `rule` to it.
void fetch_row(const Call& call, db::Session& session, const Noun& noun, std::string_view key,
               std::string_view rule, void* row);
// Whether the policies let this caller do `rule`, and all of `more`, to the row. Throws the
// dialect's refusal.
void enforce_on(const Call& call, db::Session& session, const Noun& noun, std::string_view rule,
                const std::vector<std::string>& more, const void* row);
// Another revision of a row: counts it and dates it, where the noun keeps such.
void touch(const Resource& resource, void* row, Instant now);

}  // namespace haneul::resource
