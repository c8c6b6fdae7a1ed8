#include "drivers/remote/image_download.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "http/client.h"

namespace haneul::remote {
namespace {

// A host's link may be slow, but bytes must keep coming.
constexpr Duration kTimeMax = std::chrono::hours(6);
constexpr Duration kStallMax = std::chrono::seconds(60);

class Checked {
 public:
  explicit Checked(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
        digest_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (fd_ < 0 || EVP_DigestInit_ex(digest_.get(), EVP_md5(), nullptr) != 1) fail();
  }
  ~Checked() {
    if (fd_ >= 0) ::close(fd_);
  }
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;

  // False, and why in failure(), if the disk does not take it.
  bool add(std::string_view bytes) {
    EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
    const bool zeros = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
    if (zeros) size_ += static_cast<std::int64_t>(bytes.size());
    while (!zeros && !bytes.empty()) {
      const auto count = ::pwrite(fd_, bytes.data(), bytes.size(), size_);
      if (count <= 0) {
        failure_ = std::strerror(errno);
        return false;
      }
      size_ += count;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // The MD5 in hexadecimal.
  std::string finish() {
    if (::ftruncate(fd_, size_) != 0 || ::fsync(fd_) != 0) fail();
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestFinal_ex(digest_.get(), out, &length);
    return to_hex({reinterpret_cast<const char*>(out), length});
  }
  std::int64_t size() const { return size_; }
  const std::string& failure() const { return failure_; }

 private:
  [[noreturn]] static void fail() {
    throw virt::Error(fmt::format("The image's copy cannot be written: {}.", std::strerror(errno)));
  }

  const int fd_;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest_;
  std::int64_t size_ = 0;
  std::string failure_;
};

}  // namespace

void download_image(const ImageServer& server, const virt::ImageSource& image,
                    const std::string& to) {
  Checked file(to);
  const auto answer = http::send(
      {.url = server.url + kImagePath + percent_encode(image.id),
       .headers = {{"Authorization", "Bearer " + server.secret}},
       .time_max = kTimeMax,
       .ca_pem = server.ca_pem,
       .sink =
           [&](std::string_view bytes) {
             return file.size() + static_cast<std::int64_t>(bytes.size()) <= image.size &&
                    file.add(bytes);
           },
       .stall_max = kStallMax});
  if (!file.failure().empty()) {
    throw virt::Error(fmt::format("The image's copy cannot be written: {}.", file.failure()));
  }
  if (!answer) {
    throw virt::Error(fmt::format("Image {} cannot be fetched from {}: {}.", image.id, server.url,
                                  answer.reason()));
  }
  if (answer->status != 200) {
    throw virt::Error(fmt::format("Image {} cannot be fetched from {}: it says {}.", image.id,
                                  server.url, answer->status));
  }
  const std::string md5 = file.finish();
  if (file.size() != image.size || (!image.checksum.empty() && md5 != image.checksum)) {
    throw virt::Error(fmt::format("Image {} did not arrive as it was sent.", image.id));
  }
}

}  // namespace haneul::remote
