#pragma once
#include <string_view>

#include "resource/service.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/noun.h"

namespace haneul::neutron {

// The tags by which an object is found; its row has them for showing.
void store_tags(db::Transaction& tx, std::string_view object_id, const JsonText& tags);
// /v2.0/<plural>/{id}/tags and …/tags/{tag} of a noun whose rows have tags.
// upstream: openstack/neutron:neutron/extensions/tagging.py
void add_tag_routes(resource::Service& service, const Noun& noun);

}  // namespace haneul::neutron
