#include "services/neutron/body.h"

#include <algorithm>

#include <fmt/format.h>

#include "access/policy.h"
#include "resource/dialect.h"
#include "resource/service.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::Call;
using resource::Field;
using resource::Resource;
using resource::Verb;

constexpr std::size_t kBulkItemsMax = 10'000;

const json::Object& object_named(const json::Value& value, std::string_view singular) {
  if (!value.object()) {
    throw http_bad_request(fmt::format("Object '{}' contains invalid data", singular));
  }
  return *value.object();
}

bool is_known_beside(const Collection& c, std::string_view key) {
  const auto& known = c.noun->also_known;
  return std::find(known.begin(), known.end(), key) != known.end();
}

// tenant_id is project_id's old name and may be used for it.
void unify_project(const Call& call, const Resource& r, json::Object& given) {
  if (!r.field_named("project_id")) return;
  if (const json::Value* old_name = given.find("tenant_id")) {
    const json::Value* project = given.find("project_id");
    if (project && !(*project == *old_name)) {
      throw http_bad_request("'project_id' and 'tenant_id' do not match");
    }
    json::Value value = *old_name;
    given.erase("tenant_id");
    given.set("project_id", std::move(value));
  }
  const json::Value* project = given.find("project_id");
  if (!project) return;
  const bool own = project->text() && *project->text() == call.caller().project_id.text;
  if (!own && !call.dialect().sees_all(call)) {
    throw http_bad_request(
        "Specifying 'project_id' other than the authenticated project in "
        "request is not allowed for the current user.");
  }
}

void refuse_unknown(const Collection& c, const json::Object& given) {
  std::string unknown;
  for (const auto& member : given) {
    if (c.resource().field_named(member.key) || is_known_beside(c, member.key)) continue;
    unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", member.key);
  }
  if (!unknown.empty()) {
    throw http_bad_request(fmt::format("Unrecognized attribute(s) '{}'", unknown));
  }
}

void refuse_misplaced(const Collection& c, Verb verb, const json::Object& given) {
  for (const Field& f : c.resource().fields) {
    const bool settable = (f.settable_by & verb) != 0;
    if (verb == resource::create && settable && f.is_required && !given.has(f.name)) {
      throw http_bad_request(
          fmt::format("Failed to parse request. Required attribute '{}' not specified", f.name));
    }
    if (settable || !given.has(f.name)) continue;
    throw http_bad_request(verb == resource::create
                               ? fmt::format("Attribute '{}' not allowed in POST", f.name)
                               : fmt::format("Cannot update read-only attribute {}", f.name));
  }
}

const Attribute* attribute_named(const Collection& c, std::string_view name) {
  for (const Attribute& a : c.attributes) {
    if (a.name == name) return &a;
  }
  return nullptr;
}

Refusal convert_by_type(const Field& f, json::Value& value) {
  if (f.codec == &resource::kBool) {
    value = to_boolean(value);
  } else if (f.codec == &resource::kInteger) {
    value = to_integer(value);
  } else if (f.codec == &resource::kText || (f.codec == &resource::kOptionalText && value.text())) {
    const bool limited = f.maximum != std::numeric_limits<std::int64_t>::max();
    if (auto refusal = check_text(value, limited ? static_cast<std::size_t>(f.maximum) : 255)) {
      return refusal;
    }
    const bool known = f.allowed.empty() || std::find(f.allowed.begin(), f.allowed.end(),
                                                      *value.text()) != f.allowed.end();
    if (!known) return fmt::format("{} is not in valid_values", shown(value));
  }
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw http_bad_request(fmt::format("Invalid input for {}. Reason: {}.", name, why));
}

}  // namespace

Items read_items(Call& call, const Resource& resource, Verb verb) {
  if (call.request().body.empty()) {
    throw http_bad_request(fmt::format("Unable to find '{}' in request body", resource.singular));
  }
  const json::Value& body = call.body();
  if (!body.object()) throw http_bad_request("Body contains invalid data");
  Items items;
  const json::Value* many = body.object()->find(resource.plural);
  if (!many) {
    const json::Value* one = body.object()->find(resource.singular);
    if (!one || one->is_null()) {
      throw http_bad_request(fmt::format("Unable to find '{}' in request body", resource.singular));
    }
    items.objects.push_back(object_named(*one, resource.singular));
    return items;
  }
  if (verb != resource::create) throw http_bad_request("Bulk operation not supported");
  if (!many->array()) throw http_bad_request("Body contains invalid data");
  if (many->array()->empty()) throw http_bad_request("Resources required");
  if (many->array()->size() > kBulkItemsMax) throw http_bad_request("Too many resources at once");
  items.bulk = true;
  for (const auto& item : *many->array()) {
    const json::Object& object = object_named(item, resource.singular);
    const json::Value* inner = object.find(resource.singular);
    items.objects.push_back(inner ? object_named(*inner, resource.singular) : object);
  }
  return items;
}

void fill_row(const Call& call, const Collection& c, Verb verb, json::Object& given, void* row) {
  unify_project(call, c.resource(), given);
  refuse_unknown(c, given);
  refuse_misplaced(c, verb, given);
  std::vector<std::string> names;
  for (const auto& member : given) names.push_back(member.key);
  for (const auto& name : names) {
    json::Value& value = *given.find(name);
    const Field* f = c.resource().field_named(name);
    const Attribute* attribute = attribute_named(c, name);
    const Refusal refusal =
        attribute ? attribute->check(value) : (f ? convert_by_type(*f, value) : std::nullopt);
    if (refusal) refuse(name, *refusal);
    if (f && !f->codec->read(value, f->member(row))) {
      refuse(name, fmt::format("'{}' is not a valid {}", shown(value), f->codec->json_type));
    }
  }
}

namespace {

std::string written(const Field& f, const void* row) {
  json::Writer w;
  f.codec->write(w, f.member(const_cast<void*>(row)), resource::TimeStyle::seconds_z);
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

std::vector<std::string> guard_rules(const Call& call, const Collection& c, Verb verb,
                                     const json::Object& given, const void* row) {
  std::vector<std::string> rules;
  const auto& policy = call.service().policy();
  const auto& names = c.resource().policy;
  const std::string_view action = verb == resource::create ? names.create : names.update;
  const auto fresh = verb == resource::create ? c.noun->make_rows() : nullptr;
  const void* standard = fresh ? fresh->add() : nullptr;
  for (const Field& f : c.resource().fields) {
    if ((f.guarded_by & verb) == 0 || !given.has(f.name)) continue;
    if (standard && written(f, row) == written(f, standard)) continue;
    const auto rule = fmt::format("{}:{}", action, f.name);
    if (policy.has(rule)) rules.push_back(rule);
    add_inner_rules(policy, rule, *given.find(f.name), rules);
  }
  return rules;
}

}  // namespace haneul::neutron
