#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "db/database.h"
#include "notify/event.h"

namespace haneul::notify {

struct JournalOptions {
  Duration kept = std::chrono::hours(24 * 90);
  std::int64_t events_max = 1'000'000;  // the oldest go first
};

// What to read: every text that is not empty must match.
struct Filter {
  std::int64_t after = 0;  // entries behind this id
  std::string type;        // "identity" and "identity.project" match what begins with them
  std::string subject, project_id, user_id, request_id;
};

// The history of changes. An event is written in the transaction that makes the change, so there
// is none without the other, and entries are in the order of commits. Safe from any thread.
class Journal {
 public:
  explicit Journal(const Clock& clock, JournalOptions options = {});

  // Texts are cut at 255 bytes, details that are larger than 8 KiB are left out.
  void add(db::Transaction& tx, const Event& event, const Initiator& by) const;
  // Takes away what is too old or too many, at most 10,000 entries a call; how many it took.
  std::int64_t prune(db::Database& database) const;

 private:
  const Clock& clock_;
  const JournalOptions options_;
};

// The first entries that match, in order; at most 1,000 whatever the limit.
std::vector<Entry> read(db::Session& session, const Filter& filter, std::int64_t limit);
// The last entries that match, in order.
std::vector<Entry> read_last(db::Session& session, const Filter& filter, std::int64_t limit);

}  // namespace haneul::notify
