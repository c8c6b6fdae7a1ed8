#include "services/keystone/logic/mapping.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "resource/problem.h"

namespace haneul::keystone {
namespace {

using json::Value;
using Texts = std::vector<std::string>;

// Why the assertion cannot be mapped; ends map_assertion().
struct Unmappable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Remote: does a rule apply, and what does it take? ---------------------------------------------

bool matches(const json::Array& wanted, bool regex, const std::string& value) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const Value& one) {
    if (!one.text()) return false;
    if (!regex) return *one.text() == value;
    const RE2 expression(*one.text(), RE2::Quiet);
    return expression.ok() && RE2::PartialMatch(value, expression);
  });
}

Texts chosen(const Texts& values, const json::Array& wanted, bool regex, bool matching) {
  Texts out;
  for (const auto& value : values) {
    if (matches(wanted, regex, value) != matching) continue;
    if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(value);
  }
  return out;
}

const json::Array* array_at(const json::Object& object, std::string_view key) {
  const Value* value = object.find(key);
  return value ? value->array() : nullptr;
}

// The values for {0}, {1} … in order; nothing if the rule does not apply.
std::optional<std::vector<Texts>> direct_maps(const json::Array& remote,
                                              const Assertion& assertion) {
  std::vector<Texts> maps;
  for (const Value& item : remote) {
    const json::Object& requirement = *item.object();
    const auto found = assertion.find(*requirement.find("type")->text());
    if (found == assertion.end() || found->second.empty()) return std::nullopt;
    const Texts& values = found->second;
    const Value* flag = requirement.find("regex");
    const bool regex = flag && *flag->boolean();
    if (const auto* any = array_at(requirement, "any_one_of")) {
      if (chosen(values, *any, regex, true).empty()) return std::nullopt;
    } else if (const auto* none = array_at(requirement, "not_any_of")) {
      if (!chosen(values, *none, regex, true).empty()) return std::nullopt;
    } else if (const auto* black = array_at(requirement, "blacklist")) {
      maps.push_back(chosen(values, *black, regex, false));
    } else if (const auto* white = array_at(requirement, "whitelist")) {
      maps.push_back(chosen(values, *white, regex, true));
    } else {
      maps.push_back(values);
    }
  }
  return maps;
}

// Local: {0}, {1} … filled in. ------------------------------------------------------------------

std::string python_quoted(const std::string& text) {
  const bool doubly = text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
  const char quote = doubly ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') out += '\\';
    c == '\n' ? out += "\\n" : out += c;
  }
  return out + quote;
}

// A single value is itself, several are written as a list.
std::string shown(const Texts& values) {
  if (values.size() == 1) return values.front();
  std::string out = "[";
  for (const auto& value : values) out += (out.size() > 1 ? ", " : "") + python_quoted(value);
  return out + "]";
}

std::string filled_text(std::string_view text, const std::vector<Texts>& maps) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool twice = i + 1 < text.size() && text[i + 1] == c;
    if ((c == '{' || c == '}') && twice) {
      out += c, ++i;
      continue;
    }
    if (c != '{') {
      out += c;
      continue;
    }
    const auto end = text.find('}', i);
    const auto inside = text.substr(i + 1, end == std::string_view::npos ? end : end - i - 1);
    const auto index = inside.empty() ? static_cast<std::int64_t>(next++) : parse_int(inside);
    if (end == std::string_view::npos || !index || *index < 0 ||
        static_cast<std::size_t>(*index) >= maps.size()) {
      throw Unmappable(
          "Local section in mapping refers to a remote match that doesn't exist (e.g. {0} in a "
          "local section).");
    }
    out += shown(maps[static_cast<std::size_t>(*index)]);
    i = end;
  }
  return out;
}

Value filled(const Value& value, const std::vector<Texts>& maps) {
  if (value.text()) return filled_text(*value.text(), maps);
  if (const auto* array = value.array()) {
    json::Array out;
    for (const Value& item : *array) out.push_back(filled(item, maps));
    return out;
  }
  if (!value.object()) return value;
  json::Object out;
  for (const auto& member : *value.object()) out.set(member.key, filled(member.value, maps));
  return out;
}

// What all local parts together say. ------------------------------------------------------------

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.at({key});
  return found && found->text() ? *found->text() : std::string();
}

MappedDomain domain_at(const Value& value) {
  const Value* domain = value.at({"domain"});
  return domain ? MappedDomain{text_at(*domain, "id"), text_at(*domain, "name")} : MappedDomain();
}

class Gathering {
 public:
  explicit Gathering(std::string_view version) : honours_domain_(version != "1.0") {}

