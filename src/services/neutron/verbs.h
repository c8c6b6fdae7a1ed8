#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "resource/service.h"
#include "services/neutron/collection.h"

namespace haneul::neutron {

// The routes of a noun, as far as its resource names their policies.
void add_verbs(resource::Service& service, Collection collection);

// Whether the policies let this caller do it; `rules` beside the verb's own. Throws 403 or, if the
// caller may not even see the row, 404.
void enforce(const resource::Call& call, db::Session& session, const Collection& c,
             std::string_view action, const std::vector<std::string>& rules, const void* row,
             bool create);
// The row of this id if the caller sees it and may do `action` to it.
void fetch(const resource::Call& call, db::Session& session, const Collection& c,
           std::string_view id, std::string_view action, void* row);

// {"network": {…}}.
std::string render_one(const resource::Call& call, db::Session& session, const Collection& c,
                       const resource::RowList& rows);

// Another revision of a row that a verb of its own changed: counts it and dates it.
void touch(const resource::Resource& resource, void* row, Instant now);

}  // namespace haneul::neutron
