#include "drivers/virt/fake_guests.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <sstream>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <sys/file.h>

#include "base/text.h"

namespace haneul::virt {
namespace {

constexpr std::size_t kLinesBeforeRewriteMin = 50'000;
constexpr std::size_t kRewriteBlockBytes = 1 << 20;

[[noreturn]] void fail(const char* what) {
  throw Error(fmt::format("The journal of simulated guests could not be {}: {}.", what,
                          std::strerror(errno)));
}

std::string line_of(std::string_view host, std::string_view id, const FakeGuest& g) {
  if (g.gone()) return fmt::format("{}\t{}\t-\n", host, id);
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", host, id, static_cast<int>(g.power),
                     g.has_files ? 1 : 0, g.boots, g.vcpus, g.disk_gib, g.memory_mib);
}

template <class T>
bool read_into(T& to, std::string_view text) {
  const auto n = parse_int(text);
  if (!n || *n < 0 || *n > static_cast<std::int64_t>(std::numeric_limits<T>::max())) return false;
  to = static_cast<T>(*n);
  return true;
}

std::optional<FakeGuest> guest_of(const std::vector<std::string_view>& parts) {
  FakeGuest g;
  if (parts.size() == 3 && parts[2] == "-") return g;
  int power = 0;
  int files = 0;
  if (parts.size() != 8 || !read_into(power, parts[2]) || !read_into(files, parts[3]) ||
      !read_into(g.boots, parts[4]) || !read_into(g.vcpus, parts[5]) ||
      !read_into(g.disk_gib, parts[6]) || !read_into(g.memory_mib, parts[7])) {
    return std::nullopt;
  }
  g.power = static_cast<Power>(power);
  g.has_files = files != 0;
  return g;
}

void write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("written");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool has_separator(std::string_view text) {
  return text.empty() || text.find_first_of("\t\n") != std::string_view::npos;
}

}  // namespace

FakeGuests::FakeGuests(std::string path) : path_(std::move(path)) {
  lock_ = ::open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) fail("opened");
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw Error("The journal of simulated guests is in use by another process.");
  }
  try {
    load();
    rewrite();
  } catch (...) {
    if (file_ >= 0) ::close(file_);
    ::close(lock_);
    throw;
  }
}

FakeGuests::~FakeGuests() {
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
}

void FakeGuests::load() {
  std::ifstream in(path_, std::ios::binary);
  std::string line;
  while (std::getline(in, line)) {
    if (in.eof()) break;  // no newline: torn by a crash, and the change was never answered
    apply(line);
  }
  if (in.bad()) fail("read");
}

void FakeGuests::apply(std::string_view line) {
  const auto parts = split(line, '\t');
  if (parts.size() < 3) return;
  const auto guest = guest_of(parts);
  if (guest) put(std::string(parts[0]), std::string(parts[1]), *guest);
}

FakeGuests::Table::iterator FakeGuests::put(const std::string& host, const std::string& id,
                                            const FakeGuest& guest) {
  Table& table = hosts_[host];
  const auto found = table.find(id);
  if (guest.gone()) {
    if (found == table.end()) return found;
    --size_;
    return table.erase(found);
  }
  if (found == table.end()) {
    ++size_;
    return table.emplace(id, guest).first;
  }
  found->second = guest;
  return found;
}

std::optional<FakeGuest> FakeGuests::find(const std::string& host,
                                          const std::string& guest_id) const {
  const std::lock_guard lock(mutex_);
  const auto table = hosts_.find(host);
  if (table == hosts_.end()) return std::nullopt;
  const auto guest = table->second.find(guest_id);
  if (guest == table->second.end()) return std::nullopt;
  return guest->second;
}

void FakeGuests::update(const std::string& host, const std::string& guest_id,
                        const std::function<void(FakeGuest&)>& change) {
  if (has_separator(host) || has_separator(guest_id)) {
    throw Error("A simulated guest and its host need names without tabs and line ends.");
  }
  const std::lock_guard lock(mutex_);
  const Table& table = hosts_[host];
  const auto found = table.find(guest_id);
  const FakeGuest before = found == table.end() ? FakeGuest{} : found->second;
  FakeGuest after = before;
  change(after);
  if (after == before) return;
  if (file_ >= 0) append(line_of(host, guest_id, after));
  put(host, guest_id, after);
  if (file_ >= 0 && lines_ > kLinesBeforeRewriteMin && lines_ > 4 * size_) rewrite();
}

void FakeGuests::append(const std::string& line) {
  try {
    write_all(file_, line);
  } catch (const Error&) {
    // Half a line must not run into the next one.
    if (::ftruncate(file_, static_cast<off_t>(bytes_)) != 0) fail("cut");
    throw;
  }
  bytes_ += line.size();
  ++lines_;
}

void FakeGuests::rewrite() {
  const std::string fresh = path_ + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) fail("created");
  std::size_t bytes_new = 0;
  try {
    std::string block;
    const auto flush = [&] {
      write_all(file, block);
      bytes_new += block.size();
      block.clear();
    };
    for (const auto& [host, table] : hosts_) {
      for (const auto& [id, guest] : table) {
        block += line_of(host, id, guest);
        if (block.size() >= kRewriteBlockBytes) flush();
      }
    }
    flush();
    if (::rename(fresh.c_str(), path_.c_str()) != 0) fail("replaced");
  } catch (...) {
    ::close(file);
    throw;
  }
  if (file_ >= 0) ::close(file_);
  file_ = file;
  lines_ = size_;
  bytes_ = bytes_new;
}

void FakeGuests::each(
    const std::string& host,
    const std::function<void(const std::string& id, const FakeGuest&)>& see) const {
  const std::lock_guard lock(mutex_);
  const auto table = hosts_.find(host);
  if (table == hosts_.end()) return;
  for (const auto& [id, guest] : table->second) see(id, guest);
}

std::size_t FakeGuests::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace haneul::virt
