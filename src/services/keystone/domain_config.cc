#include "services/keystone/domain_config.h"

#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/logic/domain_config_rules.h"
#include "services/keystone/logic/ldap_options.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/domains.py, keystone/resource/core.py
namespace haneul::keystone {
namespace {

using resource::Call;

// Which options a path is about; empty texts: all of them.
struct Place {
  explicit Place(const Call& call)
      : domain_id(call.param("domain_id")),
        group(call.param("group")),
        option(call.param("option")) {}
  std::string domain_id, group, option;
};

constexpr std::size_t kValueBytesMax = 64 * 1024;
constexpr std::string_view kSelect =
    "SELECT option_group, option, value, sensitive FROM domain_config WHERE domain_id = ?";

struct Stored {
  json::Object shown, sensitive;  // groups of options
  bool empty() const { return shown.empty() && sensitive.empty(); }
};

void put(json::Object& groups, std::string_view group, std::string_view option, json::Value value) {
  if (!groups.has(group)) groups.set(group, json::Object());
  groups.find(group)->object()->set(option, std::move(value));
}

Stored stored(db::Session& session, std::string_view domain_id) {
  Stored found;
  db::Rows rows = session.query(kSelect, {domain_id});
  while (rows.next()) {
    auto& groups = rows.boolean(3) ? found.sensitive : found.shown;
    put(groups, rows.text(0), rows.text(1), json::parse(rows.text(2)).value_or(json::Value()));
  }
  return found;
}

const json::Value* value_at(const json::Object& groups, const Place& place) {
  const json::Value* group = groups.find(place.group);
  if (!group || place.option.empty()) return group;
  return group->object()->find(place.option);
}

// What is there of the place: the whole, a group within its braces, or an option within its own.
json::Object at_place(const json::Object& groups, const Place& place) {
  if (place.group.empty()) return groups;
  const json::Value* value = value_at(groups, place);
  json::Object part;
  if (value) part.set(place.option.empty() ? place.group : place.option, *value);
  return part;
}

http::Response answer(int status, const json::Object& config) {
  json::Writer w;
  w.begin_object().member("config", config).end_object();
  return http::Response::json(status, w.take());
}

json::Object given_config(Call& call) {
  const json::Value* config = call.body().at({"config"});
  if (!call.body().object() || (config && !config->object() && !config->is_null())) {
    throw call.dialect().invalid({.kind = resource::Problem::Kind::wrong_type,
                                  .field = "config",
                                  .value = config ? *config : call.body(),
                                  .expected = "object"});
  }
  return config && config->object() ? *config->object() : json::Object();
}

void store(db::Transaction& tx, const std::string& domain_id, const json::Object& config) {
  for (const auto& [group, options] : config) {
    for (const auto& [option, value] : *options.object()) {
      const std::string text = json::dump(value);
      if (text.size() > kValueBytesMax)
        throw invalid_config("The value of " + option + " is too long");
      tx.execute(
          "DELETE FROM domain_config WHERE domain_id = ? AND option_group = ? AND option = ?",
          {domain_id, group, option});
      tx.execute(
          "INSERT INTO domain_config (domain_id, option_group, option, value, sensitive) "
          "VALUES (?, ?, ?, ?, ?)",
          {domain_id, group, option, text, is_sensitive(group, option)});
    }
  }
}

void record(const Call& call, db::Transaction& tx, const Place& place) {
  call.record(tx, {.type = "identity.domain_config.updated",
                   .subject = place.domain_id,
                   .details = {{"group", place.group}, {"option", place.option}}});
}

http::Response replace(Call& call, State& state) {
  call.enforce("identity:create_domain_config");
  const Place place(call);
  return call.db().write([&](db::Transaction& tx) {
    domain_or_fault(state, tx, place.domain_id);
    const json::Object config = given_config(call);
    check_config(config);
    const bool replaced =
        tx.execute("DELETE FROM domain_config WHERE domain_id = ?", {place.domain_id}) > 0;
    store(tx, place.domain_id, config);
    directory_changed(state, tx, place.domain_id);
    record(call, tx, place);
    return answer(replaced ? 200 : 201, stored(tx, place.domain_id).shown);
  });
}

// Upstream tells of a missing configuration before it tells of a missing domain.
http::Response show(Call& call, const State& state) {
  call.enforce("identity:get_domain_config");
  const Place place(call);
  check_config_names(place.group, place.option);
  return call.db().read([&](db::Session& session) {
    const json::Object part = at_place(stored(session, place.domain_id).shown, place);
    if (part.empty()) throw no_such_config(place.domain_id, place.group, place.option);
    domain_or_fault(state, session, place.domain_id);
    return answer(200, part);
  });
}

http::Response change(Call& call, State& state) {
  call.enforce("identity:update_domain_config");
  const Place place(call);
  return call.db().write([&](db::Transaction& tx) {
    domain_or_fault(state, tx, place.domain_id);
    json::Object config = given_config(call);
    if (!place.option.empty()) config = json::Object{{place.group, std::move(config)}};
    check_config_change(config, place.group, place.option);
    const Stored before = stored(tx, place.domain_id);
    if (!place.group.empty() && !value_at(before.shown, place) &&
        !value_at(before.sensitive, place)) {
      throw no_such_config(place.domain_id, place.group, place.option);
    }
    store(tx, place.domain_id, config);
    directory_changed(state, tx, place.domain_id);
    record(call, tx, place);
    const json::Object after = stored(tx, place.domain_id).shown;
    if (after.empty()) throw no_such_config(place.domain_id, "", "");
    return answer(200, after);
  });
}

// What Python takes for false is no option, upstream's way.
bool is_something(const json::Value* value) {
  if (!value || value->is_null()) return false;
  if (value->boolean()) return *value->boolean();
  if (value->number()) return *value->number() != 0;
  if (value->text()) return !value->text()->empty();
  if (value->array()) return !value->array()->empty();
  return !value->object()->empty();
}

http::Response remove(Call& call, State& state) {
  call.enforce("identity:delete_domain_config");
  const Place place(call);
  call.db().write([&](db::Transaction& tx) {
    domain_or_fault(state, tx, place.domain_id);
    check_config_names(place.group, place.option);
    const Stored before = stored(tx, place.domain_id);
    for (const auto& [group, options] :
         {std::pair(place.group, std::string()), std::pair(place.group, place.option)}) {
      Place part = place;
      part.option = options;
      const bool there = is_something(value_at(before.shown, part)) ||
                         is_something(value_at(before.sensitive, part));
      if (!group.empty() && !there) throw no_such_config(place.domain_id, group, options);
    }
    tx.execute(
        "DELETE FROM domain_config WHERE domain_id = ?1 AND (?2 = '' OR option_group = ?2) AND "
        "(?3 = '' OR option = ?3)",
        {place.domain_id, place.group, place.option});
    directory_changed(state, tx, place.domain_id);
    record(call, tx, place);
  });
  return http::Response::empty(204);
}

// The rules for passwords, which everybody may know to choose a good one.
http::Response show_compliance(Call& call, const State& state) {
  call.enforce("identity:get_security_compliance_domain_config");
  const Place place(call);
  if (place.domain_id != kDefaultDomain) {
    throw invalid_config(
        "Reading security compliance information for any domain other than the default domain is "
        "not allowed or supported.");
  }
  const auto or_null = [](const std::string& text) {
    return text.empty() ? json::Value() : json::Value(text);
  };
  const Compliance& rules = state.options.compliance;
  const json::Object options{
      {"password_regex", or_null(rules.password_regex)},
      {"password_regex_description", or_null(rules.password_regex_description)}};
  if (place.option.empty()) {
    return answer(200, json::Object{{"security_compliance", options}});
  }
  const json::Value* value = options.find(place.option);
  if (!value) {
    throw invalid_config(
        "Reading security compliance values other than password_regex and "
        "password_regex_description is not allowed.");
  }
  return answer(200, json::Object{{place.option, *value}});
}

json::Object defaults(const State& state) {
  const LdapOptions& ldap = state.options.ldap;
  json::Object groups{{"identity", json::Object{{"driver", state.options.identity_driver},
                                                {"list_limit", nullptr}}}};
  for (const auto& o : ldap_options()) {
    for (const auto& known : config_options()) {
      if (known.group == "ldap" && known.name == o.name && !known.sensitive) {
        put(groups, "ldap", o.name, shown(o, &ldap));
      }
    }
  }
  return groups;
}

http::Response show_default(Call& call, const State& state) {
  call.enforce("identity:get_domain_config_default");
  const Place place(call);
  check_config_names(place.group, place.option);
  if (is_sensitive(place.group, place.option)) {
    throw invalid_config("Reading the default for option " + place.option + " in group " +
                         place.group + " is not supported");
  }
  return answer(200, at_place(defaults(state), place));
}

}  // namespace

json::Object domain_config(db::Session& session, std::string_view domain_id) {
  Stored found = stored(session, domain_id);
  json::Object secrets;
  for (const auto& [group, options] : found.sensitive) {
    for (const auto& [option, value] : *options.object()) secrets.set(option, value);
  }
  for (auto& [group, options] : found.shown) {
    for (auto& [option, value] : *options.object()) {
      if (value.text()) value = substituted(*value.text(), secrets);
    }
  }
  for (const auto& [group, options] : found.sensitive) {
    for (const auto& [option, value] : *options.object()) put(found.shown, group, option, value);
  }
  return std::move(found.shown);
}

void add_domain_configs(resource::Service& service, State& state) {
  const std::string all = "/v3/domains/{domain_id}/config", group = all + "/{group}";
  const std::string compliance = all + "/security_compliance";
  service.route("PUT", all, [&](Call& c) { return replace(c, state); });
  for (const auto& path : {all, group, group + "/{option}"}) {
    service.route("GET", path, [&](Call& c) { return show(c, state); });
    service.route("PATCH", path, [&](Call& c) { return change(c, state); });
    service.route("DELETE", path, [&](Call& c) { return remove(c, state); });
  }
  for (const auto& path : {compliance, compliance + "/{option}"}) {
    service.route("GET", path, [&](Call& c) { return show_compliance(c, state); });
  }
  for (const char* path : {"/v3/domains/config/default", "/v3/domains/config/{group}/default",
                           "/v3/domains/config/{group}/{option}/default"}) {
    service.route("GET", path, [&](Call& c) { return show_default(c, state); });
  }
}

}  // namespace haneul::keystone
