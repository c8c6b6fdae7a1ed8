#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "resource/field.h"

namespace haneul::flow {

// How a step ended, unless it threw. A Fault ends the flow for good and undoes it; any other
// exception is temporary: the step is tried again later.
class Outcome {
 public:
  enum class Kind { next, nap, done, jump };

  static Outcome next() { return Outcome(Kind::next); }
  static Outcome done() { return Outcome(Kind::done); }  // the flow is over, well
  // The same step again after `pause`, or when the subject is woken.
  static Outcome nap(Duration pause) {
    Outcome o(Kind::nap);
    o.pause_ = pause;
    return o;
  }
  static Outcome jump(std::string_view step) {
    Outcome o(Kind::jump);
    o.step_ = step;
    return o;
  }
  // Runs in the transaction that records the step's end: both or neither happen.
  using Write = std::function<void(db::Transaction&)>;
  Outcome with(Write write) && {
    write_ = std::move(write);
    return std::move(*this);
  }

  Kind kind() const { return kind_; }
  Duration pause() const { return pause_; }
  std::string_view step() const { return step_; }
  const Write& write() const { return write_; }

 private:
  explicit Outcome(Kind kind) : kind_(kind) {}
  Kind kind_;
  Duration pause_{};
  std::string_view step_;
  Write write_;
};

// What a step may know of the flow it belongs to.
struct Visit {
  db::Database& db;
  std::int64_t attempt = 1;        // of this step
  Instant now, deadline, entered;  // entered: when this step was first tried
  const std::string& request_id;
};

// One small thing that is safe to do twice, and how to take it back. A null undo means that there
// is nothing to take back. Undo runs for every step, also those never reached: absent is fine.
template <class P>
struct Step {
  std::string_view name;
  Outcome (P::*run)(const Visit&);
  void (P::*undo)(const Visit&) = nullptr;
};

// A whole flow: its name, the members of P that survive a crash, its steps. `failed` runs in the
// transaction that ends the flow after all is undone, with the reason in words for the user.
template <class P>
struct Program {
  std::string_view name;  // "nova.boot_server"
  std::span<const resource::Field> state;
  std::span<const Step<P>> steps;
  void (P::*failed)(db::Transaction&, const std::string& reason) = nullptr;
  // What must come about in the end (a delete): temporary errors are retried for ever, ever more
  // slowly, and there is no deadline.
  bool never_gives_up = false;
};

std::string save_state(std::span<const resource::Field> fields, const void* object);
// False if the text is not what save_state wrote.
bool load_state(std::span<const resource::Field> fields, std::string_view text, void* object);

// A program whose type is forgotten.
struct ErasedStep {
  std::string_view name;
  std::function<Outcome(void*, const Visit&)> run;
  std::function<void(void*, const Visit&)> undo;
};
struct ErasedProgram {
  std::string_view name;
  std::span<const resource::Field> state;
  std::vector<ErasedStep> steps;
  std::function<std::shared_ptr<void>()> make;
  std::function<void(void*, db::Transaction&, const std::string&)> failed;
  bool never_gives_up = false;
};

template <class P>
ErasedProgram erase_program(const Program<P>& program, std::function<std::unique_ptr<P>()> make) {
  ErasedProgram erased{program.name, program.state, {}, {}, {}, program.never_gives_up};
  for (const Step<P>& step : program.steps) {
    ErasedStep s{
        step.name,
        [run = step.run](void* p, const Visit& v) { return (static_cast<P*>(p)->*run)(v); },
        {}};
    if (step.undo) {
      s.undo = [undo = step.undo](void* p, const Visit& v) { (static_cast<P*>(p)->*undo)(v); };
    }
    erased.steps.push_back(std::move(s));
  }
  erased.make = [make = std::move(make)]() -> std::shared_ptr<void> {
    return std::shared_ptr<P>(make());
  };
  if (program.failed) {
    erased.failed = [failed = program.failed](void* p, db::Transaction& tx,
                                              const std::string& why) {
      (static_cast<P*>(p)->*failed)(tx, why);
    };
  }
  return erased;
}

}  // namespace haneul::flow
