#include <memory>

#include <re2/re2.h>

#include "db/sqlite/connection.h"

namespace haneul::db {
namespace {

constexpr std::size_t kPatternBytesMax = 1024;
constexpr std::int64_t kProgramBytesMax = 1 << 20;

std::unique_ptr<re2::RE2> compile(std::string_view text) {
  if (text.size() > kPatternBytesMax) return nullptr;
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_case_sensitive(false);
  options.set_max_mem(kProgramBytesMax);
  auto pattern = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  return pattern->ok() ? std::move(pattern) : nullptr;
}

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  return bytes ? std::string_view(bytes, size) : std::string_view();
}

// regexp(pattern, text), as `text REGEXP pattern` calls it. A pattern is compiled once a statement.
void regexp(sqlite3_context* context, int, sqlite3_value** values) {
  auto* pattern = static_cast<re2::RE2*>(sqlite3_get_auxdata(context, 0));
  if (!pattern) {
    pattern = compile(text_of(values[0])).release();
    if (!pattern) return sqlite3_result_error(context, "not a regular expression", -1);
    sqlite3_set_auxdata(context, 0, pattern, [](void* p) { delete static_cast<re2::RE2*>(p); });
    // SQLite may have dropped it at once.
    pattern = static_cast<re2::RE2*>(sqlite3_get_auxdata(context, 0));
    if (!pattern) return sqlite3_result_error_nomem(context);
  }
  const auto text = text_of(values[1]);
  const bool found = re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
  sqlite3_result_int(context, found ? 1 : 0);
}

}  // namespace

bool is_pattern(std::string_view text) {
  return compile(text) != nullptr;
}

void add_regexp(sqlite3* handle) {
  sqlite3_create_function_v2(handle, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                             regexp, nullptr, nullptr, nullptr);
}

}  // namespace haneul::db
