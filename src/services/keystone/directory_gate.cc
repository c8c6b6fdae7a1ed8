#include "services/keystone/directory_gate.h"

#include <fmt/format.h>

#include "base/fault.h"

namespace haneul::keystone {
namespace {

constexpr std::size_t kOfDomainMax = 3;
constexpr std::size_t kOfAllMax = 5;  // of eight threads that answer requests
constexpr std::chrono::seconds kWaitMax(1);
constexpr Duration kPause = std::chrono::seconds(2);

Fault refusal(const std::string& domain_id, const char* why) {
  return Fault::unavailable(fmt::format("The directory of domain {} {}.", domain_id, why))
      .with_header("Retry-After", "2");
}

}  // namespace

bool DirectoryGate::has_room(const Line& line) const {
  return line.under_way.size() < kOfDomainMax && under_way_ < kOfAllMax;
}

DirectoryGate::Pass::Pass(DirectoryGate& gate, std::string domain_id)
    : gate_(gate), domain_id_(std::move(domain_id)) {
  std::unique_lock lock(gate_.mutex_);
  Line& line = gate_.lines_[domain_id_];
  const auto is_closed = [&] {
    return line.down && (gate_.clock_.steady() < line.try_again_at || !line.under_way.empty());
  };
  if (is_closed()) throw refusal(domain_id_, "does not answer");
  const auto now = std::chrono::steady_clock::now();
  const bool is_slow = !line.under_way.empty() && now - line.under_way.front() > kWaitMax;
  if (is_slow && !gate_.has_room(line)) throw refusal(domain_id_, "is too busy");
  const bool room =
      gate_.left_.wait_for(lock, kWaitMax, [&] { return is_closed() || gate_.has_room(line); });
  if (is_closed()) throw refusal(domain_id_, "does not answer");
  if (!room) throw refusal(domain_id_, "is too busy");
  ++gate_.under_way_;
  since_ = line.under_way.insert(line.under_way.end(), std::chrono::steady_clock::now());
}

DirectoryGate::Pass::~Pass() {
  {
    const std::lock_guard lock(gate_.mutex_);
    Line& line = gate_.lines_[domain_id_];
    line.under_way.erase(since_);
    --gate_.under_way_;
    if (answered_) line.down = false;
    if (failed_) {
      line.down = true;
      line.try_again_at = gate_.clock_.steady() + kPause;
    }
  }
  gate_.left_.notify_all();
}

}  // namespace haneul::keystone
