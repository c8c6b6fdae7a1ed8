#include "db/foreign/foreign.h"

#include "base/text.h"

namespace haneul::db {
namespace {

constexpr std::string_view kSqlite = "sqlite:///";

std::string decoded(std::string_view text) {
  return percent_decode(text, false).value_or(std::string(text));
}

// mysql, mysql+pymysql, mysql+mysqldb, mariadb, …
bool is_mysql(std::string_view scheme) {
  const auto dialect = scheme.substr(0, scheme.find('+'));
  return dialect == "mysql" || dialect == "mariadb";
}

bool read_place(std::string_view text, ForeignServer& server) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return false;
    server.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    server.host = text.substr(0, text.find(':'));
    text.remove_prefix(server.host.size());
  }
  if (text.empty()) return true;
  const auto port = text.starts_with(':') ? parse_int(text.substr(1)) : std::nullopt;
  if (!port || *port < 1 || *port > 65'535) return false;
  server.port = static_cast<unsigned>(*port);
  return true;
}

void read_query(std::string_view query, ForeignServer& server) {
  constexpr std::string_view kSocket = "unix_socket=";
  for (const auto pair : split(query, '&')) {
    if (pair.starts_with(kSocket)) server.socket = decoded(pair.substr(kSocket.size()));
  }
}

}  // namespace

std::optional<ForeignServer> parse_mysql_url(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == url.npos || !is_mysql(url.substr(0, colon))) return std::nullopt;
  url.remove_prefix(colon + 3);
  ForeignServer server;
  if (const auto query = url.find('?'); query != url.npos) {
    read_query(url.substr(query + 1), server);
    url = url.substr(0, query);
  }
  const auto slash = url.rfind('/');
  if (slash == url.npos || slash + 1 == url.size()) return std::nullopt;
  server.name = decoded(url.substr(slash + 1));
  url = url.substr(0, slash);
  if (const auto at = url.rfind('@'); at != url.npos) {
    const auto who = url.substr(0, at);
    server.user = decoded(who.substr(0, who.find(':')));
    if (const auto sign = who.find(':'); sign != who.npos) {
      server.password = decoded(who.substr(sign + 1));
    }
    url.remove_prefix(at + 1);
  }
  if (!read_place(url, server)) return std::nullopt;
  return server;
}

std::unique_ptr<Foreign> open_foreign(const std::string& url) {
  if (url.starts_with(kSqlite)) {
    return open_foreign_sqlite(decoded(std::string_view(url).substr(kSqlite.size())));
  }
  if (const auto server = parse_mysql_url(url)) return open_foreign_mariadb(*server);
  throw Error(
      "a database's URL reads mysql://USER:PASSWORD@HOST[:PORT]/NAME or sqlite:///PATH (with four "
      "slashes where the path begins with one)");
}

}  // namespace haneul::db
