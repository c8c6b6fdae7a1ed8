#include "resource/body.h"

#include <algorithm>

#include <fmt/format.h>

#include "access/policy.h"
#include "base/text.h"
#include "json/writer.h"
#include "resource/dialect.h"
#include "resource/service.h"

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

[[noreturn]] void fail_type(const Call& call, const Field& f, const json::Value& value) {
  fail(call, {.kind = Problem::Kind::wrong_type,
              .field = std::string(f.name),
              .value = value,
              .expected = std::string(f.codec->json_type)});
}

void fail_if(const Call& call, std::string_view name, const json::Value& value,
             const Refusal& refusal) {
  if (!refusal) return;
  fail(call, {.kind = Problem::Kind::refused,
              .field = std::string(name),
              .value = value,
              .expected = *refusal});
}

void set_field(const Call& call, const Field& f, Verb verb, json::Value& value, void* row) {
  if (value.is_null() && f.is_null_refused) fail_type(call, f, value);
  fail_if(call, f.name, value, f.check ? f.check(value) : call.dialect().convert(f, value, verb));
  if (!f.codec->read(value, f.member(row))) fail_type(call, f, value);
  if (!f.check) check_limits(call, f, value);
}

void refuse_unknown(const Call& call, const Noun& noun, const json::Object& given) {
  if (call.dialect().unknown_keys_ignored(noun.resource)) return;
  Problem problem{.kind = Problem::Kind::unknown};
  for (const auto& member : given) {
    if (noun.resource.field_named(member.key) || noun.known(member.key)) continue;
    if (problem.keys.empty()) problem.field = member.key, problem.value = member.value;
    problem.keys.push_back(member.key);
  }
  if (!problem.keys.empty()) fail(call, std::move(problem));
}

// Absent where they are required, given where they cannot be set.
void refuse_misplaced(const Call& call, const Noun& noun, Verb verb, const json::Object& given) {
  const bool lenient = call.dialect().unknown_keys_ignored(noun.resource);
  for (const Field& f : noun.resource.fields) {
    const json::Value* value = given.find(f.name);
    const bool settable = (f.settable_by & verb) != 0;
    if (verb == create && f.is_required && !value) {
      fail(call, {.kind = Problem::Kind::missing, .field = std::string(f.name)});
    }
    if (settable || !value || noun.known(f.name) || lenient) continue;
    fail(call, {.kind = Problem::Kind::read_only,
                .field = std::string(f.name),
                .value = *value,
                .on_update = verb == update});
  }
}

}  // namespace

void fill_row(const Call& call, const Noun& noun, Verb verb, json::Object& given, void* row) {
  call.dialect().adjust(call, noun.resource, given);
  refuse_unknown(call, noun, given);
  refuse_misplaced(call, noun, verb, given);
  for (auto& [key, value] : given) {
    const Field* f = noun.resource.field_named(key);
    if (f && (f->settable_by & verb) != 0) {
      set_field(call, *f, verb, value, row);
    } else if (const KnownKey* known = noun.known(key); known && known->check) {
      fail_if(call, key, value, known->check(value));
    }
  }
}

namespace {

std::string written(const Field& f, const void* row) {
  json::Writer w;
  f.codec->write(w, f.member(const_cast<void*>(row)), TimeStyle::seconds_z);
  return w.take();
}

// "create_port:fixed_ips:ip_address" for keys inside an object, or inside a list of them.
void add_inner_rules(const access::Policy& policy, const std::string& rule,
                     const json::Value& value, std::vector<std::string>& rules) {
  if (value.array()) {
    for (const auto& item : *value.array()) {
      if (item.object()) add_inner_rules(policy, rule, item, rules);
    }
  }
  if (!value.object()) return;
  for (const auto& member : *value.object()) {
    const auto inner = fmt::format("{}:{}", rule, member.key);
    const bool asked = std::find(rules.begin(), rules.end(), inner) != rules.end();
    if (!asked && policy.has(inner)) rules.push_back(inner);
  }
}

}  // namespace

std::vector<std::string> guard_rules(const Call& call, const Noun& noun, Verb verb,
                                     const json::Object& given, const void* row) {
  std::vector<std::string> rules;
  const auto& policy = call.service().policy();
  const auto& names = noun.resource.policy;
  const std::string_view action = verb == create ? names.create : names.update;
  std::unique_ptr<RowList> fresh;
  for (const Field& f : noun.resource.fields) {
    if ((f.guarded_by & verb) == 0 || !given.has(f.name)) continue;
    if (verb == create && !fresh) (fresh = noun.make_rows())->add();
    if (fresh && written(f, row) == written(f, fresh->at(0))) continue;
    const auto rule = fmt::format("{}:{}", action, f.name);
    if (policy.has(rule)) rules.push_back(rule);
    add_inner_rules(policy, rule, *given.find(f.name), rules);
  }
  return rules;
}

}  // namespace haneul::resource