  void add(const Value& local) {
    if (const Value* user = local.at({"user"}); user && !has_user_) take_user(*user);
    if (const Value* group = local.at({"group"})) take_group(*group);
    if (const Value* groups = local.at({"groups"})) take_groups(local, *groups->text());
    if (const Value* ids = local.at({"group_ids"})) {
      for (auto& id : texts_of_literal(*ids->text())) take_group_id(std::move(id));
    }
    if (const Value* projects = local.at({"projects"})) take_projects(local, *projects->array());
    default_domain_ = domain_at(local);
  }

  MappedIdentity take() {
    if (honours_domain_ && identity_.user.domain.empty()) identity_.user.domain = default_domain_;
    return std::move(identity_);
  }

 private:
  void take_user(const Value& user) {
    has_user_ = !user.object()->empty();
    identity_.user = {text_at(user, "id"), text_at(user, "name"), text_at(user, "email"),
                      domain_at(user), text_at(user, "type") == "local"};
  }
  void take_group_id(std::string id) {
    auto& ids = identity_.group_ids;
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
  }
  void take_named(MappedGroup group) {
    auto& all = identity_.groups;
    if (std::find(all.begin(), all.end(), group) == all.end()) all.push_back(std::move(group));
  }
  void take_group(const Value& group) {
    if (group.at({"id"})) return take_group_id(text_at(group, "id"));
    take_named({text_at(group, "name"), domain_at(group)});
  }
  [[noreturn]] static void no_domain(const Value& local) {
    throw Unmappable(
        fmt::format("Invalid rule: {}. Both 'groups' and 'domain' keywords must be specified.",
                    resource::python_repr(local)));
  }
  // Names in the rule's domain, or what an OpenStack cloud says of its own groups.
  void take_groups(const Value& local, const std::string& text) {
    constexpr std::string_view kJson = "JSON:";
    const bool with_domains = text.find("name") != std::string::npos;
    if (!with_domains && domain_at(local).empty()) no_domain(local);
    for (const auto& item : texts_of_literal(text)) {
      if (!with_domains) {
        take_named({item, domain_at(local)});
        continue;
      }
      const auto group =
          item.starts_with(kJson) ? json::parse(item.substr(kJson.size())) : std::optional<Value>();
      if (!group || domain_at(*group).empty()) no_domain(local);
      take_named({text_at(*group, "name"), domain_at(*group)});
    }
  }
  void take_projects(const Value& local, const json::Array& projects) {
    identity_.projects.clear();
    for (const Value& one : projects) {
      MappedProject project{text_at(one, "name"), {}, {}};
      for (const Value& role : *one.at({"roles"})->array()) {
        project.roles.push_back(text_at(role, "name"));
      }
      if (honours_domain_) project.domain = domain_at(one);
      if (honours_domain_ && project.domain.empty()) project.domain = domain_at(local);
      identity_.projects.push_back(std::move(project));
    }
  }

  const bool honours_domain_;
  bool has_user_ = false;
  MappedDomain default_domain_;
  MappedIdentity identity_;
};

}  // namespace

std::vector<std::string> texts_of_literal(std::string_view text) {
  const Texts itself{std::string(text)};
  std::string_view rest = trim(text);
  if (!rest.starts_with('[') || !rest.ends_with(']')) return itself;
  rest = trim(rest.substr(1, rest.size() - 2));
  Texts out;
  while (!rest.empty()) {
    const char quote = rest.front();
    if (quote != '\'' && quote != '"') return itself;
    std::string item;
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != quote; ++i) {
      const bool escaped = rest[i] == '\\' && i + 1 < rest.size();
      if (escaped) ++i;
      item += escaped && rest[i] == 'n' ? '\n' : rest[i];
    }
    if (i >= rest.size()) return itself;
    out.push_back(std::move(item));
    rest = trim(rest.substr(i + 1));
    if (rest.empty()) break;
    if (rest.front() != ',') return itself;
    rest = trim(rest.substr(1));
  }
  return out;
}

Result<MappedIdentity> map_assertion(const Value& rules, std::string_view schema_version,
                                     const Assertion& assertion) try {
  Gathering gathering(schema_version);
  bool any = false;
  for (const Value& rule : *rules.array()) {
    const auto maps = direct_maps(*rule.at({"remote"})->array(), assertion);
    if (!maps) continue;
    for (const Value& local : *rule.at({"local"})->array()) {
      gathering.add(filled(local, *maps));
      any = true;
    }
  }
  if (!any) {
    return Failure{
        "Could not map any federated user properties to identity values. Check debug logs or the "
        "mapping used for additional details."};
  }
  return gathering.take();
} catch (const Unmappable& e) {
  return Failure{e.what()};
}

}  // namespace haneul::keystone
