#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "db/database.h"
#include "services/keystone/adopt/given.h"

namespace haneul::keystone {

// A table of this cloud that rows are put into. All names are the program's own.
struct Shape {
  std::string_view table;
  std::vector<std::string_view> columns;  // the key's first
  std::size_t keys = 1;
  std::vector<std::size_t> name = {};  // columns that nobody else has together, beside the key
};

enum class Fate { fresh, changed, unchanged };

// Writes rows so that doing it twice changes nothing.
class Here {
 public:
  explicit Here(db::Transaction& tx) : tx_(tx) {}

  Fate put(const Shape& shape, const Cells& cells);
  bool has(std::string_view table, const std::string& id);
  // A user or group of a directory, whether its copy is here just now or not.
  bool is_of_directory(std::string_view public_id, std::string_view type);
  // The id of another row with the same name, if there is one.
  std::optional<std::string> other_of_name(const Shape& shape, const Cells& cells);
  // The value of a column, if there is a row with that id.
  std::optional<std::string> text(std::string_view table, std::string_view column,
                                  const std::string& id);
  std::optional<std::string> endpoint_like(const std::string& service_id,
                                           const std::string& interface,
                                           const std::string& region_id);
  // Every column of every table that holds exactly this id holds the other afterwards.
  void rename(const std::string& id, const std::string& fresh);

 private:
  db::Transaction& tx_;
};

}  // namespace haneul::keystone
