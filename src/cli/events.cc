#include <chrono>
#include <iostream>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/control.h"

namespace haneul::cli {
namespace {

constexpr auto kFollowEvery = std::chrono::milliseconds(500);

std::string query_of(const EventsQuestion& q) {
  std::string query;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) query += fmt::format("&{}={}", key, percent_encode(value));
  };
  add("type", q.type), add("subject", q.subject), add("project", q.project);
  add("user", q.user), add("request", q.request), add("format", q.format);
  return query;
}

std::string text_of(const json::Value& event, std::string_view key) {
  const json::Value* found = event.at({key});
  return found && found->text() ? *found->text() : std::string();
}

void print(const json::Value& event, const std::string& format) {
  if (format != "text") {
    std::cout << json::dump(event) << std::endl;
    return;
  }
  const bool good = *event.at({"success"})->boolean();
  const json::Value& details = *event.at({"details"});
  std::cout << fmt::format("{} {}{} {}", text_of(event, "at"), text_of(event, "type"),
                           good ? "" : " FAILED", text_of(event, "subject"));
  const auto say = [&](std::string_view word, const std::string& value) {
    if (!value.empty()) std::cout << " " << word << " " << value;
  };
  say("by", text_of(event, "user_id")), say("from", text_of(event, "address"));
  say("request", text_of(event, "request_id"));
  if (!details.object()->empty()) std::cout << " " << json::dump(details);
  std::cout << std::endl;
}

}  // namespace

int events(const Options& options) {
  const StateDir state(chosen_state_dir(options.state, options.simulated),
                       StateDir::Missing::stays_missing);
  const EventsQuestion& q = options.events;
  const std::string query = query_of(q);
  auto answer = ask_control(options, state, fmt::format("/events?last={}{}", q.limit, query));
  for (;;) {
    for (const json::Value& event : *answer.at({"events"})->array()) print(event, q.format);
    if (!q.follow) return 0;
    const auto seen = *answer.at({"seen"})->integer();
    std::this_thread::sleep_for(kFollowEvery);
    answer = ask_control(options, state, fmt::format("/events?after={}{}", seen, query));
  }
}

}  // namespace haneul::cli
