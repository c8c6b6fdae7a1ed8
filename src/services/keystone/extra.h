#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "json/value.h"
#include "json/writer.h"
#include "resource/hooks.h"
#include "resource/resource.h"
#include "services/keystone/maybe_id.h"

namespace haneul::keystone {

// Keys of a body that no field knows become extra attributes of the row; `own` are keys that the
// noun reads by hand.
void keep_extra(const resource::Resource& resource, const json::Object& given, json::Object& extra,
                std::span<const std::string_view> own = {});
void write_extra(json::Writer& w, const json::Object& extra);

// A body may repeat an attribute that cannot change, but not change it.
void refuse_change(const json::Object& given, std::string_view key, const std::string& current,
                   const char* message);
void refuse_other_id(const json::Object& given, const std::string& id);

// Names: stripped, and not empty then. Ends the request otherwise.
std::string stripped_name(const resource::Call& call, const std::string& name);

// Puts `given` options over the old ones: null takes one away. Only `known` ones with the right
// type are let in; the names of booleans, other types through `check`.
struct OptionRule {
  std::string_view name;
  bool is_boolean = true;  // else a list of lists of strings
};
json::Object merged_options(const resource::Call& call, const json::Object& old,
                            const json::Object& given, std::span<const OptionRule> known);
inline constexpr OptionRule kImmutable[] = {{"immutable"}};

// A locked row changes only by being unlocked.
// upstream: openstack/keystone:keystone/common/resource_options/options/immutable.py
void refuse_immutable_update(std::string_view type, const std::string& id,
                             const json::Object& options, const json::Object& given);
void refuse_immutable_removal(std::string_view type, const std::string& id,
                              const json::Object& options);

// "Conflict occurred attempting to store user - Duplicate entry found with name x at domain ID y."
void refuse_same_name(db::Session& session, std::string_view taken_sql, std::string_view type,
                      const std::string& name, const std::string& domain_id,
                      const std::string& own_id);

// The domain a row goes to where the body names none: the token's, else the default one.
// upstream: openstack/keystone:keystone/server/flask/common.py (_normalize_domain_id)
std::string domain_for(const resource::Call& call, const std::string& given);

}  // namespace haneul::keystone
