#pragma once
#include <memory>
#include <string>

#include "http/message.h"
#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

// The five verbs of a noun. Each is one transaction: policy, quota, hooks and rows together.
http::Response create_one(Call& call, const Noun& noun);
http::Response list_all(Call& call, const Noun& noun);
// The list without its policy, of those rows that meet `also`: for lists that hang on another row.
http::Response list_where(Call& call, const Noun& noun, const Where& also);
http::Response show_one(Call& call, const Noun& noun, const std::string& key);
http::Response update_one(Call& call, const Noun& noun, const std::string& key);
http::Response remove_one(Call& call, const Noun& noun, const std::string& key);

// {"network": {…}} with the fields this version and verb show, links and extras. For services that
// answer with a row outside the five verbs.
std::string render_one(const Call& call, db::Session& session, const Noun& noun,
                       const RowList& rows, Verb verb);

}  // namespace haneul::resource
