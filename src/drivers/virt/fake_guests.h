#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "drivers/virt/driver.h"

namespace haneul::virt {

// What a simulated host keeps of one guest: about 150 bytes with its id.
struct FakeGuest {
  Power power = Power::no_state;  // no_state: not defined
  bool has_files = false;
  std::uint16_t boots = 0;  // stops at the top
  std::int32_t vcpus = 0;
  std::int32_t disk_gib = 0;
  std::int64_t memory_mib = 0;

  bool gone() const { return power == Power::no_state && !has_files; }
  bool operator==(const FakeGuest&) const = default;
};

// The guests of all simulated hosts of a process. With a journal they outlive it, as real guests
// do: one line per change, written before the change is answered, so that kill -9 loses nothing;
// a torn last line is dropped. The journal is rewritten when it holds mostly the past. One process
// at a time. Safe from any thread.
class FakeGuests {
 public:
  using Table = std::unordered_map<std::string, FakeGuest>;

  FakeGuests() = default;
  // Reads the journal at `path` or begins one (the directory must exist). Throws Error.
  explicit FakeGuests(std::string path);
  ~FakeGuests();
  FakeGuests(const FakeGuests&) = delete;
  FakeGuests& operator=(const FakeGuests&) = delete;

  // Nothing if the host never heard of the guest.
  std::optional<FakeGuest> find(const std::string& host, const std::string& guest_id) const;
  // Lets `change` alter the guest (a fresh one if unknown) under the lock and keeps the result;
  // a guest that is then gone is forgotten. What `change` throws passes on and changes nothing.
  // Throws Error if the journal cannot be written.
  void update(const std::string& host, const std::string& guest_id,
              const std::function<void(FakeGuest&)>& change);
  void each(const std::string& host,
            const std::function<void(const std::string& id, const FakeGuest&)>& see) const;
  std::size_t size() const;

 private:
  void load();
  void apply(std::string_view line);
  void append(const std::string& line);
  void rewrite();
  Table::iterator put(const std::string& host, const std::string& id, const FakeGuest& guest);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Table> hosts_;
  std::size_t size_ = 0;

  const std::string path_;
  int file_ = -1;
  int lock_ = -1;
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace haneul::virt
