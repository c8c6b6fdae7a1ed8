#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "resource/call.h"

namespace haneul::nova {

// Which page of a list is asked for: `limit` is 1 to 1,000, with 1,000 for none and for 0.
struct PageAsked {
  std::int64_t limit = 1000;
  std::optional<std::string> marker;
  bool has_limit = false;
};
PageAsked read_page(const resource::Call& call);

// "1", "true", …; a word that is neither yes nor no ends the request.
bool read_flag(const resource::Call& call, std::string_view key);
// A time in any form that upstream takes; nothing if the key is absent.
std::optional<Instant> read_time(const resource::Call& call, std::string_view key);
// Ends the request if the query string has a key that is not among those.
void refuse_unknown_keys(const resource::Call& call, std::initializer_list<std::string_view> known);

}  // namespace haneul::nova
