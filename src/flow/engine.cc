#include "flow/engine.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "flow/runner.h"

namespace haneul::flow {
namespace {

struct Recurring {
  std::string name;
  Duration interval;
  std::function<void()> work;
  Duration next;  // Clock::steady()
  bool running = false;
};

}  // namespace

// What is in memory is only a plan of when to look at which row: by subject, in order of creation,
// the first of each subject may run. Its times are Clock::steady()'s, so that a clock that is set
// back does not put everything off.
struct Engine::Impl {
  Impl(db::Database& database, const Clock& c, EngineOptions o)
      : db(database),
        clock(c),
        options(std::move(o)),
        runner(database, clock, options, programs, counters) {}

  struct Subject {
    std::deque<std::int64_t> flows;  // unfinished, oldest first
    Duration due{};                  // of the first
    bool is_guess = false;           // its row may say that it is due later
    bool running = false;
    bool again = false;  // woken while running: the nap it then takes ends at once
    bool woken = false;  // what `again` was when it ended
  };

  db::Database& db;
  const Clock& clock;
  const EngineOptions options;
  Programs programs;
  Counters counters;
  Runner runner;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<std::string, Subject> subjects;
  std::set<std::pair<Duration, std::string>> plan;  // subjects that do not run, by due time
  std::vector<std::unique_ptr<Recurring>> recurring;
  std::size_t unfinished = 0;
  bool stopping = false;
  std::vector<std::thread> threads;

