#pragma once
#include "http/message.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// What a guest is answered at 169.254.169.254: metadata of the server whose port has the peer's
// address in the network that the socket's label "metadata:<network id>" names. Throws nothing but
// what the database throws.
// upstream: openstack/nova:nova/api/metadata/handler.py
http::Response answer_metadata(Cloud& cloud, const http::Request& request);

// What a guest told as its administrator's password; empty if nothing.
std::string told_password(db::Session& session, const std::string& server_id);
void forget_password(db::Transaction& tx, const std::string& server_id);

}  // namespace haneul::nova
