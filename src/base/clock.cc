#include "base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace haneul {
namespace {

std::tm broken_down(Instant t, long& micros) {
  std::int64_t seconds = t.micros / 1'000'000;
  micros = static_cast<long>(t.micros % 1'000'000);
  if (micros < 0) {
    micros += 1'000'000;
    seconds -= 1;
  }
  const std::time_t time = seconds;
  std::tm tm{};
  gmtime_r(&time, &tm);
  return tm;
}

std::string format(Instant t, bool fraction, const char* zone) {
  long micros = 0;
  const std::tm tm = broken_down(t, micros);
  std::array<char, 80> out{};
  if (fraction) {
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06ld%s",
                  tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                  micros, zone);
  } else {
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d%s", tm.tm_year + 1900,
                  tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, zone);
  }
  return out.data();
}

// Reads fixed-width digits and single characters from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  bool one_of(std::string_view chars) {
    if (rest_.empty() || chars.find(rest_.front()) == std::string_view::npos) return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  // ".123" as microseconds; more than six digits are cut.
  long fraction() {
    long micros = 0;
    int places = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (places < 6) micros = micros * 10 + (rest_.front() - '0'), ++places;
      rest_.remove_prefix(1);
    }
    for (; places < 6; ++places) micros *= 10;
    return micros;
  }
  bool done() const { return rest_.empty(); }
  char last() const { return last_; }

 private:
  std::string_view rest_;
  char last_ = 0;
};

// The zone behind a time as seconds east of UTC; nothing is UTC.
std::optional<int> zone_offset(Scanner& in) {
  if (in.done()) return 0;
  if (in.one_of("Zz")) return in.done() ? std::optional(0) : std::nullopt;
  if (!in.one_of("+-")) return std::nullopt;
  const int sign = in.last() == '-' ? -1 : 1;
  const auto hours = in.digits(2);
  if (!hours) return std::nullopt;
  in.one_of(":");
  const auto minutes = in.digits(2).value_or(0);
  if (!in.done() || *hours > 14 || minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + minutes * 60);
}

}  // namespace

std::string iso_seconds(Instant t) {
  return format(t, false, "Z");
}
std::string iso_micros(Instant t) {
  return format(t, true, "Z");
}
std::string iso_micros_naive(Instant t) {
  return format(t, true, "");
}

std::optional<Instant> parse_instant(std::string_view text) {
  Scanner in(text);
  std::tm tm{};
  const auto year = in.digits(4);
  if (!year || !in.one_of("-")) return std::nullopt;
  const auto month = in.digits(2);
  if (!month || !in.one_of("-")) return std::nullopt;
  const auto day = in.digits(2);
  if (!day) return std::nullopt;
  long micros = 0;
  int hour = 0, minute = 0, second = 0;
  if (!in.done()) {
    if (!in.one_of("T t")) return std::nullopt;
    const auto h = in.digits(2);
    if (!h || !in.one_of(":")) return std::nullopt;
    const auto m = in.digits(2);
    if (!m) return std::nullopt;
    hour = *h, minute = *m;
    if (in.one_of(":")) {
      const auto s = in.digits(2);
      if (!s) return std::nullopt;
      second = *s;
      if (in.one_of(".")) micros = in.fraction();
    }
  }
  const auto offset = zone_offset(in);
  if (!offset || *month < 1 || *month > 12 || *day < 1 || *day > 31 || hour > 23 || minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  tm.tm_year = *year - 1900, tm.tm_mon = *month - 1, tm.tm_mday = *day;
  tm.tm_hour = hour, tm.tm_min = minute, tm.tm_sec = second;
  const std::tm asked = tm;
  const std::time_t seconds = timegm(&tm);
  if (tm.tm_mday != asked.tm_mday) return std::nullopt;  // 30 February
  return Instant{(static_cast<std::int64_t>(seconds) - *offset) * 1'000'000 + micros};
}

Instant SystemClock::now() const {
  const auto t = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Duration>(t).count()};
}

Duration SystemClock::steady() const {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace haneul
