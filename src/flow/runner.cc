#include "flow/runner.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/log.h"

namespace haneul::flow {

struct Runner::Flight {
  Row row;
  const ErasedProgram* program = nullptr;
  std::shared_ptr<void> object;
  std::size_t at = 0;  // index of the step
  bool over = false;
  bool resting = false;  // naps or waits for a retry: next_run says until when
  bool cancel_seen = false;

  std::size_t index_of(std::string_view name) const {
    const auto& steps = program->steps;
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [&](const ErasedStep& s) { return s.name == name; });
    return static_cast<std::size_t>(found - steps.begin());
  }
};

std::optional<Row> Runner::load(std::int64_t id) const {
  return db_.read([&](db::Session& s) -> std::optional<Row> {
    auto rows = s.query(
        "SELECT program, subject, step, state, reason, request_id, cancelled, undoing, attempt,"
        " entered, next_run, deadline, created FROM flows WHERE id = ?",
        {id});
    if (!rows.next()) return std::nullopt;
    Row row{id,
            rows.string(0),
            rows.string(1),
            rows.string(2),
            rows.string(3),
            rows.string(4),
            rows.string(5),
            std::nullopt,
            rows.boolean(7),
            rows.integer(8),
            rows.instant(9),
            rows.instant(10),
            rows.instant(11),
            rows.instant(12)};
    if (!rows.is_null(6)) row.cancelled = rows.string(6);
    return row;
  });
}

std::optional<Instant> Runner::run(std::int64_t id, bool woken) {
  auto row = load(id);
  if (!row) return std::nullopt;
  if (row->next_run > clock_.now() && !woken) return row->next_run;
  const auto found = programs_.find(row->program);
  if (found == programs_.end()) {
    log::error("a flow of an unknown program waits",
               {{"program", row->program}, {"flow", row->id}});
    return clock_.now() + std::chrono::hours(1);
  }
  const log::RequestScope scope(row->request_id);
  Flight f{std::move(*row), &found->second, found->second.make()};
  if (!load_state(f.program->state, f.row.state, f.object.get())) {
    log::error("a flow's state cannot be read", {{"program", f.row.program}, {"flow", f.row.id}});
    return clock_.now() + std::chrono::hours(1);
  }
  f.at = std::min(f.index_of(f.row.step), f.program->steps.size() - 1);
  try {
    while (!f.over && !f.resting) {
      if (!(f.row.undoing ? backward(f) : forward(f))) break;
    }
  } catch (const Crash&) {
    return std::nullopt;
  }
  return f.over ? std::nullopt : std::optional(f.row.next_run);
}

void Runner::probe(const Flight& f, std::string_view step, bool after) const {
  if (!options_.probe && options_.die_after.empty()) return;
  const auto name = fmt::format("{}/{}{}", f.row.program, step, f.row.undoing ? "~" : "");
  if (after && name == options_.die_after) std::raise(SIGKILL);
  if (options_.probe) options_.probe(name, after);
}

// As a process does that died before it wrote down what it had done.
void Runner::rehearse(const Flight& f, const ErasedStep& step, const Visit& visit) const {
  const auto object = f.program->make();
  load_state(f.program->state, f.row.state, object.get());
  if (f.row.undoing) {
    step.undo(object.get(), visit);
  } else {
    step.run(object.get(), visit);
  }
}

// One step, done.
Outcome Runner::perform(const Flight& f, const ErasedStep& step, const Visit& visit) const {
  if (options_.repeat_steps) rehearse(f, step, visit);
  Outcome outcome = step.run(f.object.get(), visit);
  if (options_.fail_after == fmt::format("{}/{}", f.row.program, step.name)) {
    throw Fault::internal("made to fail");
  }
  return outcome;
}

// One step; false when there is nothing more to do now.
bool Runner::forward(Flight& f) {
  if (f.row.cancelled) {
    begin_undo(f, *f.row.cancelled);
    return true;
  }
  const ErasedStep& step = f.program->steps[f.at];
  if (clock_.now() > f.row.deadline && !f.program->never_gives_up) {
    begin_undo(f, f.row.reason.empty()
                      ? fmt::format("it took too long (step {})", step.name)
                      : fmt::format("it took too long (step {}): {}", step.name, f.row.reason));
    return true;
  }
  ++counters_.steps;
  const Visit visit{db_,           f.row.attempt + 1, clock_.now(), f.row.deadline,
                    f.row.entered, f.row.request_id};
  probe(f, step.name, false);
  try {
    const Outcome outcome = perform(f, step, visit);
    probe(f, step.name, true);
    settle(f, outcome);
  } catch (const Fault& fault) {
    begin_undo(f, fault.message());
  } catch (const std::exception& e) {
    if (!retry(f, e.what())) begin_undo(f, e.what());
  }
  return true;
}

