#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "resource/field.h"

namespace haneul::resource {

// Whose a row is, and so who may see it without more rights. The store adds the clause itself.
enum class Scope {
  project,  // rows of the caller's project (column `owner_column`)
  domain,   // rows of the caller's domain
  cloud,    // everybody's: the policy alone decides
};

struct PolicyNames {
  std::string_view create, list, show, update, remove;  // an empty one: there is no such route
};

struct StatusCodes {
  int create = 201, update = 200, remove = 204;
};

// One noun: the whole of its declaration but the hooks.
struct Resource {
  std::string_view singular;    // "network": the envelope, and the word in messages
  std::string_view plural;      // "networks"
  std::string_view path;        // "/v2.0/networks"
  std::string_view table;       // SQL table; the plural if empty
  std::string_view key = "id";  // column of the id
  Scope scope = Scope::project;
  std::string_view owner_column = "project_id";
  PolicyNames policy;
  std::string_view quota;  // name of the limit that counts rows of this noun, if any
  std::string_view event;  // "identity.project": events are <event>.created and so on
  std::string_view update_method = "PUT";
  StatusCodes status;
  std::string_view default_sort = "id";  // columns, comma separated
  std::span<const Field> fields;
  bool id_given = false;  // clients may choose the id in the body (regions, services' ids)

  std::string_view table_name() const { return table.empty() ? plural : table; }
  const Field* field_named(std::string_view name) const;
  const Field* field_in_column(std::string_view column) const;
};

}  // namespace haneul::resource
