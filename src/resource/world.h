#pragma once
#include "access/fwd.h"
#include "base/clock.h"
#include "db/fwd.h"
#include "resource/fwd.h"

namespace haneul::access {
class Authenticator;
}
namespace haneul::flow {
class Engine;
}

namespace haneul::notify {
class Journal;
}

namespace haneul::resource {

class Quota;

// What every service is built from; lives as long as the program. References only.
struct World {
  db::Database& db;
  const Clock& clock;
  flow::Engine& flows;
  Quota& quota;
  const notify::Journal& journal;
};

}  // namespace haneul::resource
