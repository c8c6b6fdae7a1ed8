#include "resource/form.h"

#include "base/id.h"
#include "base/text.h"
#include "resource/dialect.h"

namespace haneul::resource {

Form::Form(const Dialect& dialect, const json::Value& value, std::string path)
    : dialect_(&dialect), object_(value.object()), path_(std::move(path)) {
  if (!object_) fail({.kind = Problem::Kind::not_an_object, .field = path_, .value = value});
}

std::string Form::at(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "/" + std::string(key);
}

void Form::fail(Problem problem) const {
  throw dialect_->invalid(problem);
}

void Form::malformed(std::string_view key, std::string expected) const {
  const json::Value* value = object_->find(key);
  fail({.kind = Problem::Kind::malformed,
        .field = at(key),
        .value = value ? *value : json::Value(),
        .expected = std::move(expected)});
}

bool Form::has(std::string_view key) const {
  return object_->has(key);
}

const json::Value* Form::any(std::string_view key) {
  known_.emplace(key);
  return object_->find(key);
}

const json::Value* Form::present(std::string_view key, bool null_allowed) {
  const json::Value* value = any(key);
  return value && value->is_null() && null_allowed ? nullptr : value;
}

std::optional<std::string> Form::text(std::string_view key, TextRule rule) {
  const json::Value* value = present(key, rule.null_allowed);
  if (!value) return std::nullopt;
  if (!value->text()) {
    fail({.kind = Problem::Kind::wrong_type,
          .field = at(key),
          .value = *value,
          .expected = "string"});
  }
  const std::size_t length = utf8_length(*value->text());
  if (length < rule.chars_min) {
    fail({.kind = Problem::Kind::too_short,
          .field = at(key),
          .value = *value,
          .limit = static_cast<std::int64_t>(rule.chars_min)});
  }
  if (length > rule.chars_max) {
    fail({.kind = Problem::Kind::too_long,
          .field = at(key),
          .value = *value,
          .limit = static_cast<std::int64_t>(rule.chars_max)});
  }
  return *value->text();
}

std::string Form::required_text(std::string_view key, TextRule rule) {
  auto text_given = text(key, rule);
  if (!text_given) fail({.kind = Problem::Kind::missing, .field = std::string(key)});
  return std::move(*text_given);
}

std::optional<std::int64_t> Form::integer(std::string_view key, IntegerRule rule) {
  const json::Value* value = present(key, rule.null_allowed);
  if (!value) return std::nullopt;
  std::optional<std::int64_t> number;
  if (value->integer()) number = *value->integer();
  if (value->text() && rule.text_allowed) number = parse_int(*value->text());
  if (!number) {
    fail({.kind = Problem::Kind::wrong_type,
          .field = at(key),
          .value = *value,
          .expected = "integer"});
  }
  if (*number < rule.minimum) {
    fail({.kind = Problem::Kind::too_small,
          .field = at(key),
          .value = *value,
          .limit = rule.minimum});
  }
  if (*number > rule.maximum) {
    fail({.kind = Problem::Kind::too_large,
          .field = at(key),
          .value = *value,
          .limit = rule.maximum});
  }
  return number;
}

std::optional<bool> Form::boolean(std::string_view key, bool words) {
  const json::Value* value = any(key);
  if (!value) return std::nullopt;
  if (value->boolean()) return *value->boolean();
  if (words && value->text()) {
    if (const auto parsed = parse_bool(*value->text())) return parsed;
  }
  fail({.kind = Problem::Kind::wrong_type,
        .field = at(key),
        .value = *value,
        .expected = "boolean"});
}

std::optional<std::string> Form::choice(std::string_view key,
                                        std::span<const std::string_view> allowed) {
  const json::Value* value = any(key);
  if (!value) return std::nullopt;
  for (const auto word : allowed) {
    if (value->text() && *value->text() == word) return *value->text();
  }
  fail({.kind = Problem::Kind::not_one_of, .field = at(key), .value = *value, .allowed = allowed});
}

std::optional<std::string> Form::uuid(std::string_view key) {
  auto given = text(key);
  if (given && !is_uuid_like(*given)) malformed(key, "uuid");
  return given;
}

const json::Array* Form::array(std::string_view key, std::size_t items_max) {
  const json::Value* value = any(key);
  if (!value) return nullptr;
  if (!value->array()) {
    fail({.kind = Problem::Kind::wrong_type,
          .field = at(key),
          .value = *value,
          .expected = "array"});
  }
  if (value->array()->size() > items_max) {
    fail({.kind = Problem::Kind::too_long,
          .field = at(key),
          .value = *value,
          .limit = static_cast<std::int64_t>(items_max)});
  }
  return value->array();
}

std::optional<Form> Form::object(std::string_view key) {
  const json::Value* value = any(key);
  if (!value) return std::nullopt;
  return Form(*dialect_, *value, at(key));
}

std::optional<std::vector<std::pair<std::string, std::string>>> Form::text_map(
    std::string_view key, std::size_t key_chars_max, std::size_t value_chars_max) {
  auto map = object(key);
  if (!map) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& member : map->given()) {
    const std::size_t length = utf8_length(member.key);
    if (length == 0 || length > key_chars_max) {
      map->fail({.kind = Problem::Kind::unknown, .field = member.key, .value = member.value});
    }
    out.emplace_back(member.key, *map->text(member.key, {.chars_max = value_chars_max}));
  }
  return out;
}

Form Form::item(const json::Value& value, std::string_view array_key, std::size_t index) const {
  return Form(*dialect_, value, at(array_key) + "/" + std::to_string(index));
}

void Form::done() const {
  for (const auto& member : *object_) {
    if (!known_.contains(member.key)) {
      fail({.kind = Problem::Kind::unknown, .field = member.key, .value = member.value});
    }
  }
}

}  // namespace haneul::resource
