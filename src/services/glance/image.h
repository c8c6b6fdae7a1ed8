#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/target.h"
#include "resource/call.h"
#include "resource/table.h"

namespace haneul::glance {

struct Image {
  std::string id;
  std::optional<std::string> name;
  std::string status = "queued";
  std::string visibility = "shared";
  std::optional<std::string> owner;
  std::optional<std::int64_t> size, virtual_size;
  std::optional<std::string> checksum, os_hash_algo, os_hash_value, disk_format, container_format;
  std::int64_t min_disk = 0, min_ram = 0;
  bool is_protected = false, os_hidden = false;
  Instant created_at, updated_at;
  resource::TextMap properties;
  std::vector<std::string> tags;  // sorted
  std::string upload;             // who is writing its data at the moment; empty: nobody
};

extern const resource::Resource kImage;

// A request's view of one image.
struct Seen {
  Image image;
  bool is_member = false;  // shared with the caller's project
};

// Rows of images and what hangs on them.
class Images {
 public:
  Images() : store_(kImage) {}
  const resource::Store<Image>& store() const { return store_; }

  void insert(db::Transaction& tx, const Image& image) const;
  // Sets updated_at. False if it is gone.
  bool update(db::Transaction& tx, Image& image, Instant now) const;
  void remove(db::Transaction& tx, const Image& image) const;

  // Visible to this project; `is_admin` sees all.
  std::optional<Seen> find(db::Session& session, std::string_view id, std::string_view project,
                           bool is_admin) const;
  // The same for a request: "No image found with ID X" otherwise.
  Seen require(const resource::Call& call, db::Session& session, std::string_view id) const;

 private:
  void write_side_tables(db::Transaction& tx, const Image& image) const;

  resource::Store<Image> store_;
};

bool is_admin(const resource::Call& call);

// An image as policies see it: project_id is its owner, member_id the caller's project if the
// image is shared with it. upstream: openstack/glance:glance/api/policy.py ImageTarget
class ImageTarget final : public access::Target {
 public:
  ImageTarget(const resource::Call& call, const Seen& seen) : call_(call), seen_(seen) {}
  std::optional<access::TargetValue> get(std::string_view name) const override;

 private:
  const resource::Call& call_;
  const Seen& seen_;
};

// Asks the policy; who may not even see the image is told that there is none.
void enforce(const resource::Call& call, std::string_view rule, const Seen& seen);
// For a new or changed visibility: publicize_image, communitize_image.
void enforce_visibility(const resource::Call& call, std::string_view visibility,
                        const access::Target& target);

// Throws "Image status transition from X to Y is not allowed" (409), or names the formats that
// must be set before data comes (400).
void change_status(Image& image, std::string_view to);

std::string render_image(const resource::Call& call, const Image& image);
void write_image(json::Writer& w, const Image& image);

}  // namespace haneul::glance
