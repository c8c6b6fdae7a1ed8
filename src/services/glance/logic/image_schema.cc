#include "services/glance/logic/image_schema.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"
#include "resource/problem.h"

namespace haneul::glance {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kStatuses[] = {"queued",    "saving",         "active",
                                          "killed",    "deleted",        "uploading",
                                          "importing", "pending_delete", "deactivated"};
constexpr std::string_view kVisibilities[] = {"community", "public", "private", "shared"};
constexpr std::string_view kContainerFormats[] = {"ami", "ari", "aki",    "bare",
                                                  "ovf", "ova", "docker", "compressed"};
constexpr std::string_view kDiskFormats[] = {"ami", "ari",   "aki", "vhd", "vhdx", "vmdk",
                                             "raw", "qcow2", "vdi", "iso", "ploop"};

enum class Type { text, integer, boolean, texts, objects };

struct Property {
  std::string_view name;
  Type type;
  bool nullable = false;
  std::size_t chars_max = SIZE_MAX;
  Words allowed{};
};

constexpr Property kProperties[] = {
    {"id", Type::text},
    {"name", Type::text, true, 255},
    {"status", Type::text, false, SIZE_MAX, kStatuses},
    {"visibility", Type::text, false, SIZE_MAX, kVisibilities},
    {"protected", Type::boolean},
    {"os_hidden", Type::boolean},
    {"checksum", Type::text, true, 32},
    {"os_hash_algo", Type::text, true, 64},
    {"os_hash_value", Type::text, true, 128},
    {"owner", Type::text, true, 255},
    {"size", Type::integer, true},
    {"virtual_size", Type::integer, true},
    {"container_format", Type::text, true, SIZE_MAX, kContainerFormats},
    {"disk_format", Type::text, true, SIZE_MAX, kDiskFormats},
    {"created_at", Type::text},
    {"updated_at", Type::text},
    {"tags", Type::texts},
    {"direct_url", Type::text},
    {"min_ram", Type::integer},
    {"min_disk", Type::integer},
    {"self", Type::text},
    {"file", Type::text},
    {"stores", Type::text},
    {"schema", Type::text},
    {"locations", Type::objects}};

constexpr std::string_view kDisallowed[] = {"direct_url", "self", "file", "schema", "stores"};
constexpr std::string_view kReadOnly[] = {"created_at",   "updated_at",   "status",
                                          "checksum",     "size",         "virtual_size",
                                          "os_hash_algo", "os_hash_value"};
constexpr std::string_view kReadOnlyOnceMade[] = {"direct_url", "self", "file", "schema", "id"};
constexpr std::string_view kReserved[] = {"location", "deleted", "deleted_at"};
constexpr std::string_view kReservedNamespace = "os_glance";

bool among(Words words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

[[noreturn]] void fail(const resource::Problem& problem) {
  throw Fault::bad_request("Provided object does not match schema 'image': " +
                           problem.in_jsonschema_words());
}

std::string_view type_name(Type type) {
  constexpr std::array<std::string_view, 5> kNames{"string", "integer", "boolean", "array",
                                                   "array"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_of(Type type, const json::Value& value) {
  switch (type) {
    case Type::text:
      return value.text() != nullptr;
    case Type::integer:
      return value.integer() != nullptr;
    case Type::boolean:
      return value.boolean() != nullptr;
    case Type::texts:
    case Type::objects:
      break;
  }
  return value.array() != nullptr;
}

void check_tags(const json::Value& value) {
  using Kind = resource::Problem::Kind;
  for (const json::Value& tag : *value.array()) {
    if (!tag.text()) {
      fail({.kind = Kind::wrong_type, .field = "tags", .value = tag, .expected = "string"});
    }
    if (utf8_length(*tag.text()) > 255) {
      fail({.kind = Kind::too_long, .field = "tags", .value = tag, .limit = 255});
    }
  }
}

// Eight, four, four, four and twelve hexadecimal digits.
bool is_dashed_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex =
        std::string_view("0123456789abcdefABCDEF").find(text[i]) != std::string_view::npos;
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

void check_property(const Property& p, const json::Value& value) {
  using Kind = resource::Problem::Kind;
  const std::string name(p.name);
  if (value.is_null() && p.nullable) return;
  if (!is_of(p.type, value)) {
    fail({.kind = Kind::wrong_type,
          .field = name,
          .value = value,
          .expected = std::string(type_name(p.type))});
  }
  if (p.type == Type::texts) check_tags(value);
  if (p.type != Type::text) return;
  if (utf8_length(*value.text()) > p.chars_max) {
    fail({.kind = Kind::too_long,
          .field = name,
          .value = value,
          .limit = static_cast<std::int64_t>(p.chars_max)});
  }
  if (!p.allowed.empty() && !among(p.allowed, *value.text())) {
    fail({.kind = Kind::not_one_of, .field = name, .value = value, .allowed = p.allowed});
  }
  if (p.name == "id" && !is_dashed_uuid(*value.text())) {
    throw Fault::bad_request(
        fmt::format("Provided object does not match schema 'image': {} does not match "
                    "'^([0-9a-fA-F]){{8}}-([0-9a-fA-F]){{4}}-([0-9a-fA-F]){{4}}-([0-9a-fA-F]){{4}}-"
                    "([0-9a-fA-F]){{12}}$'",
                    resource::python_repr(value)));
  }
}

Fault read_only(std::string_view key) {
  return Fault::forbidden(fmt::format("Attribute '{}' is read-only.", key));
}
Fault reserved(std::string_view key) {
  return Fault::forbidden(fmt::format("Attribute '{}' is reserved.", key));
}

void check_reserved(std::string_view key) {
  if (among(kReserved, key) || key.starts_with(kReservedNamespace)) throw reserved(key);
}

}  // namespace

bool is_base_property(std::string_view key) {
  return std::any_of(std::begin(kProperties), std::end(kProperties),
                     [&](const Property& p) { return p.name == key; });
}

void check_schema(std::string_view key, const json::Value& value) {
  for (const Property& p : kProperties) {
    if (p.name == key) return check_property(p, value);
  }
  if (!value.text()) {
    fail({.kind = resource::Problem::Kind::wrong_type,
          .field = std::string(key),
          .value = value,
          .expected = "string"});
  }
}

void check_creatable(std::string_view key) {
  if (among(kDisallowed, key) || among(kReadOnly, key)) throw read_only(key);
  if (key == "locations") throw reserved(key);
  if (is_base_property(key)) return;
  if (utf8_length(key) > 255) {
    throw Fault::bad_request("Custom property should not be greater than 255 characters.");
  }
  check_reserved(key);
}

void check_changeable(std::string_view key) {
  if (among(kReadOnly, key) || among(kReadOnlyOnceMade, key)) throw read_only(key);
  check_reserved(key);
}

}  // namespace haneul::glance
