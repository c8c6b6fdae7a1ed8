#pragma once
#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

// What a list's query string asks for, checked against the table: filters become conditions, sort
// keys an order, marker and limit a page. Fetches one row more than asked, so that the caller
// knows whether a next page exists.
struct Listing {
  Page page;
  std::int64_t limit = 0;                  // rows to answer with; -1: all
  bool reversed = false;                   // rows come last first and must be turned round
  std::vector<std::string_view> selected;  // members to show; empty: all
};

// The members asked for by the service's selector ("fields"); empty: all.
std::vector<std::string_view> selected_members(const Call& call);

Listing read_listing(const Call& call, db::Session& session, const Noun& noun);

}  // namespace haneul::resource
