#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace haneul::keystone {

// A Fernet key: AES-128-CBC and HMAC-SHA256, 16 bytes each. Cheap to copy, safe from any thread.
// upstream: https://github.com/fernet/spec
class FernetKey {
 public:
  // The file form: 32 bytes as 44 characters of base64url; blanks around it are ignored.
  static std::optional<FernetKey> parse(std::string_view text);
  // A new key in the file form.
  static std::string generate();

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit FernetKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// Longer texts are no tokens: an HTTP head could not carry them.
constexpr std::size_t kFernetTextBytesMax = 64 * 1024;
// Room for 2,500 federated groups.
constexpr std::size_t kFernetPayloadBytesMax = 48'000;

struct FernetMessage {
  Instant made;  // whole seconds
  std::string payload;
};

// The first key encrypts, all decrypt.
using FernetKeys = std::vector<FernetKey>;

// base64url with padding. Throws std::invalid_argument if there is no key, `now` is before 1970 or
// the payload is larger than kFernetPayloadBytesMax.
std::string fernet_encrypt(const FernetKeys& keys, std::string_view payload, Instant now);
// Padding is optional. Nothing unless one of the keys made it. Age is the caller's concern.
std::optional<FernetMessage> fernet_decrypt(const FernetKeys& keys, std::string_view text);

}  // namespace haneul::keystone
