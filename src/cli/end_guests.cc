#include "cli/end_guests.h"

#include <algorithm>
#include <thread>

#include "base/clock.h"

namespace haneul::cli {
namespace {

constexpr Duration kShutdownGrace = std::chrono::seconds(5);

}  // namespace

bool any_guest_runs(virt::Driver& virt) {
  const auto guests = virt.list();
  return std::any_of(guests.begin(), guests.end(), [](const virt::GuestState& g) {
    return g.power != virt::Power::shut_off && g.power != virt::Power::no_state;
  });
}

void end_guests(virt::Driver& virt) {
  for (const auto& guest : virt.list()) {
    if (guest.power == virt::Power::running) virt.request_shutdown(guest.id);
  }
  const SystemClock clock;
  const Duration end = clock.steady() + kShutdownGrace;
  while (any_guest_runs(virt) && clock.steady() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  for (const auto& guest : virt.list()) virt.power_off(guest.id);
}

}  // namespace haneul::cli
