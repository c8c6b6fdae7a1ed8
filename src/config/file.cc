#include "config/file.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::config {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

// Edits that turn one word into another; for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({row[k] + 1, row[k - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

template <class Things, class Name>
std::string suggestion(std::string_view wrong, const Things& things, Name name) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(wrong.size() / 2, 3);
  for (const auto& thing : things) {
    const std::size_t d = distance(wrong.substr(0, 80), name(thing));
    if (d < least) least = d, best = name(thing);
  }
  return best.empty() ? std::string() : fmt::format("; did you mean {}?", best);
}

std::string words(std::span<const std::string_view> allowed) {
  std::string out;
  for (const auto word : allowed) out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
  return out;
}

std::string range_of(const Option& o) {
  if (std::isfinite(o.minimum) && std::isfinite(o.maximum)) {
    return fmt::format("{} to {}", o.minimum, o.maximum);
  }
  if (std::isfinite(o.minimum)) return fmt::format("{} or more", o.minimum);
  return std::isfinite(o.maximum) ? fmt::format("{} or less", o.maximum) : std::string();
}

class Reader {
 public:
  Reader(const std::string& file_name, std::span<const Section> sections)
      : file_(file_name), sections_(sections) {}

  void line(std::string_view text) {
    ++number_;
    text = trim(text);
    if (text.empty() || text.front() == '#' || text.front() == ';') return;
    if (text.front() == '[') return begin_section(text);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) fail("expected [section] or name = value");
    set(trim(text.substr(0, equals)), trim(text.substr(equals + 1)));
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw std::runtime_error(fmt::format("{}:{}: {}", file_, number_, why));
  }

  void begin_section(std::string_view text) {
    if (text.back() != ']') fail("a section's name ends with ]");
    const auto name = trim(text.substr(1, text.size() - 2));
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const Section& s) { return s.name == name; });
    if (found == sections_.end()) {
      fail(fmt::format(
          "there is no section [{}]{}", name.substr(0, 80),
          suggestion(name, sections_, [](const Section& s) { return std::string_view(s.name); })));
    }
    section_ = &*found;
  }

  void set(std::string_view name, std::string_view value) {
    if (!section_) fail("an option stands before the first [section]");
    const Option* o = section_->find(name);
    if (!o) {
      fail(
          fmt::format("[{}] has no option {}{}", section_->name, name.substr(0, 80),
                      suggestion(name, section_->options, [](const Option& x) { return x.name; })));
    }
    void* member = o->member(section_->values);
    if (!o->kind->read(value, member)) {
      fail(fmt::format("{} wants a value of kind {}, not '{}'", name, o->kind->name,
                       value.substr(0, 80)));
    }
    const auto measure = o->kind->measure(member);
    if (measure && (*measure < o->minimum || *measure > o->maximum)) {
      fail(fmt::format("{} must be {}, not {}", name, range_of(*o), value));
    }
    if (!o->allowed.empty() &&
        std::find(o->allowed.begin(), o->allowed.end(), value) == o->allowed.end()) {
      fail(fmt::format("{} must be one of {}, not '{}'", name, words(o->allowed),
                       value.substr(0, 80)));
    }
  }

  const std::string& file_;
  const std::span<const Section> sections_;
  const Section* section_ = nullptr;
  std::size_t number_ = 0;
};

std::string row(const Section& section, const Option& o) {
  std::string value = o.kind->write(o.member(section.values));
  std::string limits = o.allowed.empty() ? range_of(o) : words(o.allowed);
  return fmt::format("| `{}` | {} | {} | {} | {} |\n", o.name, o.kind->name,
                     value.empty() ? "" : fmt::format("`{}`", value), limits, o.about);
}

}  // namespace

void read_text(std::string_view text, const std::string& file_name,
               std::span<const Section> sections) {
  Reader reader(file_name, sections);
  for (const auto line : split(text, '\n')) reader.line(line);
}

void read_file(const std::string& path, std::span<const Section> sections) {
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(path, failed);
  std::ifstream in(path, std::ios::binary);
  if (failed || !in) throw std::runtime_error(fmt::format("cannot read {}", path));
  if (bytes > kFileBytesMax) {
    throw std::runtime_error(fmt::format("{} is larger than {} bytes", path, kFileBytesMax));
  }
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  read_text(text, path, sections);
}

std::string reference(std::span<const Section> sections) {
  std::string out;
  for (const Section& section : sections) {
    out +=
        fmt::format("\n## [{}]\n\n| option | kind | default | limits | |\n|---|---|---|---|---|\n",
                    section.name);
    for (const Option& o : section.options) out += row(section, o);
  }
  return out;
}

}  // namespace haneul::config