  Duration steady_at(Instant due) const {
    return clock.steady() + std::max(due - clock.now(), Duration{});
  }
  void put(std::int64_t id, const std::string& subject, Instant due);
  void load_all();
  struct Turn {
    std::string subject;
    std::int64_t id;
    bool woken;
  };
  std::optional<Turn> take(Duration now);
  void give_back(const std::string& subject, std::optional<Instant> due);
  void run_one(const Turn& turn);
  Recurring* take_recurring(Duration now);
  void run_recurring(Recurring& r);
  void work();
  void wait(std::unique_lock<std::mutex>& lock);
};

// Needs the mutex.
void Engine::Impl::put(std::int64_t id, const std::string& subject, Instant due) {
  Subject& s = subjects[subject];
  // Commits may be told out of order; the order of creation counts, but the first stays first.
  auto at = s.flows.end();
  while (at != s.flows.begin() && at - 1 != s.flows.begin() && *(at - 1) > id) --at;
  s.flows.insert(at, id);
  ++unfinished;
  if (s.flows.size() > 1) return;
  s.due = steady_at(due);
  plan.emplace(s.due, subject);
  changed.notify_one();
}

void Engine::Impl::load_all() {
  db.read([&](db::Session& session) {
    auto rows = session.query("SELECT id, subject, next_run FROM flows ORDER BY id");
    const std::lock_guard lock(mutex);
    while (rows.next()) put(rows.integer(0), rows.string(1), rows.instant(2));
  });
}

// Needs the mutex. The subject whose first flow is due, marked as running.
std::optional<Engine::Impl::Turn> Engine::Impl::take(Duration now) {
  if (plan.empty() || plan.begin()->first > now) return std::nullopt;
  const std::string subject = plan.begin()->second;
  plan.erase(plan.begin());
  Subject& s = subjects.at(subject);
  s.running = true;
  s.again = false;
  const bool is_due = !std::exchange(s.is_guess, false);
  return Turn{subject, s.flows.front(), std::exchange(s.woken, false) || is_due};
}

// Needs the mutex. No due time: the subject's first flow is over.
void Engine::Impl::give_back(const std::string& subject, std::optional<Instant> due) {
  Subject& s = subjects.at(subject);
  s.running = false;
  if (!due) {
    s.flows.pop_front();
    --unfinished;
    if (s.flows.empty()) {
      subjects.erase(subject);
      return;
    }
    s.is_guess = true;
    due = clock.now();
  }
  s.woken = s.again;
  s.due = s.again ? clock.steady() : steady_at(*due);
  plan.emplace(s.due, subject);
  changed.notify_one();
}

void Engine::Impl::run_one(const Turn& turn) {
  std::optional<Instant> due;
  try {
    due = runner.run(turn.id, turn.woken);
  } catch (const std::exception& e) {
    log::error("the flow engine cannot write", {{"subject", turn.subject}, {"error", e.what()}});
    due = clock.now() + options.retry_first;
  }
  const std::lock_guard lock(mutex);
  give_back(turn.subject, due);
}

Recurring* Engine::Impl::take_recurring(Duration now) {
  for (const auto& r : recurring) {
    if (!r->running && r->next <= now) {
      r->running = true;
      return r.get();
    }
  }
  return nullptr;
}

void Engine::Impl::run_recurring(Recurring& r) {
  try {
    r.work();
  } catch (const std::exception& e) {
    log::error("recurring work failed", {{"name", r.name}, {"error", e.what()}});
  }
  const std::lock_guard lock(mutex);
  r.running = false;
  r.next = clock.steady() + r.interval;
  changed.notify_one();
}

void Engine::Impl::wait(std::unique_lock<std::mutex>& lock) {
  std::optional<Duration> next;
  if (!plan.empty()) next = plan.begin()->first;
  for (const auto& r : recurring) {
    if (!r->running && (!next || r->next < *next)) next = r->next;
  }
  if (!next) {
    changed.wait(lock);
    return;
  }
  const Duration pause = *next - clock.steady();
  if (pause.count() > 0) changed.wait_for(lock, pause);
}

void Engine::Impl::work() {
  pthread_setname_np(pthread_self(), "flow");
  std::unique_lock lock(mutex);
  while (!stopping) {
    const Duration now = clock.steady();
    // Recurring work first: there is little of it, and any number of flows must not keep a host's
    // report from being made.
    if (Recurring* r = take_recurring(now)) {
      lock.unlock();
      run_recurring(*r);
      lock.lock();
    } else if (const auto job = take(now)) {
      lock.unlock();
      run_one(*job);
      lock.lock();
    } else {
      wait(lock);
    }
  }
}

Engine::Engine(db::Database& database, const Clock& clock, EngineOptions options)
    : impl_(std::make_unique<Impl>(database, clock, std::move(options))) {}
Engine::~Engine() {
  stop();
}

void Engine::add_erased(ErasedProgram program) {
  if (program.steps.empty()) throw std::logic_error("a flow needs a step");
  impl_->programs.emplace(std::string(program.name), std::move(program));
}

std::int64_t Engine::insert(db::Transaction& tx, std::string_view program, std::string state,
                            Start start) {
  const auto found = impl_->programs.find(program);
  if (found == impl_->programs.end()) {
    throw std::logic_error("no such flow: " + std::string(program));
  }
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->unfinished >= impl_->options.flows_max) {
      throw Fault::unavailable("Too much work is waiting; try again later.")
          .named("TooManyFlows")
          .with_header("Retry-After", "30");
    }
  }
  const Instant now = impl_->clock.now();
  const Instant due = now + start.delay;
  tx.execute(
      "INSERT INTO flows (program, subject, step, state, entered, next_run, deadline, request_id,"
      " created) VALUES (?,?,?,?,?,?,?,?,?)",
      {program, start.subject, found->second.steps.front().name, state, now, due,
       now + start.delay + start.deadline, log::current_request_id(), now});
  const std::int64_t id = *tx.integer("SELECT MAX(id) FROM flows");
  tx.after_commit([this, id, subject = start.subject, due] {
    const std::lock_guard lock(impl_->mutex);
    impl_->put(id, subject, due);
  });
  return id;
}

