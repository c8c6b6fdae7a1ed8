#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resource/call.h"
#include "services/neutron/collection.h"

namespace haneul::neutron {

// A list as the query string asks for it, in Neutron's words: filters that are checked, a sort
// direction for every sort key, pages both ways.
// upstream: openstack/neutron:neutron/api/api_common.py
struct Listing {
  resource::Page page;
  std::int64_t limit = 0;  // rows of a page; 0 is no paging
  bool reversed = false;   // rows come last first and must be turned round
  std::vector<std::string_view> fields;
};
Listing read_listing(const resource::Call& call, db::Session& session, const Collection& c);

// {"rel": "next"} and "previous" for the page just read; ids are empty if there were no rows.
void write_page_links(json::Writer& w, const resource::Call& call, const Collection& c,
                      const Listing& listing, std::size_t rows, std::string_view first_id,
                      std::string_view last_id);

}  // namespace haneul::neutron
