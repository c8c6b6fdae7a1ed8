#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

struct Member {
  std::string image_id, member_id, status = "pending";
  Instant created_at, updated_at;
};

constexpr std::string_view kSelect =
    "SELECT image_id, member_id, status, created_at, updated_at FROM image_members";

Member load(const db::Rows& r) {
  return {r.string(0), r.string(1), r.string(2), r.instant(3), r.instant(4)};
}

void write_member(json::Writer& w, const Member& m) {
  w.begin_object().member("member_id", m.member_id).member("image_id", m.image_id);
  w.member("status", m.status).member("created_at", iso_seconds(m.created_at));
  w.member("updated_at", iso_seconds(m.updated_at)).member("schema", "/v2/schemas/member");
  w.end_object();
}

http::Response answer(const Member& m) {
  json::Writer w;
  write_member(w, m);
  return http::Response::json(200, w.take());
}

Seen image_of(resource::Call& call, Parts& parts, db::Session& session) {
  const auto& id = call.param("image_id");
  auto seen = parts.images.find(session, id, call.caller().project_id.text, is_admin(call));
  if (!seen) throw Fault::not_found(fmt::format("Image {} not found.", id));
  return std::move(*seen);
}

// Each member request needs get_image, a shared image and its own rule; `sentence` is what
// upstream says for the latter two.
void require(const resource::Call& call, const Seen& seen, std::string_view rule,
             const std::string& sentence) {
  enforce(call, "get_image", seen);
  if (seen.image.visibility != "shared" || !call.allowed(rule, ImageTarget(call, seen))) {
    throw Fault::forbidden(sentence);
  }
}

// A member that this caller may see: the owner sees all, others themselves.
Member find_member(resource::Call& call, db::Session& session, const Seen& seen) {
  const auto& member_id = call.param("member_id");
  const auto& project = call.caller().project_id.text;
  const bool all = is_admin(call) || seen.image.owner == project;
  db::Rows rows = session.query(fmt::format("{} WHERE image_id = ? AND member_id = ?", kSelect),
                                {seen.image.id, member_id});
  if (!rows.next() || (!all && member_id != project)) {
    throw Fault::not_found(
        fmt::format("{} not found in the member list of the image {}.", member_id, seen.image.id));
  }
  return load(rows);
}

std::string read_text(resource::Call& call, std::string_view key, std::string_view missing,
                      std::string_view form) {
  const json::Value& body = json_body(call);
  if (!body.object()) throw Fault::bad_request(std::string(form));
  const json::Value* value = body.object()->find(key);
  if (!value) throw Fault::bad_request(std::string(missing));
  return value->text() ? *value->text() : std::string();
}

}  // namespace

http::Response list_members(resource::Call& call, Parts& parts) {
  return call.db().read([&](db::Session& s) {
    const auto seen = image_of(call, parts, s);
    const auto& id = seen.image.id;
    require(call, seen, "get_members",
            fmt::format("Not allowed to list members for image {}: {}", id,
                        seen.image.visibility == "shared"
                            ? "You are not authorized to complete get_members action."
                            : "Only shared images have members."));
    const auto& project = call.caller().project_id.text;
    const bool all = is_admin(call) || seen.image.owner == project;
    json::Writer w;
    w.begin_object().key("members").begin_array();
    db::Rows rows = s.query(
        fmt::format("{} WHERE image_id = ? AND (? OR member_id = ?) ORDER BY created_at, member_id",
                    kSelect),
        {id, all, project});
    while (rows.next()) write_member(w, load(rows));
    w.end_array().member("schema", "/v2/schemas/members");
    return http::Response::json(200, w.end_object().take());
  });
}

http::Response add_member(resource::Call& call, Parts& parts) {
  const auto member_id = read_text(call, "member", "Member to be added not specified",
                                   "Expected a member in the form: {\"member\": \"image_id\"}");
  if (member_id.empty()) throw Fault::bad_request("Member can't be empty");
  if (utf8_length(member_id) > 255) throw Fault::bad_request("Member ids have 255 characters.");
  return call.db().write([&](db::Transaction& tx) {
    const auto seen = image_of(call, parts, tx);
    const auto& id = seen.image.id;
    require(call, seen, "add_member",
            fmt::format("Not allowed to create members for image {}.", id));
    const auto count = tx.integer("SELECT COUNT(*) FROM image_members WHERE image_id = ?", {id});
    if (count.value_or(0) >= static_cast<std::int64_t>(parts.options.members_max)) {
      throw Fault::too_large(fmt::format(
          "Image member limit exceeded for image {}: The limit has been exceeded on the number of "
          "allowed image members for this image. Attempted: {}, Maximum: {}:",
          id, *count + 1, parts.options.members_max));
    }
    if (tx.integer("SELECT 1 FROM image_members WHERE image_id = ? AND member_id = ?",
                   {id, member_id})) {
      throw Fault::conflict(fmt::format("Member {} is duplicated for image {}", member_id, id));
    }
    const Member member{id, member_id, "pending", call.now(), call.now()};
    tx.execute(
        "INSERT INTO image_members (image_id, member_id, status, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?)",
        {id, member_id, member.status, member.created_at, member.updated_at});
    return answer(member);
  });
}

http::Response show_member(resource::Call& call, Parts& parts) {
  return call.db().read([&](db::Session& s) {
    const auto seen = image_of(call, parts, s);
    try {
      require(call, seen, "get_member",
              seen.image.visibility == "shared"
                  ? fmt::format("You are not authorized to lookup the members of the image {}.",
                                seen.image.id)
                  : "Only shared images have members.");
    } catch (const Fault& fault) {
      throw Fault::not_found(fault.message());  // upstream hides it so
    }
    return answer(find_member(call, s, seen));
  });
}

http::Response update_member(resource::Call& call, Parts& parts) {
  const auto status = read_text(call, "status", "Status not specified",
                                "Expected a status in the form: {\"status\": \"status\"}");
  return call.db().write([&](db::Transaction& tx) {
    const auto seen = image_of(call, parts, tx);
    const auto refusal = fmt::format("Not allowed to update members for image {}.", seen.image.id);
    require(call, seen, "get_member", refusal);
    auto member = find_member(call, tx, seen);
    require(call, seen, "modify_member", refusal);
    if (status != "pending" && status != "accepted" && status != "rejected") {
      throw Fault::bad_request(
          "Incorrect request: Status must be \"pending\", \"accepted\" or \"rejected\".");
    }
    member.status = status;
    member.updated_at = call.now();
    tx.execute(
        "UPDATE image_members SET status = ?, updated_at = ? WHERE image_id = ? AND"
        " member_id = ?",
        {status, member.updated_at, member.image_id, member.member_id});
    return answer(member);
  });
}

http::Response remove_member(resource::Call& call, Parts& parts) {
  call.db().write([&](db::Transaction& tx) {
    const auto seen = image_of(call, parts, tx);
    const auto refusal = fmt::format("Not allowed to delete members for image {}.", seen.image.id);
    require(call, seen, "get_member", refusal);
    const auto member = find_member(call, tx, seen);
    require(call, seen, "delete_member", refusal);
    tx.execute("DELETE FROM image_members WHERE image_id = ? AND member_id = ?",
               {member.image_id, member.member_id});
  });
  return http::Response::empty(204);
}

}  // namespace haneul::glance
