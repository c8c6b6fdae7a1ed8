#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "resource/form.h"
#include "services/keystone/project.h"
#include "services/keystone/user.h"

namespace haneul::keystone {

struct State;

// Whom and what a request to authenticate names, as the client wrote it.
struct DomainRef {
  std::string id, name;  // the name counts where both are given
};
struct UserRef {
  std::string id, name;
  std::optional<DomainRef> domain;
  std::optional<std::string> password;
};
struct ProjectRef {
  std::string id, name;
  std::optional<DomainRef> domain;
};

inline constexpr resource::TextRule kAuthText{.chars_max = 64 * 1024};
std::string auth_text(resource::Form& form, std::string_view key);  // empty if absent

// Read one of them; what is wrong without looking anything up ends the request. `path` is the
// field's in messages of upstream's schema, empty where that does not know the field.
DomainRef read_domain_ref(resource::Form form, std::string_view path);
UserRef read_user_ref(resource::Form form, std::string_view path);
ProjectRef read_project_ref(resource::Form form);

// The row, if it and its domain exist and are enabled.
std::optional<Project> find_domain(const State& state, db::Session& session, const DomainRef& ref);
std::optional<Project> find_project(const State& state, db::Session& session,
                                    const ProjectRef& ref);
std::optional<User> find_user(const State& state, db::Session& session, const UserRef& ref);

}  // namespace haneul::keystone
