#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "flow/program.h"

namespace haneul::flow {

struct EngineOptions {
  std::size_t threads = 8;        // 0: nothing runs by itself; tests call run_until_idle()
  std::int64_t attempts_max = 6;  // of one step that throws something temporary, then it fails
  Duration retry_first = std::chrono::seconds(1);  // doubles each time
  Duration retry_max = std::chrono::seconds(60);
  std::size_t flows_max = 1'000'000;  // unfinished ones; more are refused with Fault::unavailable
  // For trials. A step is named as for the probe.
  bool repeat_steps = false;  // each is done once more, as after a crash before it was recorded
  std::string die_after;      // the process is killed after this step, before that is recorded
  std::string fail_after;     // this step, once done, counts as failed for good
  // Called before and after every step with its name ("nova.boot_server/define", undo steps with a
  // trailing "~"). What it throws as Crash leaves the flow as a killed process would.
  std::function<void(std::string_view step, bool after)> probe;
};

// Thrown by a probe: the process is dead from here on, as far as this flow can tell.
struct Crash {};

struct FlowFacts {
  std::int64_t id = 0;
  std::string program, subject, step, reason, request_id;
  bool undoing = false;
  std::int64_t attempt = 0;
  Instant created, next_run;
};

// What a flow is started with beside its program's members.
struct Start {
  std::string subject;  // "server/<uuid>": flows of one subject run one at a time, in order
  Duration deadline = std::chrono::minutes(30);  // from now; past it the flow fails and is undone
  Duration delay{};                              // before the first step
};

// Runs persisted programs. A flow is a row written in the transaction that promised it; after each
// step that matters its progress is written in one transaction with what the step changed. A
// process that dies anywhere leaves rows that the next one resumes: steps must be safe to repeat.
class Engine {
 public:
  Engine(db::Database& database, const Clock& clock, EngineOptions options = {});
  ~Engine();  // stops
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Before run(). `make` gives an object with everything it needs to work but its state.
  template <class P>
  void add(const Program<P>& program, std::function<std::unique_ptr<P>()> make) {
    add_erased(erase_program(program, std::move(make)));
  }
  // Within a transaction: the flow exists if and only if the transaction commits.
  template <class P>
  std::int64_t start(db::Transaction& tx, const Program<P>& program, const P& state, Start start) {
    return insert(tx, program.name, save_state(program.state, &state), std::move(start));
  }
  // Ends every unfinished flow of the subject: those that run are undone at their next step's end,
  // with `reason`. Naps end at once.
  void cancel(db::Transaction& tx, std::string_view subject, std::string_view reason);
  // Ends the naps of the subject's flows: what they wait for may have come. Any thread.
  void wake(std::string_view subject);
  // The same as part of a transaction, also for flows that this engine has not taken over yet.
  void wake(db::Transaction& tx, std::string_view subject);
  bool busy(db::Session& session, std::string_view subject) const;

  // Work that comes back: every `interval`, one run at a time, first after one interval. Not
  // persisted. What it throws is logged.
  void every(Duration interval, std::string name, std::function<void()> work);

  // Takes over all rows there are, then starts the threads.
  void run();
  // Lets running steps end, joins. Rows stay for the next run.
  void stop();
  // For tests with threads = 0: runs everything due now, in order, on this thread; how many steps.
  std::size_t run_until_idle();

  std::vector<FlowFacts> list(db::Session& session, std::int64_t limit) const;
  // Every step there is, as "nova.boot_server/define"; what undoes it follows with its trailing
  // "~".
  std::vector<std::string> steps() const;
  struct Stats {
    std::uint64_t steps = 0, finished = 0, failed = 0, retried = 0;
    std::size_t waiting = 0;
  };
  Stats stats() const;

 private:
  struct Impl;
  void add_erased(ErasedProgram program);
  std::int64_t insert(db::Transaction& tx, std::string_view program, std::string state,
                      Start start);
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::flow
