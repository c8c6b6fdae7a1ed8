#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"
#include "services/keystone/logic/fernet.h"

namespace haneul::keystone {

// A directory of Fernet keys in upstream's layout, which it can share with a Keystone: file 0 is
// staged to become primary next, the highest number is primary, those between still decrypt.
// Directory mode 700, files 600. Safe from any thread; changes of one directory by several
// processes wait for each other.
// upstream: openstack/keystone:keystone/common/fernet_utils.py
class KeyRepository {
 public:
  // `clock` must outlive it and should tell real time, as it is compared with file times.
  KeyRepository(std::filesystem::path directory, const Clock& clock);

  // Makes the directory with a staged and a primary key. Does nothing if there is a staged key.
  Result<bool> setup();  // whether anything was made
  // The staged key becomes primary, a new one is staged, and the oldest go until `keys_max` are
  // left. Each step is a rename or a removal: whenever it is cut off, all tokens stay valid.
  // `keys_max` below 1 counts as 1.
  Result<std::size_t> rotate(std::size_t keys_max);  // number of the new primary

  // Primary first. Looks at the directory each time (a microsecond) and reads it again when it
  // changed, or after five seconds. Files that are no keys are left out and logged. Fails when no
  // key is left.
  Result<std::shared_ptr<const FernetKeys>> keys() const;
  // The same for a request, which ends if there are none.
  std::shared_ptr<const FernetKeys> need() const;
  // Looks as keys() does; another number for other keys.
  std::uint64_t generation() const;

 private:
  struct Loaded {
    std::int64_t changed_ns = -1;  // the directory's modification time
    Duration read_at{};            // Clock::steady()
    bool settled = false;          // the directory had not changed for a while when it was read
    std::shared_ptr<const FernetKeys> keys;
    std::map<std::size_t, std::string> files;  // what they were read from
  };
  void look() const;  // under the mutex
  bool is_fresh(const Loaded& loaded, std::int64_t changed_ns) const;
  std::map<std::size_t, std::string> read_files() const;

  const std::filesystem::path directory_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable Loaded loaded_;
  mutable std::uint64_t generation_ = 0;
};

}  // namespace haneul::keystone
