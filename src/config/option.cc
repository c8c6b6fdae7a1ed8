#include "config/option.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::config {
namespace {

template <class T>
T& at(void* m) {
  return *static_cast<T*>(m);
}
template <class T>
const T& at(const void* m) {
  return *static_cast<const T*>(m);
}

template <class T>
bool read_number(std::string_view text, void* m) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  at<T>(m) = value;
  return true;
}

bool read_real(std::string_view text, void* m) {
  const auto value = parse_real(text);
  if (value) at<double>(m) = *value;
  return value.has_value();
}

template <class T>
std::string write_number(const void* m) {
  return fmt::format("{}", at<T>(m));
}

template <class T>
std::optional<double> measure_number(const void* m) {
  return static_cast<double>(at<T>(m));
}

std::optional<double> no_measure(const void*) {
  return std::nullopt;
}

constexpr std::int64_t kMicros = 1'000'000;

bool read_seconds(std::string_view text, void* m) {
  double seconds = 0;
  if (!read_number<double>(text, &seconds) || !(seconds >= -1e12 && seconds <= 1e12)) return false;
  at<Duration>(m) = Duration(static_cast<std::int64_t>(seconds * kMicros));
  return true;
}

double seconds_of(const void* m) {
  return static_cast<double>(at<Duration>(m).count()) / kMicros;
}

bool read_boolean(std::string_view text, void* m) {
  const auto value = parse_bool(text);
  if (value) at<bool>(m) = *value;
  return value.has_value();
}

bool read_texts(std::string_view text, void* m) {
  std::vector<std::string> words;
  for (const auto word : split(text, ',')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  at<std::vector<std::string>>(m) = std::move(words);
  return true;
}

}  // namespace

const Kind kBoolean{"boolean", read_boolean,
                    [](const void* m) { return std::string(at<bool>(m) ? "true" : "false"); },
                    no_measure};
const Kind kInteger{"integer", read_number<std::int64_t>, write_number<std::int64_t>,
                    measure_number<std::int64_t>};
const Kind kInt{"integer", read_number<int>, write_number<int>, measure_number<int>};
const Kind kSize{"integer", read_number<std::size_t>, write_number<std::size_t>,
                 measure_number<std::size_t>};
const Kind kReal{"number", read_real, write_number<double>, measure_number<double>};
const Kind kText{"text",
                 [](std::string_view text, void* m) {
                   at<std::string>(m) = text;
                   return true;
                 },
                 [](const void* m) { return at<std::string>(m); }, no_measure};
const Kind kSeconds{"seconds", read_seconds,
                    [](const void* m) { return fmt::format("{}", seconds_of(m)); },
                    [](const void* m) { return std::optional(seconds_of(m)); }};
const Kind kTexts{"list", read_texts,
                  [](const void* m) { return join(at<std::vector<std::string>>(m), ","); },
                  no_measure};

const Option* Section::find(std::string_view option) const {
  for (const Option& o : options) {
    if (o.name == option) return &o;
  }
  return nullptr;
}

}  // namespace haneul::config
