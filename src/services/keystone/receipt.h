#pragma once
#include <string>
#include <vector>

#include "http/message.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

struct State;
struct User;

// 401 for a user who has proved who it is by these methods, but must do so by more: a receipt of
// those, and the rules that they begin to meet.
// upstream: openstack/keystone:keystone/receipt/handlers.py, keystone/models/receipt_model.py
http::Response give_receipt(const State& state, const User& user,
                            const std::vector<std::string>& methods);

// Adds what the receipt of a request, if it has one, tells to the methods of the token to come.
// Ends the request if the receipt is none, is over, or is another user's.
void take_receipt(const State& state, const http::Headers& headers, TokenPayload& claims);

}  // namespace haneul::keystone
