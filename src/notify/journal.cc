#include "notify/journal.h"

#include <algorithm>

#include "base/id.h"

namespace haneul::notify {
namespace {

constexpr std::size_t kTextBytesMax = 255, kDetailsBytesMax = 8 * 1024;
constexpr std::int64_t kPrunedMax = 10'000, kReadMax = 1'000;

constexpr std::string_view kColumns =
    "id, uuid, at, type, subject, project_id, success, details, user_id, user_project_id, "
    "user_domain_id, request_id, address, agent";

// Whole characters only.
std::string_view cut(std::string_view text) {
  if (text.size() <= kTextBytesMax) return text;
  std::size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

Entry entry_of(const db::Rows& rows) {
  Entry e;
  e.id = rows.integer(0);
  e.uuid = rows.string(1);
  e.at = rows.instant(2);
  e.event = {rows.string(3), rows.string(4), rows.string(5), rows.boolean(6), {}};
  if (auto details = json::parse(rows.text(7)); details && details->object()) {
    e.event.details = *details->object();
  }
  e.by = {rows.string(8),  rows.string(9),  rows.string(10),
          rows.string(11), rows.string(12), rows.string(13)};
  return e;
}

// The conditions of a filter and what stands for their question marks, in the same order.
struct Conditions {
  std::string sql = " WHERE id > ?";
  std::vector<db::Bind> binds;
  std::string type_end;

  explicit Conditions(const Filter& f) {
    binds.emplace_back(f.after);
    if (!f.type.empty()) {
      type_end = f.type + "/";  // the character behind '.'
      sql += " AND (type = ? OR (type > ? AND type < ?))";
      binds.insert(binds.end(), {f.type, f.type, type_end});
    }
    equals("subject", f.subject), equals("project_id", f.project_id);
    equals("user_id", f.user_id), equals("request_id", f.request_id);
  }
  void equals(std::string_view column, const std::string& value) {
    if (value.empty()) return;
    sql.append(" AND ").append(column).append(" = ?");
    binds.emplace_back(value);
  }
};

std::vector<Entry> select(db::Session& session, const Filter& filter, std::int64_t limit,
                          std::string_view order) {
  Conditions where(filter);
  where.binds.emplace_back(std::clamp<std::int64_t>(limit, 0, kReadMax));
  db::Rows rows = session.query(std::string("SELECT ").append(kColumns) + " FROM events" +
                                    where.sql + " ORDER BY id " + std::string(order) + " LIMIT ?",
                                where.binds);
  std::vector<Entry> entries;
  while (rows.next()) entries.push_back(entry_of(rows));
  return entries;
}

}  // namespace

Journal::Journal(const Clock& clock, JournalOptions options) : clock_(clock), options_(options) {}

void Journal::add(db::Transaction& tx, const Event& event, const Initiator& by) const {
  std::string details = json::dump(json::Value(event.details));
  if (details.size() > kDetailsBytesMax) details = "{}";
  const std::string uuid = new_uuid();
  tx.execute(
      "INSERT INTO events (uuid, at, type, subject, project_id, success, details, user_id,"
      " user_project_id, user_domain_id, request_id, address, agent)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {uuid, clock_.now(), cut(event.type), cut(event.subject), cut(event.project_id),
       event.success, details, cut(by.user_id), cut(by.project_id), cut(by.domain_id),
       cut(by.request_id), cut(by.address), cut(by.agent)});
}

std::int64_t Journal::prune(db::Database& database) const {
  const Instant oldest = clock_.now() - options_.kept;
  return database.write([&](db::Transaction& tx) {
    const std::int64_t last = tx.integer("SELECT MAX(id) FROM events", {}).value_or(0);
    // Ids have no gaps but those of transactions that failed: the count is never more than this.
    return tx.execute(
        "DELETE FROM events WHERE id IN (SELECT id FROM (SELECT id, at FROM events ORDER BY id"
        " LIMIT ?) WHERE id <= ? OR at < ?)",
        {kPrunedMax, last - options_.events_max, oldest});
  });
}

std::vector<Entry> read(db::Session& session, const Filter& filter, std::int64_t limit) {
  return select(session, filter, limit, "ASC");
}

std::vector<Entry> read_last(db::Session& session, const Filter& filter, std::int64_t limit) {
  auto entries = select(session, filter, limit, "DESC");
  std::reverse(entries.begin(), entries.end());
  return entries;
}

}  // namespace haneul::notify
