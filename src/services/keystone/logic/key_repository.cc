#include "services/keystone/logic/key_repository.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"

namespace haneul::keystone {
namespace {

namespace fs = std::filesystem;

constexpr Duration kReadAgainAfter = std::chrono::seconds(5);
// File times step by a few milliseconds: two changes may show the same time.
constexpr std::int64_t kSettledMicros = 1'000'000;
constexpr std::size_t kKeyFileBytesMax = 1024;
constexpr const char* kStaged = "0";
constexpr const char* kNew = "0.tmp";

std::string failure(const std::string& what, const fs::path& path) {
  return what + " " + path.string() + ": " + std::strerror(errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Held until destroyed; -1 if it cannot be had.
Descriptor lock(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    while (::flock(fd, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  return Descriptor(fd);
}

// Empty if it went well.
std::string write_new_key(const fs::path& directory) {
  const fs::path path = directory / kNew;
  const std::string text = FernetKey::generate();
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return failure("cannot create", path);
  const bool written =
      ::fchmod(file.get(), 0600) == 0 &&
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.get()) == 0;
  return written ? std::string() : failure("cannot write", path);
}

std::string move_file(const fs::path& from, const fs::path& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? std::string() : failure("cannot rename", from);
}

std::optional<std::size_t> key_number(const std::string& name) {
  if (name.empty() || name.size() > 9) return std::nullopt;
  if (name.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return static_cast<std::size_t>(*parse_int(name));
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kKeyFileBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// -1 if there is no such directory.
std::int64_t changed_ns(const fs::path& directory) {
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0) return -1;
  return std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec;
}

}  // namespace

KeyRepository::KeyRepository(fs::path directory, const Clock& clock)
    : directory_(std::move(directory)), clock_(clock) {}

Result<bool> KeyRepository::setup() {
  std::error_code error;
  if (!fs::exists(directory_, error)) {
    fs::create_directories(directory_.parent_path(), error);
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
      return Failure{failure("cannot create", directory_)};
    }
  }
  {
    const Descriptor held = lock(directory_);
    if (held.get() < 0) return Failure{failure("cannot open", directory_)};
    if (fs::exists(directory_ / kStaged, error)) return false;
    std::string wrong = write_new_key(directory_);
    if (wrong.empty()) wrong = move_file(directory_ / kNew, directory_ / kStaged);
    if (!wrong.empty()) return Failure{wrong};
  }
  // With everything there was, so that setting up again after a loss revokes nothing.
  const auto rotated = rotate(read_files().size() + 2);
  if (!rotated) return Failure{rotated.reason()};
  return true;
}

Result<std::size_t> KeyRepository::rotate(std::size_t keys_max) {
  const Descriptor held = lock(directory_);
  if (held.get() < 0) return Failure{failure("cannot open", directory_)};
  auto files = read_files();
  const std::size_t primary = files.empty() ? 1 : files.rbegin()->first + 1;

  std::string wrong = write_new_key(directory_);
  if (wrong.empty()) {
    // Without a staged key, after a rotation that was cut off, the one just made is promoted.
    const bool staged = files.contains(0);
    wrong = move_file(directory_ / (staged ? kStaged : kNew), directory_ / std::to_string(primary));
    if (wrong.empty() && !staged) wrong = write_new_key(directory_);
  }
  if (wrong.empty()) wrong = move_file(directory_ / kNew, directory_ / kStaged);
  if (wrong.empty() && ::fsync(held.get()) != 0) wrong = failure("cannot sync", directory_);
  if (!wrong.empty()) return Failure{wrong};
  log::info("rotated the Fernet keys", {{"directory", directory_.string()}, {"primary", primary}});

  files.erase(0);
  files.emplace(primary, "");
  while (files.size() > 1 && files.size() + 1 > keys_max) {
    const fs::path oldest = directory_ / std::to_string(files.begin()->first);
    if (::unlink(oldest.c_str()) != 0) return Failure{failure("cannot remove", oldest)};
    files.erase(files.begin());
  }
  return primary;
}

std::map<std::size_t, std::string> KeyRepository::read_files() const {
  std::map<std::size_t, std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    const auto number = key_number(it->path().filename().string());
    std::error_code ignored;
    if (!number || !it->is_regular_file(ignored)) continue;
    std::string text = read_file(it->path());
    if (trim(text).empty()) {
      log::warning("an empty file among the Fernet keys", {{"path", it->path().string()}});
      continue;
    }
    files.emplace(*number, std::move(text));
  }
  return files;
}

bool KeyRepository::is_fresh(const Loaded& loaded, std::int64_t changed) const {
  return loaded.keys && loaded.settled && loaded.changed_ns == changed &&
         clock_.steady() - loaded.read_at < kReadAgainAfter;
}

void KeyRepository::look() const {
  const std::int64_t changed = changed_ns(directory_);
  if (is_fresh(loaded_, changed)) return;

  const std::int64_t age_micros = clock_.now().micros - changed / 1000;
  FernetKeys keys;
  auto files = read_files();
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (auto key = FernetKey::parse(file->second)) {
      keys.push_back(std::move(*key));
    } else {
      log::warning("not a Fernet key",
                   {{"path", (directory_ / std::to_string(file->first)).string()}});
    }
  }
  if (files != loaded_.files) ++generation_;
  const bool settled = age_micros > kSettledMicros || age_micros < 0;
  auto found = keys.empty() ? nullptr : std::make_shared<const FernetKeys>(std::move(keys));
  loaded_ = {changed, clock_.steady(), settled, std::move(found), std::move(files)};
}

Result<std::shared_ptr<const FernetKeys>> KeyRepository::keys() const {
  const std::lock_guard guard(mutex_);
  look();
  if (loaded_.keys) return loaded_.keys;
  return Failure{"no Fernet keys in " + directory_.string() + ": has it been set up?"};
}

std::shared_ptr<const FernetKeys> KeyRepository::need() const {
  auto found = keys();
  if (!found) throw Fault::internal("No keys: " + found.reason());
  return *found;
}

std::uint64_t KeyRepository::generation() const {
  const std::lock_guard guard(mutex_);
  look();
  return generation_;
}

}  // namespace haneul::keystone
