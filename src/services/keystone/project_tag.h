#pragma once
#include <string>
#include <vector>

#include "resource/service.h"

namespace haneul::keystone {

struct State;

constexpr std::int64_t kProjectTagsMax = 80;

// Each is 1 to 255 characters without commas and slashes, and there once. Ends the request if not.
void check_tags(const resource::Call& call, const std::vector<std::string>& tags);
// tags, tags-any, not-tags and not-tags-any of a list's query.
void narrow_by_tags(const resource::Call& call, resource::Page& page);

void add_project_tags(resource::Service& service, State& state);

}  // namespace haneul::keystone
