#pragma once
#include <span>
#include <string>
#include <string_view>

#include "config/option.h"

namespace haneul::config {

// Fills the sections' objects from the text of a configuration file: `[section]`, `name = value`,
// and comments that begin with # or ;. What is not in the file keeps its default. Unknown sections
// and options, values of the wrong kind or out of range, and lines that are none of these throw
// std::runtime_error with one sentence: "haneul.conf:12: …"; nothing may be used then.
void read_text(std::string_view text, const std::string& file_name,
               std::span<const Section> sections);

// The same from a file. Throws if it cannot be read or has more than 1 MiB.
void read_file(const std::string& path, std::span<const Section> sections);

// The manual's page: a table of every section, in Markdown. Defaults are the objects' values.
std::string reference(std::span<const Section> sections);

}  // namespace haneul::config
