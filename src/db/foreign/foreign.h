#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace haneul::db {

// A database of another program, read and never written. What is read is as of one moment, that of
// opening, whatever others do meanwhile. One thread. Everything throws Error with a sentence for
// the user.
class Foreign {
 public:
  // One row's columns as text, the way the database writes them; nothing for NULL. The views live
  // until the next row.
  using Values = std::span<const std::optional<std::string_view>>;

  virtual ~Foreign() = default;
  virtual std::vector<std::string> tables() = 0;
  virtual std::vector<std::string> columns(const std::string& table) = 0;
  // Rows come one at a time, however many there are; no other query until the last one has come.
  // Names that are words of SQL go in `backquotes`, which both kinds of databases understand.
  virtual void each(const std::string& sql, const std::function<void(Values)>& row) = 0;
};

// sqlite:///PATH or mysql://USER:PASSWORD@HOST[:PORT]/NAME, as SQLAlchemy writes them; of the query
// behind a ? only unix_socket=PATH and charset are understood. Waits ten seconds at most for a
// server. What it throws never has the password in it.
std::unique_ptr<Foreign> open_foreign(const std::string& url);

// Where a MySQL or MariaDB is.
struct ForeignServer {
  std::string host, user, password, name, socket;
  unsigned port = 3306;
};
// Nothing if the URL is no mysql:// one.
std::optional<ForeignServer> parse_mysql_url(std::string_view url);

std::unique_ptr<Foreign> open_foreign_mariadb(const ForeignServer& server);
std::unique_ptr<Foreign> open_foreign_sqlite(const std::string& path);

}  // namespace haneul::db
