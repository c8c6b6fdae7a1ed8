#pragma once
#include "http/message.h"
#include "resource/call.h"
#include "services/nova/cloud.h"
#include "services/nova/server_form.h"

namespace haneul::nova {

// POST /servers: quota, hosts, ports, rows and the flows that boot them, in one transaction. A
// server that finds no host is kept in ERROR and says why.
http::Response create_server(resource::Call& call, Cloud& cloud);

// A host with room for the server, its resources claimed; or why there is none.
struct Placed {
  std::string host, availability_zone;
  std::string reason;  // set if there is none
};
Placed place_server(Cloud& cloud, db::Transaction& tx, const Server& server,
                    const ServerForm& wishes);

}  // namespace haneul::nova
