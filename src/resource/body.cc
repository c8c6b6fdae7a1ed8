#include "resource/body.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/dialect.h"
#include "resource/row_target.h"

namespace haneul::resource {
namespace {

[[noreturn]] void fail(const Call& call, Problem problem) {
  throw call.dialect().invalid(problem);
}

// Length of a text or array, or the value of a number; nothing for other types.
std::optional<std::int64_t> measure(const json::Value& value) {
  if (value.text()) return static_cast<std::int64_t>(utf8_length(*value.text()));
  if (value.array()) return static_cast<std::int64_t>(value.array()->size());
  if (value.integer()) return *value.integer();
  return std::nullopt;
}

void check_limits(const Call& call, const Field& f, const json::Value& value) {
  using Kind = Problem::Kind;
  const auto size = measure(value);
  const bool number = value.integer() != nullptr;
  const std::string name(f.name);
  if (size && *size < f.minimum) {
    fail(call, {number ? Kind::too_small : Kind::too_short, name, value, {}, f.minimum, {}});
  }
  if (size && *size > f.maximum) {
    fail(call, {number ? Kind::too_large : Kind::too_long, name, value, {}, f.maximum, {}});
  }
  if (f.allowed.empty() || !value.text()) return;
  if (std::find(f.allowed.begin(), f.allowed.end(), *value.text()) == f.allowed.end()) {
    fail(call, {Kind::not_one_of, name, value, {}, 0, f.allowed});
  }
}

void set_field(const Call& call, const Field& f, const json::Value& value, void* row) {
  if (value.is_null() && f.is_null_refused) {
    fail(call, {.kind = Problem::Kind::wrong_type,
                .field = std::string(f.name),
                .value = value,
                .expected = std::string(f.codec->json_type)});
  }
  if (!f.codec->read(value, f.member(row))) {
    fail(call, {.kind = Problem::Kind::wrong_type,
                .field = std::string(f.name),
                .value = value,
                .expected = std::string(f.codec->json_type)});
  }
  check_limits(call, f, value);
}

bool knows(const Noun& noun, std::string_view key) {
  return std::find(noun.also_known.begin(), noun.also_known.end(), key) != noun.also_known.end();
}

void ask_guard(const Call& call, const Noun& noun, const Field& f, Verb verb, const void* row) {
  if ((f.guarded_by & verb) == 0) return;
  const auto& p = noun.resource.policy;
  const auto rule = fmt::format("{}:{}", verb == create ? p.create : p.update, f.name);
  call.enforce(rule, RowTarget(noun.resource, row));
}

}  // namespace

void fill_row(const Call& call, const Noun& noun, Verb verb, const json::Object& given, void* row) {
  const bool lenient = call.dialect().unknown_keys_ignored(noun.resource);
  std::vector<const Field*> guarded;
  for (const auto& member : given) {
    const Field* f = noun.resource.field_named(member.key);
    if (f && (f->settable_by & verb) != 0) {
      set_field(call, *f, member.value, row);
      guarded.push_back(f);
    } else if (!knows(noun, member.key) && !lenient) {
      fail(call, {.kind = f ? Problem::Kind::read_only : Problem::Kind::unknown,
                  .field = member.key,
                  .value = member.value});
    }
  }
  for (const Field& f : noun.resource.fields) {
    if (verb == create && f.is_required && !given.has(f.name)) {
      fail(call, {.kind = Problem::Kind::missing, .field = std::string(f.name)});
    }
  }
  for (const Field* f : guarded) ask_guard(call, noun, *f, verb, row);
}

}  // namespace haneul::resource
