#include "cli/events_json.h"

#include "base/text.h"
#include "http/message.h"
#include "notify/cadf.h"
#include "notify/journal.h"

namespace haneul::cli {
namespace {

constexpr std::int64_t kPage = 1000;

std::string text_of(const http::Query& query, std::string_view key) {
  const auto* found = query.find(key);
  return found ? *found : std::string();
}

std::int64_t number_of(const http::Query& query, std::string_view key) {
  return parse_int(text_of(query, key)).value_or(0);
}

}  // namespace

std::string events_json(db::Database& database, std::string_view raw_query) {
  const http::Query query = http::Query::parse(raw_query).value_or(http::Query());
  const notify::Filter filter{.after = number_of(query, "after"),
                              .type = text_of(query, "type"),
                              .subject = text_of(query, "subject"),
                              .project_id = text_of(query, "project"),
                              .user_id = text_of(query, "user"),
                              .request_id = text_of(query, "request")};
  std::int64_t seen = filter.after;
  const auto found = database.read([&](db::Session& session) {
    seen = session.integer("SELECT MAX(id) FROM events").value_or(seen);
    if (query.has("last")) return notify::read_last(session, filter, number_of(query, "last"));
    return notify::read(session, filter, kPage);
  });
  if (static_cast<std::int64_t>(found.size()) == kPage) seen = found.back().id;
  json::Writer w;
  w.begin_object().member("seen", seen).key("events").begin_array();
  for (const notify::Entry& entry : found) {
    text_of(query, "format") == "cadf" ? write_cadf(w, entry) : write_entry(w, entry);
  }
  w.end_array().end_object();
  return w.take();
}

}  // namespace haneul::cli
