#pragma once
#include <optional>
#include <string>

#include "base/clock.h"
#include "db/database.h"

namespace haneul::glance {

// The record of an import: what became of it and why.
struct Task {
  std::string id, image_id, status = "pending", owner, user_id, request_id;
  std::string input;  // JSON
  std::string message;
  Instant created_at, updated_at;
  std::optional<Instant> expires_at;
};

void insert_task(db::Transaction& tx, const Task& task);
// "processing", "success" or "failure" with the reason; ended tasks expire after two days.
void end_task(db::Transaction& tx, std::string_view id, std::string_view status,
              std::string_view message, Instant now);
void remove_expired_tasks(db::Transaction& tx, Instant now);

}  // namespace haneul::glance
