#include <fmt/format.h>
#include <mariadb/mysql.h>

#include "db/foreign/foreign.h"

namespace haneul::db {
namespace {

constexpr unsigned kConnectSeconds = 10, kAnswerSeconds = 300;

class ForeignMariadb final : public Foreign {
 public:
  explicit ForeignMariadb(const ForeignServer& at) : handle_(mysql_init(nullptr), mysql_close) {
    if (!handle_) throw std::bad_alloc();
    mysql_optionsv(handle_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
    mysql_optionsv(handle_.get(), MYSQL_OPT_READ_TIMEOUT, &kAnswerSeconds);
    mysql_optionsv(handle_.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const char* socket = at.socket.empty() ? nullptr : at.socket.c_str();
    if (!mysql_real_connect(handle_.get(), at.host.c_str(), at.user.c_str(), at.password.c_str(),
                            at.name.c_str(), at.port, socket, 0)) {
      const std::string place = socket ? at.socket : fmt::format("{}:{}", at.host, at.port);
      throw Error(fmt::format("cannot reach the database {} at {}: {}", at.name, place,
                              mysql_error(handle_.get())));
    }
    run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  }

  std::vector<std::string> tables() override { return first_column("SHOW TABLES"); }
  std::vector<std::string> columns(const std::string& table) override {
    return first_column(fmt::format("SHOW COLUMNS FROM `{}`", table));
  }
  void each(const std::string& sql, const std::function<void(Values)>& row) override;

 private:
  void run(const std::string& sql) {
    if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail();
  }
  [[noreturn]] void fail() {
    throw Error(fmt::format("reading failed: {}", mysql_error(handle_.get())));
  }
  std::vector<std::string> first_column(const std::string& sql) {
    std::vector<std::string> found;
    each(sql, [&](Values values) { found.emplace_back(values[0].value_or("")); });
    return found;
  }

  const std::unique_ptr<MYSQL, void (*)(MYSQL*)> handle_;
};

void ForeignMariadb::each(const std::string& sql, const std::function<void(Values)>& row) {
  run(sql);
  const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> result(mysql_use_result(handle_.get()),
                                                                mysql_free_result);
  if (!result) fail();
  std::vector<std::optional<std::string_view>> values(mysql_num_fields(result.get()));
  while (MYSQL_ROW fields = mysql_fetch_row(result.get())) {
    const unsigned long* sizes = mysql_fetch_lengths(result.get());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i].reset();
      if (fields[i]) values[i] = std::string_view(fields[i], sizes[i]);
    }
    row(values);
  }
  if (mysql_errno(handle_.get()) != 0) fail();
}

}  // namespace

std::unique_ptr<Foreign> open_foreign_mariadb(const ForeignServer& server) {
  return std::make_unique<ForeignMariadb>(server);
}

}  // namespace haneul::db
