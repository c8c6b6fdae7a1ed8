#include "services/keystone/extra.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/call.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

MaybeId& at(void* m) {
  return *static_cast<MaybeId*>(m);
}
const MaybeId& at(const void* m) {
  return *static_cast<const MaybeId*>(m);
}

bool read(const json::Value& value, void* m) {
  if (!value.is_null() && !value.text()) return false;
  at(m).text = value.text() ? *value.text() : std::string();
  return true;
}

std::optional<std::string> text(const void* m) {
  return at(m).empty() ? std::nullopt : std::optional(at(m).text);
}

}  // namespace

const resource::Codec kMaybeId{
    .json_type = "string",
    .nullable = true,
    .write = [](json::Writer& w, const void* m,
                resource::TimeStyle) { at(m).empty() ? w.null() : w.value(at(m).text); },
    .read = read,
    .parse =
        [](std::string_view t, void* m) {
          at(m).text = t;
          return true;
        },
    .bind = [](const void* m, std::string&) { return db::Bind(at(m).text); },
    .load = [](const db::Rows& r, int c, void* m) { at(m).text = r.text(c); },
    .text = text};

void keep_extra(const resource::Resource& resource, const json::Object& given, json::Object& extra,
                std::span<const std::string_view> own) {
  for (const auto& [key, value] : given) {
    const bool known = resource.field_named(key) || key == "links" ||
                       std::find(own.begin(), own.end(), key) != own.end();
    if (known) continue;
    // upstream: keystone/identity/schema.py, keystone/catalog/schema.py
    if (key == "description" && !value.text() && !value.is_null()) {
      const resource::Problem problem{.kind = resource::Problem::Kind::wrong_type,
                                      .field = key,
                                      .value = value,
                                      .expected = "string', 'null"};
      throw Fault::bad_request(
          fmt::format("Invalid input for field '{}': {}", key, problem.in_jsonschema_words()));
    }
    extra.set(key, value);
  }
}

void write_extra(json::Writer& w, const json::Object& extra) {
  for (const auto& [key, value] : extra) w.member(key, value);
}

void refuse_change(const json::Object& given, std::string_view key, const std::string& current,
                   const char* message) {
  const json::Value* value = given.find(key);
  if (!value || (value->is_null() && current.empty())) return;
  if (value->text() && *value->text() == current) return;
  throw Fault::bad_request(message);
}

void refuse_other_id(const json::Object& given, const std::string& id) {
  const json::Value* value = given.find("id");
  if (value && !value->is_null()) refuse_change(given, "id", id, "Cannot change ID");
}

std::string stripped_name(const resource::Call& call, const std::string& name) {
  const auto stripped = trim(name);
  if (stripped.empty()) {
    throw call.dialect().invalid({.kind = resource::Problem::Kind::malformed,
                                  .field = "name",
                                  .value = name,
                                  .expected = "name"});
  }
  return std::string(stripped);
}

namespace {

constexpr std::size_t kRuleItemsMax = 100;

bool is_list_of_different(const json::Value& value) {
  if (!value.array() || value.array()->size() > kRuleItemsMax) return false;
  const json::Array& items = *value.array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (std::size_t k = i + 1; k < items.size(); ++k) {
      if (items[i] == items[k]) return false;
    }
  }
  return true;
}

bool is_rule_list(const json::Value& value) {
  if (!is_list_of_different(value)) return false;
  return std::all_of(value.array()->begin(), value.array()->end(), [](const json::Value& rule) {
    return is_list_of_different(rule) && !rule.array()->empty() &&
           std::all_of(rule.array()->begin(), rule.array()->end(),
                       [](const json::Value& method) { return method.text() != nullptr; });
  });
}

void check_option(const resource::Call& call, std::span<const OptionRule> known,
                  const json::Member& option) {
  const auto rule = std::find_if(known.begin(), known.end(),
                                 [&](const OptionRule& r) { return r.name == option.key; });
  using Kind = resource::Problem::Kind;
  const std::string path = "options/" + option.key;
  if (rule == known.end()) {
    throw call.dialect().invalid({.kind = Kind::unknown, .field = option.key});
  }
  const bool fits = option.value.is_null() || (rule->is_boolean ? option.value.boolean() != nullptr
                                                                : is_rule_list(option.value));
  if (fits) return;
  throw call.dialect().invalid({.kind = Kind::wrong_type,
                                .field = path,
                                .value = option.value,
                                .expected = rule->is_boolean ? "boolean" : "array"});
}

bool is_immutable(const json::Object& options) {
  return option_is_set(options, "immutable");
}

}  // namespace

json::Object merged_options(const resource::Call& call, const json::Object& old,
                            const json::Object& given, std::span<const OptionRule> known) {
  json::Object merged = old;
  for (const auto& option : given) {
    check_option(call, known, option);
    if (option.value.is_null()) {
      merged.erase(option.key);
    } else {
      merged.set(option.key, option.value);
    }
  }
  return merged;
}

bool option_is_set(const json::Object& options, std::string_view name) {
  const json::Value* value = options.find(name);
  return value && value->boolean() && *value->boolean();
}

void refuse_immutable_update(std::string_view type, const std::string& id,
                             const json::Object& options, const json::Object& given) {
  if (!is_immutable(options)) return;
  const json::Value* wanted = given.find("options");
  const json::Value* flag =
      wanted && wanted->object() ? wanted->object()->find("immutable") : nullptr;
  const bool unlocks = flag && (flag->is_null() || (flag->boolean() && !*flag->boolean()));
  if (unlocks && given.size() == 1) return;
  throw Fault::forbidden(
      fmt::format("Unable to update immutable {} resource: `{}. Set resource "
                  "option \"immutable\" to false first.",
                  type, id));
}

void refuse_immutable_removal(std::string_view type, const std::string& id,
                              const json::Object& options) {
  if (!is_immutable(options)) return;
  throw Fault::forbidden(
      fmt::format("Unable to delete immutable {} resource: `{}. Set resource "
                  "option \"immutable\" to false first.",
                  type, id));
}

void refuse_same_name(db::Session& session, std::string_view taken_sql, std::string_view type,
                      const std::string& name, const std::string& domain_id,
                      const std::string& own_id) {
  const auto taken = session.text(taken_sql, {domain_id, name});
  if (!taken || *taken == own_id) return;
  throw conflict(type, domain_id.empty()
                           ? fmt::format("Duplicate entry found with name {}", name)
                           : fmt::format("Duplicate entry found with name {} at domain ID {}", name,
                                         domain_id));
}

std::string domain_for(const resource::Call& call, const std::string& given) {
  if (!given.empty()) return given;
  const auto& own = call.caller().domain_id.text;
  return own.empty() ? std::string(kDefaultDomain) : own;
}

}  // namespace haneul::keystone
