#pragma once
#include <string>

#include "resource/call.h"
#include "resource/service.h"
#include "resource/world.h"
#include "services/glance/blob_store.h"
#include "services/glance/dialect.h"
#include "services/glance/glance.h"
#include "services/glance/image.h"
#include "services/glance/ingest.h"

namespace haneul::glance {

// What the handlers and the flow work with.
struct Parts {
  const resource::World& world;
  const Options options;
  BlobStore blobs;
  Images images;
};

using Handle = http::Response (*)(resource::Call&, Parts&);

// images.cc
http::Response create_image(resource::Call&, Parts&);
http::Response show_image(resource::Call&, Parts&);
http::Response update_image(resource::Call&, Parts&);
http::Response remove_image(resource::Call&, Parts&);
// image_list.cc
http::Response list_images(resource::Call&, Parts&);
// image_data.cc
http::Response upload_data(resource::Call&, Parts&);
http::Response stage_data(resource::Call&, Parts&);
http::Response download_data(resource::Call&, Parts&);
// image_import.cc
http::Response import_image(resource::Call&, Parts&);
// image_action.cc
http::Response deactivate_image(resource::Call&, Parts&);
http::Response reactivate_image(resource::Call&, Parts&);
http::Response add_tag(resource::Call&, Parts&);
http::Response remove_tag(resource::Call&, Parts&);
// image_member.cc
http::Response list_members(resource::Call&, Parts&);
http::Response add_member(resource::Call&, Parts&);
http::Response show_member(resource::Call&, Parts&);
http::Response update_member(resource::Call&, Parts&);
http::Response remove_member(resource::Call&, Parts&);
// task.cc
http::Response list_tasks(resource::Call&, Parts&);
http::Response show_task(resource::Call&, Parts&);
http::Response list_image_tasks(resource::Call&, Parts&);
// discovery.cc
http::Response show_stores(resource::Call&, Parts&);
http::Response show_import_methods(resource::Call&, Parts&);
http::Response show_usage(resource::Call&, Parts&);
http::Response show_versions(resource::Call&, int status);
// schemas.cc
void add_schema_routes(resource::Service& service);

// The whole body as JSON, which must be an object or an array.
const json::Value& json_body(resource::Call& call);
// Throws 413 for more tags or properties than allowed.
void check_limits(const Options& options, const Image& image);
inline constexpr std::string_view kHashAlgorithm = "sha512";
// What the data turned out to be.
void set_data_facts(Image& image, const Ingested& data, std::int64_t virtual_size);

}  // namespace haneul::glance
