#include "drivers/net/ovn_watch.h"

#include <algorithm>
#include <pthread.h>

#include "base/log.h"
#include "drivers/net/names.h"
#include "drivers/net/ovn_rows.h"
#include "drivers/net/ovn_tables.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Change;
using ovsdb::Replica;
using ovsdb::Row;

constexpr std::string_view kPorts = "Logical_Switch_Port";
constexpr std::string_view kGroups = "Port_Group";

// What changed besides free columns.
struct Extent {
  bool managed = false;
  bool references = false;
};

Extent extent_of(const Change& change, const ovsdb::TableSchema& schema) {
  Extent extent;
  for (const auto& [name, datum] : change.columns) {
    if (is_free(change.table, name)) continue;
    extent.managed = true;
    const auto type = schema.columns.find(name);
    if (type != schema.columns.end() && type->second.key == ovsdb::Atom::uuid) {
      extent.references = true;
    }
  }
  return extent;
}

// Whether the row of a port says that the group should hold it.
bool belongs(const Row& port, const Row& group) {
  const auto name = ovsdb::text_of(group, "name");
  if (name == kDropGroup) return is_filtered(port);
  const auto groups = groups_of(port);
  return std::any_of(groups.begin(), groups.end(),
                     [name](const auto& id) { return port_group_name(id) == name; });
}

}  // namespace

Watch::Watch(std::mutex& puts, std::function<void()> mend_shared)
    : puts_(puts), mend_shared_(std::move(mend_shared)) {}

Watch::~Watch() {
  stop();
}

void Watch::stop() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watch::start(Look look) {
  const std::lock_guard lock(mutex_);
  look_ = std::move(look);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "ovn-watch");
    work();
  });
}

void Watch::take(const std::vector<Change>& changes, const Replica& replica) {
  {
    const std::lock_guard lock(mutex_);
    const bool first = !loaded_;
    loaded_ = true;
    for (const Change& change : changes) take_one(change, replica, first);
  }
  wake_.notify_all();
}

void Watch::take_one(const Change& change, const Replica& replica, bool first) {
  const Row* row = change.what == Change::What::deleted ? &change.columns
                                                        : replica.find(change.table, change.uuid);
  if (row == nullptr) return;  // gone again by a later message
  if (change.table == kPorts) take_port(change, row, first);
  if (change.table == kGroups && change.what != Change::What::deleted) {
    for (const auto& port : ovsdb::column(change.columns, "ports").keys) {
      members_.emplace(change.uuid, port);
    }
  }
  std::string mark = mark_of(*row);
  if (mark.empty()) mark = mark_of(change.columns);  // just taken off
  const Extent extent = extent_of(change, replica.schema_of(change.table));
  if (mark.empty() || !extent.managed) return;
  Suspect& suspect = suspects_[change.uuid];
  suspect.table = change.table;
  suspect.mark = mark;
  if (change.what == Change::What::deleted) suspect.certain = true;
  if (change.what == Change::What::modified && extent.references) suspect.certain = true;
}

void Watch::take_port(const Change& change, const Row* row, bool first) {
  if (!listening_ || change.what == Change::What::deleted) return;
  const auto object = object_of(mark_of(*row));
  if (!object || object->kind != Kind::port) return;
  const bool up = ovsdb::is_true(*row, "up");
  const bool news =
      change.what == Change::What::inserted ? first || up : change.columns.contains("up");
  if (news) ports_.emplace_back(object->id, up);
}

void Watch::settle(const std::string& mark, const std::set<std::string>& touched) {
  const std::lock_guard lock(mutex_);
  std::erase_if(suspects_, [&](const auto& suspect) {
    return suspect.second.mark == mark || touched.contains(suspect.first);
  });
}

void Watch::on_events(Events events) {
  {
    const std::lock_guard lock(mutex_);
    events_ = std::move(events);
    listening_ = true;
    if (!loaded_ || !look_) return;
  }
  std::vector<std::pair<std::string, bool>> now;
  look_([&](const Replica& replica) {
    replica.each(kPorts, [&](const std::string&, const Row& row) {
      const auto object = object_of(mark_of(row));
      if (!object || object->kind != Kind::port) return;
      now.emplace_back(object->id, ovsdb::is_true(row, "up"));
    });
  });
  const std::lock_guard lock(mutex_);
  ports_.insert(ports_.begin(), now.begin(), now.end());
  wake_.notify_all();
}

void Watch::work() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    tell_ports(lock);
    if (closing_) return;
    if (suspects_.empty() && members_.empty()) {
      wake_.wait(lock, [this] {
        return closing_ || !ports_.empty() || !suspects_.empty() || !members_.empty();
      });
      continue;
    }
    judge(lock);
  }
}

// Until it is taken, or the watch ends.
void Watch::tell(std::unique_lock<std::mutex>& lock, const std::function<void()>& say) {
  while (!closing_) {
    lock.unlock();
    std::string error;
    try {
      say();
    } catch (const std::exception& e) {
      error = e.what();
    }
    lock.lock();
    if (error.empty()) return;
    log::error("news of the network were not taken; they are told again", {{"error", error}});
    wake_.wait_for(lock, kTellAgain, [this] { return closing_; });
  }
}

void Watch::tell_ports(std::unique_lock<std::mutex>& lock) {
  while (!ports_.empty() && !closing_) {
    const auto [id, up] = std::move(ports_.front());
    ports_.pop_front();
    const auto told = events_.port_up;
    if (!told) continue;
    tell(lock, [&told, id = id, up = up] { told(id, up); });
  }
}

void Watch::judge(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  Found found;
  {
    const std::lock_guard quiet(puts_);
    lock.lock();
    const auto suspects = std::exchange(suspects_, {});
    const auto members = std::exchange(members_, {});
    lock.unlock();
    look_([&](const Replica& replica) { found = find_drifted(suspects, members, replica); });
  }
  if (found.shared) mend_shared_();
  lock.lock();
  const auto told = events_.drifted;
  if (!told) return;
  for (const Object& object : found.drifted) {
    if (closing_) return;
    tell(lock, [&] { told(object); });
  }
}

Watch::Found Watch::find_drifted(const std::map<std::string, Suspect>& suspects,
                                 const std::set<std::pair<std::string, std::string>>& members,
                                 const Replica& replica) const {
  std::set<std::string> marks;
  for (const auto& [uuid, suspect] : suspects) {
    const Row* row = replica.find(suspect.table, uuid);
    if (row != nullptr && !suspect.certain && mark_of(*row) == suspect.mark &&
        is_sealed(suspect.table, replica.schema_of(suspect.table), *row)) {
      continue;
    }
    marks.insert(suspect.mark);
  }
  for (const auto& [group_uuid, port_uuid] : members) {
    const Row* group = replica.find(kGroups, group_uuid);
    const Row* port = replica.find(kPorts, port_uuid);
    if (group == nullptr || port == nullptr || mark_of(*group).empty()) continue;
    const bool held = ovsdb::column(*group, "ports").has(port_uuid);
    if (held != belongs(*port, *group)) marks.insert(mark_of(*port));
  }
  Found found;
  for (const auto& mark : marks) {
    if (mark == kShared) found.shared = true;
    if (auto object = object_of(mark)) found.drifted.push_back(*std::move(object));
  }
  return found;
}

}  // namespace haneul::net::ovn
