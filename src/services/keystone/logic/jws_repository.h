#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "services/keystone/logic/jws.h"

namespace haneul::keystone {

// The keys of JSON web signatures, in upstream's layout: private.pem in one directory signs, every
// file of another verifies. Safe from any thread.
// upstream: openstack/keystone:keystone/conf/jwt_tokens.py
class JwsRepository {
 public:
  struct Keys {
    std::optional<JwsKey> signs;
    std::vector<JwsKey> verify;
    std::vector<std::string> files;  // what was read
    std::uint64_t generation = 0;    // another one for other keys
  };

  JwsRepository(std::filesystem::path private_directory, std::filesystem::path public_directory,
                const Clock& clock);

  // Looks at the directories each time and reads them again when they changed, or after five
  // seconds. Files that are no keys of P-256 are left out and logged. Never null.
  std::shared_ptr<const Keys> keys() const;

  // Makes private.pem (mode 600) and public.pem. Fails if there is one, unless `replace`.
  Result<bool> make(bool replace) const;

 private:
  std::shared_ptr<Keys> read() const;

  const std::filesystem::path private_, public_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Keys> keys_;
  mutable std::int64_t changed_ns_ = -1;
  mutable Duration read_at_{};
  mutable bool settled_ = false;
};

}  // namespace haneul::keystone
