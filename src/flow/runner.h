#pragma once
#include <map>
#include <optional>
#include <string>

#include "flow/engine.h"

namespace haneul::flow {

// One flow's row.
struct Row {
  std::int64_t id = 0;
  std::string program, subject, step, state, reason, request_id;
  std::optional<std::string> cancelled;
  bool undoing = false;
  std::int64_t attempt = 0;
  Instant entered, next_run, deadline, created;
};

using Programs = std::map<std::string, ErasedProgram, std::less<>>;

struct Counters {
  std::atomic<std::uint64_t> steps{0}, finished{0}, failed{0}, retried{0};
};

// Carries one flow forward until it naps or ends. Belongs to one thread for one call of run().
class Runner {
 public:
  Runner(db::Database& database, const Clock& clock, const EngineOptions& options,
         const Programs& programs, Counters& counters)
      : db_(database), clock_(clock), options_(options), programs_(programs), counters_(counters) {}

  // When it wants to run again; nothing when the flow is over (its row is gone).
  // `woken`: its nap ends now, whatever its row and the clock say.
  std::optional<Instant> run(std::int64_t id, bool woken);

 private:
  struct Flight;  // a row with its program and object
  std::optional<Row> load(std::int64_t id) const;
  bool forward(Flight& f);
  bool backward(Flight& f);
  void settle(Flight& f, const Outcome& outcome);
  void write_down(Flight& f, const Outcome::Write& write) const;
  void begin_undo(Flight& f, const std::string& reason);
  bool retry(Flight& f, const std::string& reason);
  void save(db::Transaction& tx, const Flight& f) const;
  void finish(Flight& f, const Outcome::Write& write);
  void finish_failed(Flight& f);
  void probe(const Flight& f, std::string_view step, bool after) const;
  void rehearse(const Flight& f, const ErasedStep& step, const Visit& visit) const;
  Outcome perform(const Flight& f, const ErasedStep& step, const Visit& visit) const;

  db::Database& db_;
  const Clock& clock_;
  const EngineOptions& options_;
  const Programs& programs_;
  Counters& counters_;
};

}  // namespace haneul::flow
