#pragma once
#include <map>
#include <string>

#include "db/database.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// What a guest may read about itself, path → content: "openstack/latest/meta_data.json",
// "openstack/latest/user_data", "ec2/latest/meta-data.json", … The config drive holds all of it;
// the metadata service serves the same (see metadata_service.h).
// upstream: openstack/nova:nova/api/metadata/base.py
std::map<std::string, std::string> metadata_documents(Cloud& cloud, db::Session& session,
                                                      const Server& server);

}  // namespace haneul::nova
