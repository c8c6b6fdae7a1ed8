#pragma once
#include "http/message.h"
#include "resource/call.h"
#include "services/glance/glance.h"
#include "services/nova/cloud.h"
#include "services/nova/logic/needs.h"
#include "services/nova/server_form.h"

namespace haneul::nova {

// POST /servers: quota, hosts, ports, rows and the flows that boot them, in one transaction. A
// server that finds no host is kept in ERROR and says why.
http::Response create_server(resource::Call& call, Cloud& cloud);

// What an image has to fit into; a disk of 0 takes any.
struct ImageRoom {
  std::int64_t ram_mib, disk_gib;
};
// The image must be the caller's to see, active and fit; throws Nova's own errors.
glance::ImageFacts check_image(const resource::Call& call, Cloud& cloud, db::Session& session,
                               const std::string& image_id, const ImageRoom& room);

// A host with room for the server, its resources claimed; or why there is none.
struct Placed {
  std::string host, availability_zone;
  std::string reason;  // set if there is none
};
Placed place_server(Cloud& cloud, db::Transaction& tx, const Server& server,
                    const ServerForm& wishes, const Needs& needs);

}  // namespace haneul::nova
