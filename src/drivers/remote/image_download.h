#pragma once
#include <string>

#include "drivers/virt/driver.h"

namespace haneul::remote {

struct ImageServer {
  std::string url;     // of the controller, without a path
  std::string secret;  // that the agent joined with
  std::string ca_pem;  // https: certificates to trust; empty: the system's authorities
};

// Where a controller gives its agents the bytes of an image, behind which the id stands.
inline constexpr const char* kImagePath = "/agent/v1/images/";

// Streams an image's bytes into a new file, holes where there are zeros, and compares size and MD5
// with what the image is to have; on the disk when this returns. Throws virt::Error; what was
// written may remain.
void download_image(const ImageServer& server, const virt::ImageSource& image,
                    const std::string& to);

}  // namespace haneul::remote
