#include "services/keystone/logic/mapping_schema.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>
#include <re2/re2.h>

#include "resource/problem.h"

namespace haneul::keystone {
namespace {

using json::Value;
using resource::python_repr;
using Names = std::initializer_list<std::string_view>;

bool is_among(std::string_view name, Names names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_text(const json::Object& object, std::string_view key) {
  const Value* value = object.find(key);
  return value && value->text();
}

bool has_only(const json::Object& object, Names names) {
  return std::all_of(object.begin(), object.end(),
                     [&](const json::Member& m) { return is_among(m.key, names); });
}

bool is_domain(const Value* value) {
  if (!value || !value->object() || !has_only(*value->object(), {"id", "name"})) return false;
  return std::all_of(value->object()->begin(), value->object()->end(),
                     [](const json::Member& m) { return m.value.text() != nullptr; });
}

constexpr std::string_view kConditions[] = {"any_one_of", "not_any_of", "blacklist", "whitelist"};

// Walks a mapping's rules and writes down what is wrong.
class Checker {
 public:
  explicit Checker(std::string_view version) : projects_have_domains_(version != "1.0") {}

  std::string take() { return std::move(problems_); }

  void rules(const Value& value) {
    const auto* array = array_of(value);
    if (!array) return;
    if (array->empty()) say("[] is too short");
    for (const Value& rule : *array) this->rule(rule);
  }

 private:
  void say(std::string text) { problems_ += std::move(text) + "\n"; }
  void wrong_type(const Value& value, std::string_view type) {
    say(fmt::format("{} is not of type '{}'", python_repr(value), type));
  }
  const json::Array* array_of(const Value& value) {
    if (!value.array()) wrong_type(value, "array");
    return value.array();
  }
  // The object, its keys all known and the required ones there.
  const json::Object* object_of(const Value& value, Names known, Names required) {
    const auto* object = value.object();
    if (!object) {
      wrong_type(value, "object");
      return nullptr;
    }
    std::string unknown;
    int count = 0;
    for (const auto& member : *object) {
      if (is_among(member.key, known)) continue;
      unknown += (count++ ? ", " : "") + python_repr(Value(member.key));
    }
    if (count > 0) {
      say(fmt::format("Additional properties are not allowed ({} {} unexpected)", unknown,
                      count > 1 ? "were" : "was"));
    }
    for (const auto name : required) {
      if (!object->has(name)) say(fmt::format("'{}' is a required property", name));
    }
    return object;
  }
  void texts(const json::Object& object, Names keys) {
    for (const auto key : keys) {
      const Value* value = object.find(key);
      if (value && !value->text()) wrong_type(*value, "string");
    }
  }

  void rule(const Value& value) {
    const auto* object = object_of(value, {"local", "remote"}, {"local", "remote"});
    if (!object) return;
    if (const Value* local = object->find("local"); local && array_of(*local)) {
      for (const Value& one : *local->array()) this->local(one);
    }
    const Value* remote = object->find("remote");
    if (!remote || !array_of(*remote)) return;
    if (remote->array()->empty()) say("[] is too short");
    for (const Value& one : *remote->array()) this->remote(one);
  }

  void local(const Value& value) {
    const auto* object =
        object_of(value, {"user", "projects", "group", "groups", "group_ids", "domain"}, {});
    if (!object) return;
    texts(*object, {"groups", "group_ids"});
    if (const Value* one = object->find("user")) user(*one);
    if (const Value* one = object->find("domain")) domain(*one);
    if (const Value* one = object->find("group")) group(*one);
    const Value* projects = object->find("projects");
    if (!projects || !array_of(*projects)) return;
    for (const Value& one : *projects->array()) project(one);
  }

  void domain(const Value& value) {
    if (const auto* object = object_of(value, {"id", "name"}, {})) texts(*object, {"id", "name"});
  }

  void user(const Value& value) {
    const auto* object = object_of(value, {"id", "name", "email", "domain", "type"}, {});
    if (!object) return;
    texts(*object, {"id", "name", "email", "type"});
    if (const Value* one = object->find("domain")) domain(*one);
    const Value* type = object->find("type");
    if (!type || (type->text() && is_among(*type->text(), {"ephemeral", "local"}))) return;
    say(fmt::format("{} is not one of ['ephemeral', 'local']", python_repr(*type)));
  }

  void group(const Value& value) {
    const auto* object = value.object();
    if (!object) return wrong_type(value, "object");
    const bool by_id = has_text(*object, "id") && object->size() == 1;
    const bool by_name =
        has_text(*object, "name") && is_domain(object->find("domain")) && object->size() == 2;
    if (!by_id && !by_name) no_schema(value);
  }

  void project(const Value& value) {
    const auto* object = projects_have_domains_
                             ? object_of(value, {"name", "roles", "domain"}, {"name", "roles"})
                             : object_of(value, {"name", "roles"}, {"name", "roles"});
    if (!object) return;
    texts(*object, {"name"});
    if (const Value* one = object->find("domain"); one && projects_have_domains_) domain(*one);
    const Value* roles = object->find("roles");
    if (!roles || !array_of(*roles)) return;
    for (const Value& role : *roles->array()) {
      if (const auto* named = object_of(role, {"name"}, {"name"})) texts(*named, {"name"});
    }
  }

  void no_schema(const Value& value) {
    say(python_repr(value) + " is not valid under any of the given schemas");
  }

  // A type, alone or with one condition.
  void remote(const Value& value) {
    const auto* object = value.object();
    if (!object) return wrong_type(value, "object");
    const Value* condition = nullptr;
    std::size_t known = 1;
    for (const auto name : kConditions) {
      const Value* found = object->find(name);
      if (!found) continue;
      if (condition || !found->array()) return no_schema(value);
      for (const Value& item : *found->array()) {
        if (item.object() || item.array()) wrong_type(item, "string");
      }
      condition = found;
      ++known;
    }
    const Value* regex = object->find("regex");
    if (regex && (!condition || !regex->boolean())) return no_schema(value);
    if (!has_text(*object, "type") || object->size() != known + (regex ? 1 : 0)) {
      return no_schema(value);
    }
    if (regex && *regex->boolean()) expressions(*condition->array());
  }

  void expressions(const json::Array& values) {
    for (const Value& one : values) {
      if (one.text() && RE2(*one.text(), RE2::Quiet).ok()) continue;
      say(python_repr(one) + " is not a regular expression that is understood here");
    }
  }

  const bool projects_have_domains_;
  std::string problems_;
};

}  // namespace

bool is_mapping_schema(std::string_view version) {
  return version == "1.0" || version == "2.0";
}

std::string mapping_problems(const Value& rules, std::string_view version) {
  Checker checker(version);
  checker.rules(rules);
  return checker.take();
}

}  // namespace haneul::keystone