void Engine::cancel(db::Transaction& tx, std::string_view subject, std::string_view reason) {
  const auto rows = tx.execute(
      "UPDATE flows SET cancelled = ?, next_run = MIN(next_run, ?) WHERE subject = ?"
      " AND cancelled IS NULL",
      {reason, impl_->clock.now(), subject});
  if (rows > 0) tx.after_commit([this, s = std::string(subject)] { wake(s); });
}

void Engine::wake(std::string_view subject) {
  const std::string name(subject);
  {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->subjects.find(name);
    if (found == impl_->subjects.end()) return;
    Impl::Subject& s = found->second;
    s.again = true;
    if (s.running) return;
  }
  impl_->db.write([&](db::Transaction& tx) {
    tx.execute("UPDATE flows SET next_run = MIN(next_run, ?) WHERE subject = ?",
               {impl_->clock.now(), subject});
  });
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->subjects.find(name);
  if (found == impl_->subjects.end() || found->second.running) return;
  impl_->plan.erase({found->second.due, name});
  found->second.due = impl_->clock.steady();
  impl_->plan.emplace(found->second.due, name);
  impl_->changed.notify_one();
}

void Engine::wake(db::Transaction& tx, std::string_view subject) {
  tx.execute("UPDATE flows SET next_run = MIN(next_run, ?) WHERE subject = ?",
             {impl_->clock.now(), subject});
  tx.after_commit([this, s = std::string(subject)] { wake(s); });
}

bool Engine::busy(db::Session& session, std::string_view subject) const {
  return session.integer("SELECT 1 FROM flows WHERE subject = ? LIMIT 1", {subject}).has_value();
}

void Engine::every(Duration interval, std::string name, std::function<void()> work) {
  const std::lock_guard lock(impl_->mutex);
  impl_->recurring.push_back(std::make_unique<Recurring>(
      Recurring{std::move(name), interval, std::move(work), impl_->clock.steady() + interval}));
}

void Engine::run() {
  impl_->load_all();
  for (std::size_t i = 0; i < impl_->options.threads; ++i) {
    impl_->threads.emplace_back([this] { impl_->work(); });
  }
}

void Engine::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  for (auto& t : impl_->threads) t.join();
  impl_->threads.clear();
}

std::size_t Engine::run_until_idle() {
  const std::uint64_t before = impl_->counters.steps;
  for (;;) {
    std::unique_lock lock(impl_->mutex);
    Recurring* r = impl_->take_recurring(impl_->clock.steady());
    const auto job = r ? std::nullopt : impl_->take(impl_->clock.steady());
    lock.unlock();
    if (r) {
      impl_->run_recurring(*r);
    } else if (job) {
      impl_->run_one(*job);
    } else {
      return static_cast<std::size_t>(impl_->counters.steps - before);
    }
  }
}

std::vector<FlowFacts> Engine::list(db::Session& session, std::int64_t limit) const {
  std::vector<FlowFacts> all;
  auto rows = session.query(
      "SELECT id, program, subject, step, COALESCE(reason, ''), request_id, undoing, attempt,"
      " created, next_run FROM flows ORDER BY id LIMIT ?",
      {limit});
  while (rows.next()) {
    all.push_back({rows.integer(0), rows.string(1), rows.string(2), rows.string(3), rows.string(4),
                   rows.string(5), rows.boolean(6), rows.integer(7), rows.instant(8),
                   rows.instant(9)});
  }
  return all;
}

std::vector<std::string> Engine::steps() const {
  std::vector<std::string> names;
  for (const auto& [name, program] : impl_->programs) {
    for (const ErasedStep& step : program.steps) {
      names.push_back(std::string(program.name) + "/" + std::string(step.name));
      if (step.undo) names.push_back(names.back() + "~");
    }
  }
  return names;
}

Engine::Stats Engine::stats() const {
  const std::lock_guard lock(impl_->mutex);
  const auto& c = impl_->counters;
  return {c.steps, c.finished, c.failed, c.retried, impl_->unfinished};
}

}  // namespace haneul::flow
