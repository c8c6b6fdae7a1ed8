#pragma once
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "json/value.h"

namespace haneul::notify {

// Something that happened to somebody's thing.
struct Event {
  std::string type;        // service, noun and what happened: "identity.project.created"
  std::string subject;     // id of the thing
  std::string project_id;  // whose it is; empty if nobody's
  bool success = true;
  json::Object details;  // facts of this type's own; no secrets, a few hundred bytes
};

// Who did it, as the request says. All empty: the program itself.
struct Initiator {
  std::string user_id, project_id, domain_id;
  std::string request_id;
  std::string address;  // of the client, no port
  std::string agent;    // its User-Agent
};

struct Entry {
  std::int64_t id = 0;  // ascending, never used twice
  std::string uuid;
  Instant at;
  Event event;
  Initiator by;
};

}  // namespace haneul::notify
