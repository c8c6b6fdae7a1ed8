#include "services/glance/logic/json_patch.h"

#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"
#include "services/glance/logic/image_schema.h"

namespace haneul::glance {
namespace {

constexpr std::string_view kOperations = "add, remove, replace";
constexpr std::size_t kChangesMax = 1000;

using Op = ImageChange::Op;

std::optional<Op> op_named(std::string_view name) {
  if (name == "add") return Op::add;
  if (name == "remove") return Op::remove;
  if (name == "replace") return Op::replace;
  return std::nullopt;
}

std::string_view name_of(Op op) {
  return op == Op::add ? "add" : op == Op::remove ? "remove" : "replace";
}

[[noreturn]] void bad(std::string message) {
  throw Fault::bad_request(std::move(message));
}

std::string text_of(const json::Value& value) {
  if (!value.text()) bad("Operation paths must be strings.");
  return *value.text();
}

// {"op": "add", "path": "/x", "value": …}
std::pair<Op, std::string> read_draft_ten(const json::Object& raw) {
  const json::Value* op = raw.find("op");
  if (!op || op->is_null()) {
    bad(
        fmt::format("Unable to find `op` in JSON Schema change. It must be one of the following: "
                    "{}.",
                    kOperations));
  }
  const auto known = op->text() ? op_named(*op->text()) : std::nullopt;
  if (!known) {
    bad(fmt::format("Invalid operation: `{}`. It must be one of the following: {}.",
                    op->text() ? *op->text() : json::dump(*op), kOperations));
  }
  const json::Value* path = raw.find("path");
  if (!path) bad("Unable to find 'path' in JSON Schema change");
  return {*known, text_of(*path)};
}

// {"add": "/x", "value": …}
std::pair<Op, std::string> read_draft_four(const json::Object& raw) {
  std::optional<std::pair<Op, std::string>> found;
  for (const Op op : {Op::add, Op::remove, Op::replace}) {
    const json::Value* path = raw.find(name_of(op));
    if (!path) continue;
    if (found) {
      bad("Operation objects must contain only one member named \"add\", \"remove\", or "
          "\"replace\".");
    }
    found.emplace(op, text_of(*path));
  }
  if (!found) {
    bad("Operation objects must contain exactly one member named \"add\", \"remove\", or "
        "\"replace\".");
  }
  return std::move(*found);
}

void check_pointer(const std::string& pointer) {
  if (!pointer.starts_with('/'))
    bad(fmt::format("Pointer `{}` does not start with \"/\".", pointer));
  const auto parts = split(std::string_view(pointer).substr(1), '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (i > 0 && trim(parts[i]).empty()) {
      bad(fmt::format("Pointer `{}` contains adjacent \"/\".", pointer));
    }
  }
  if (pointer.size() > 1 && pointer.ends_with('/')) {
    bad(fmt::format("Pointer `{}` end with \"/\".", pointer));
  }
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const bool escape = pointer[i] == '~';
    if (escape && (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1'))) {
      bad(fmt::format("Pointer `{}` contains \"~\" not part of a recognized escape sequence.",
                      pointer));
    }
  }
}

std::string unescape(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '~') {
      out += part[++i] == '1' ? '/' : '~';
    } else {
      out += part[i];
    }
  }
  return std::string(trim(out));
}

std::vector<std::string> decode_pointer(const std::string& pointer) {
  check_pointer(pointer);
  std::string_view rest = pointer;
  while (rest.starts_with('/')) rest.remove_prefix(1);
  std::vector<std::string> path;
  for (const auto part : split(rest, '/')) path.push_back(unescape(part));
  return path;
}

void check_depth(const ImageChange& change) {
  const bool deep = change.path.front() == "locations" && change.op != Op::replace;
  if (change.path.size() != (deep ? 2u : 1u)) {
    bad(fmt::format("Invalid JSON pointer for this resource: '/{}'", fmt::join(change.path, "/")));
  }
}

ImageChange parse_one(const json::Value& raw, PatchDraft draft) {
  if (!raw.object()) bad("Operations must be JSON objects.");
  const auto [op, pointer] =
      draft == PatchDraft::ten ? read_draft_ten(*raw.object()) : read_draft_four(*raw.object());
  ImageChange change;
  change.op = op;
  change.path = decode_pointer(pointer);
  change.strict_add = draft == PatchDraft::four;
  check_depth(change);
  if (op != Op::remove) {
    const json::Value* value = raw.object()->find("value");
    if (!value) {
      bad(fmt::format("Operation \"{}\" requires a member named \"value\".", name_of(op)));
    }
    change.value = *value;
  }
  check_changeable(change.path.front());
  if (op != Op::remove && change.path.size() == 1) check_schema(change.path.front(), change.value);
  return change;
}

}  // namespace

bool patch_draft(std::string_view content_type, PatchDraft* draft) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  *draft =
      type == "application/openstack-images-v2.0-json-patch" ? PatchDraft::four : PatchDraft::ten;
  return *draft == PatchDraft::four || type == "application/openstack-images-v2.1-json-patch";
}

std::vector<ImageChange> parse_patch(const json::Value& body, PatchDraft draft) {
  if (!body.array()) bad("Request body must be a JSON array of operation objects.");
  if (body.array()->size() > kChangesMax) bad("More than 1000 operations.");
  std::vector<ImageChange> changes;
  for (const json::Value& raw : *body.array()) changes.push_back(parse_one(raw, draft));
  return changes;
}

}  // namespace haneul::glance
