#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "drivers/net/fake.h"
#include "drivers/net/names.h"

// FakeDriver's memory beyond the process, and its thread that tells events.
namespace haneul::net {
namespace {

// A journal is written anew once it has this many lines more than what is alive.
constexpr std::size_t kStaleLinesMax = 50'000;

bool try_telling(const std::function<void(const Events&)>& told, const Events& to) {
  try {
    told(to);
    return true;
  } catch (const std::exception& e) {
    log::error("news of the network were not taken; they are told again", {{"error", e.what()}});
    return false;
  }
}

}  // namespace

void FakeDriver::replay() {
  for (const auto& line : journal_->read()) replay_line(line);
  for (auto& [id, state] : ports_) state.up = should_be_up(id, state);
}

bool FakeDriver::should_be_up(const std::string& id, const PortState& state) const {
  return state.of_router || plugged_.contains(id) || (state.bound && options_.up_when_bound);
}

std::string FakeDriver::port_line(const std::string& id, const PortState& state) {
  return "+ port " + id + " " + state.network_id + (state.bound ? " bound" : " unbound") +
         (state.of_router ? " router" : " guest");
}

void FakeDriver::replay_line(const std::string& line) {
  const auto words = split(line, ' ');
  const auto word = [&](std::size_t i) {
    return i < words.size() ? std::string(words[i]) : std::string();
  };
  const auto kind = parse_kind(word(1));
  const std::string verb = word(0);
  if (verb == "+" && kind == Kind::port && words.size() == 6) {
    erase_port(word(2));
    ports_of_[word(3)].insert(word(2));
    ports_[word(2)] = {word(3), word(4) == "bound", word(5) == "router", false};
  } else if (verb == "+" && kind && kind != Kind::port && words.size() == 3) {
    add({*kind, word(2)});
  } else if (verb == "-" && kind && words.size() == 3) {
    erase({*kind, word(2)});
  } else if (verb == "plug" && words.size() == 2) {
    plugged_.insert(word(1));
  } else if (verb == "unplug" && words.size() == 2) {
    plugged_.erase(word(1));
  } else if (verb == "open" && words.size() == 2) {
    metadata_.insert(word(1));
  } else if (verb == "close" && words.size() == 2) {
    metadata_.erase(word(1));
  } else {
    throw Error("a line of " + options_.journal_path + " is not understood: " + line);
  }
}

std::vector<std::string> FakeDriver::live_lines() const {
  std::vector<std::string> lines;
  for (const auto& [id, ports] : ports_of_) lines.push_back("+ network " + id);
  for (const auto& [id, state] : ports_) {
    lines.push_back(port_line(id, state));
  }
  for (const auto& id : routers_) lines.push_back("+ router " + id);
  for (const auto& id : groups_) lines.push_back("+ security_group " + id);
  for (const auto& id : plugged_) lines.push_back("plug " + id);
  for (const auto& id : metadata_) lines.push_back("open " + id);
  return lines;
}

void FakeDriver::note(const std::string& line) {
  if (!journal_) return;
  const std::size_t alive = ports_of_.size() + ports_.size() + routers_.size() + groups_.size() +
                            plugged_.size() + metadata_.size();
  if (journal_->lines() > 2 * alive + kStaleLinesMax) journal_->rewrite(live_lines());
  journal_->append(line);
}

void FakeDriver::note_object(char sign, const Object& object) {
  note(std::string(1, sign) + " " + std::string(kind_name(object.kind)) + " " + object.id);
}

void FakeDriver::tell(Told told) {
  if (!events_.port_up && !events_.drifted) return;
  untold_.push_back(std::move(told));
  if (!options_.synchronous_events) wake_.notify_one();
}

void FakeDriver::deliver(std::unique_lock<std::mutex>& lock) {
  if (!options_.synchronous_events) return;
  while (!untold_.empty()) {
    const Told told = std::move(untold_.front());
    untold_.pop_front();
    lock.unlock();
    told(events_);
    lock.lock();
  }
  settled_.notify_all();
}

void FakeDriver::notify_until_closed() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closing_ || !untold_.empty(); });
    if (closing_) break;
    const Told told = std::move(untold_.front());
    untold_.pop_front();
    telling_ = true;
    lock.unlock();
    const bool taken = try_telling(told, events_);
    lock.lock();
    telling_ = false;
    if (!taken) {
      untold_.push_front(told);
      wake_.wait_for(lock, kTellAgain, [this] { return closing_; });
    }
    if (untold_.empty()) settled_.notify_all();
  }
  settled_.notify_all();
}

}  // namespace haneul::net