// Writes what a step's end means, together with what the step wants written.
void Runner::settle(Flight& f, const Outcome& outcome) {
  using Kind = Outcome::Kind;
  const bool last = f.at + 1 == f.program->steps.size();
  if (outcome.kind() == Kind::done || (outcome.kind() == Kind::next && last)) {
    finish(f, outcome.write());
    return;
  }
  // On a copy: where the write fails, it is this step that is tried again.
  Flight after = f;
  if (outcome.kind() == Kind::next) ++after.at;
  if (outcome.kind() == Kind::jump) after.at = f.index_of(outcome.step());
  after.row.step = f.program->steps.at(after.at).name;
  after.row.attempt = 0;
  after.row.reason.clear();
  if (after.row.step != f.row.step) after.row.entered = clock_.now();
  after.resting = outcome.kind() == Kind::nap;
  after.row.next_run = after.resting ? clock_.now() + outcome.pause() : clock_.now();
  after.row.state = save_state(f.program->state, f.object.get());
  // Steps are safe to repeat, so progress alone is not worth a write: a crash repeats a step.
  if (outcome.write() || after.row.state != f.row.state || after.resting) {
    write_down(after, outcome.write());
  }
  f = std::move(after);
}

void Runner::write_down(Flight& f, const Outcome::Write& write) const {
  db_.write([&](db::Transaction& tx) {
    if (write) write(tx);
    save(tx, f);
    // A cancel may have come meanwhile; its nap must not delay it.
    const auto cancelled = tx.text("SELECT cancelled FROM flows WHERE id = ?", {f.row.id});
    if (cancelled) f.row.cancelled = cancelled, f.resting = false;
  });
}

// Waits before the step is tried again; false if it was tried often enough.
bool Runner::retry(Flight& f, const std::string& reason) {
  if (++f.row.attempt >= options_.attempts_max) {
    if (!f.program->never_gives_up) return false;
    f.row.attempt = options_.attempts_max;
  }
  ++counters_.retried;
  Duration pause = options_.retry_first;
  for (std::int64_t i = 1; i < f.row.attempt && pause < options_.retry_max; ++i) pause *= 2;
  f.row.next_run = clock_.now() + std::min(pause, options_.retry_max);
  f.row.reason = reason;
  f.resting = true;
  log::warning("a step failed and is tried again", {{"flow", f.row.program},
                                                    {"step", f.row.step},
                                                    {"subject", f.row.subject},
                                                    {"attempt", f.row.attempt},
                                                    {"reason", reason}});
  db_.write([&](db::Transaction& tx) { save(tx, f); });
  return true;
}

void Runner::begin_undo(Flight& f, const std::string& reason) {
  log::warning("a flow failed and is undone", {{"flow", f.row.program},
                                               {"step", f.row.step},
                                               {"subject", f.row.subject},
                                               {"reason", reason}});
  f.row.undoing = true;
  f.row.reason = reason;
  f.row.attempt = 0;
  f.row.next_run = clock_.now();
  f.at = f.program->steps.size() - 1;
  f.row.step = f.program->steps[f.at].name;
  f.row.state = save_state(f.program->state, f.object.get());
  db_.write([&](db::Transaction& tx) { save(tx, f); });
}

// One step of the way back. Undoing never gives up: what cannot be undone now is tried for ever,
// ever more slowly, and doctor shows it.
bool Runner::backward(Flight& f) {
  const ErasedStep& step = f.program->steps[f.at];
  if (step.undo) {
    ++counters_.steps;
    const Visit visit{db_,           f.row.attempt + 1, clock_.now(), f.row.deadline,
                      f.row.entered, f.row.request_id};
    probe(f, step.name, false);
    try {
      if (options_.repeat_steps) rehearse(f, step, visit);
      step.undo(f.object.get(), visit);
    } catch (const std::exception& e) {
      const std::string reason = f.row.reason;
      f.row.attempt = std::min(f.row.attempt, options_.attempts_max - 2);
      retry(f, e.what());
      f.row.reason = reason;
      return false;
    }
    probe(f, step.name, true);
  }
  f.row.attempt = 0;
  if (f.at == 0) {
    finish_failed(f);
  } else {
    f.row.step = f.program->steps[--f.at].name;
  }
  return true;
}

void Runner::save(db::Transaction& tx, const Flight& f) const {
  const Row& r = f.row;
  tx.execute(
      "UPDATE flows SET step = ?, state = ?, reason = ?, undoing = ?, attempt = ?, entered = ?,"
      " next_run = ? WHERE id = ?",
      {r.step, r.state, r.reason, r.undoing, r.attempt, r.entered, r.next_run, r.id});
}

void Runner::finish(Flight& f, const Outcome::Write& write) {
  // A cancel that came before this transaction wins: the flow is undone instead of finished.
  const bool cancelled = db_.write([&](db::Transaction& tx) {
    f.row.cancelled = tx.text("SELECT cancelled FROM flows WHERE id = ?", {f.row.id});
    if (f.row.cancelled) return true;
    if (write) write(tx);
    tx.execute("DELETE FROM flows WHERE id = ?", {f.row.id});
    return false;
  });
  if (cancelled) return;
  ++counters_.finished;
  f.over = true;
}

void Runner::finish_failed(Flight& f) {
  db_.write([&](db::Transaction& tx) {
    if (f.program->failed) f.program->failed(f.object.get(), tx, f.row.reason);
    tx.execute("DELETE FROM flows WHERE id = ?", {f.row.id});
  });
  ++counters_.failed;
  f.over = true;
}

}  // namespace haneul::flow
