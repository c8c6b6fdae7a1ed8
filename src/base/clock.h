#pragma once
#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace haneul {

using Duration = std::chrono::microseconds;

// A point in UTC with microseconds. What OpenStack's tables and answers carry.
struct Instant {
  std::int64_t micros = 0;  // since 1970-01-01T00:00:00Z

  static Instant from_seconds(std::int64_t s) { return {s * 1'000'000}; }
  std::int64_t seconds() const { return micros / 1'000'000; }
  // Whole seconds, for services whose clocks have no fraction.
  Instant truncated() const { return {seconds() * 1'000'000}; }

  auto operator<=>(const Instant&) const = default;
  friend Instant operator+(Instant a, Duration d) { return {a.micros + d.count()}; }
  friend Instant operator-(Instant a, Duration d) { return {a.micros - d.count()}; }
  friend Duration operator-(Instant a, Instant b) { return Duration(a.micros - b.micros); }
};

// 2026-01-02T03:04:05Z: Nova, Glance, Neutron.
std::string iso_seconds(Instant);
// 2026-01-02T03:04:05.000006Z: Keystone.
std::string iso_micros(Instant);
// 2026-01-02T03:04:05.000006 without a zone: Nova's extended attributes, Cinder.
std::string iso_micros_naive(Instant);
// Any of the above, a blank instead of the T, and numeric offsets. Nothing else.
std::optional<Instant> parse_instant(std::string_view text);

// Hand one in; tests use ManualClock and never wait. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  // For deadlines: never goes backward, has no relation to now().
  virtual Duration steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  Duration steady() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start = Instant::from_seconds(1'767'225'600)) : now_(start.micros) {}
  Instant now() const override { return {now_.load()}; }
  Duration steady() const override { return Duration(now_.load()); }
  void advance(Duration d) { now_ += d.count(); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace haneul
