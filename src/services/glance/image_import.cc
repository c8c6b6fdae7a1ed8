#include <fmt/format.h>

#include "base/id.h"
#include "json/writer.h"
#include "services/glance/flows/import_image.h"
#include "services/glance/parts.h"
#include "services/glance/task.h"

namespace haneul::glance {
namespace {

constexpr std::string_view kMethod = "glance-direct";

[[noreturn]] void bad(std::string message) {
  throw Fault::bad_request(std::move(message));
}

void check_flag(const json::Value& body, std::string_view key) {
  const json::Value* flag = body.at({key});
  if (flag && !flag->boolean()) bad(fmt::format("'{}' must be boolean value only", key));
}

void check_body(const json::Value& body) {
  const json::Value* method = body.at({"method"});
  if (!method) bad("Import request requires a 'method' field.");
  const json::Value* name = method->at({"name"});
  if (!name) bad("Import request requires a 'name' field.");
  if (!name->text() || *name->text() != kMethod) {
    bad(fmt::format("Unknown import method name {}.", resource::python_repr(*name)));
  }
  check_flag(body, "all_stores_must_succeed");
  check_flag(body, "all_stores");
}

void check_image(const Image& image) {
  if (image.status == "active") {
    throw Fault::conflict("Image with status active cannot be target for import");
  }
  if (image.status != "uploading" || !image.upload.empty()) {
    throw Fault::conflict("Image needs to be staged before 'glance-direct' method can be used");
  }
  if (!image.container_format) {
    throw Fault::conflict("'container_format' needs to be set before import");
  }
  if (!image.disk_format) throw Fault::conflict("'disk_format' needs to be set before import");
}

std::string task_input(const std::string& image_id, const json::Value& body) {
  json::Writer w;
  w.begin_object().member("image_id", image_id).member("import_req", body);
  return w.key("backend").begin_array().null().end_array().end_object().take();
}

}  // namespace

http::Response import_image(resource::Call& call, Parts& parts) {
  const json::Value& body = json_body(call);
  check_body(body);
  call.db().write([&](db::Transaction& tx) {
    auto seen = parts.images.require(call, tx, call.param("image_id"));
    Image& image = seen.image;
    check_image(image);
    enforce(call, "modify_image", seen);
    change_status(image, "importing");
    parts.images.update(tx, image, call.now());
    Task task;
    task.id = new_uuid();
    task.image_id = image.id;
    task.owner = call.caller().project_id.text;
    task.user_id = call.caller().user_id.text;
    task.request_id = call.request_id();
    task.input = task_input(image.id, body);
    task.created_at = task.updated_at = call.now();
    insert_task(tx, task);
    ImportImage flow;
    flow.image_id = image.id;
    flow.task_id = task.id;
    parts.world.flows.start(tx, kImportImage, flow,
                            {.subject = "image/" + image.id, .deadline = std::chrono::hours(2)});
  });
  return http::Response::empty(202);
}

}  // namespace haneul::glance
