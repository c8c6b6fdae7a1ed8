#include "services/keystone/logic/jws_repository.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <sys/stat.h>

#include "base/log.h"

namespace haneul::keystone {
namespace {

namespace fs = std::filesystem;

constexpr Duration kReadAgainAfter = std::chrono::seconds(5);
constexpr std::int64_t kSettledMicros = 1'000'000;
constexpr std::size_t kKeysMax = 100, kFileBytesMax = 16 * 1024;
constexpr const char* kPrivate = "private.pem";
constexpr const char* kPublic = "public.pem";

std::int64_t changed_ns(const fs::path& directory) {
  struct stat about {};
  if (::stat(directory.c_str(), &about) != 0) return 0;
  return std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000 + about.st_mtim.tv_nsec;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kFileBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// Empty if it went well.
std::string write_file(const fs::path& path, const std::string& text, unsigned mode) {
  const fs::path fresh = path.string() + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  bool good = fd >= 0 && ::fchmod(fd, mode) == 0 &&
              ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  good = good && ::rename(fresh.c_str(), path.c_str()) == 0;
  return good ? std::string() : "cannot write " + path.string() + ": " + std::strerror(errno);
}

}  // namespace

JwsRepository::JwsRepository(fs::path private_directory, fs::path public_directory,
                             const Clock& clock)
    : private_(std::move(private_directory)), public_(std::move(public_directory)), clock_(clock) {}

std::shared_ptr<JwsRepository::Keys> JwsRepository::read() const {
  auto keys = std::make_shared<Keys>();
  keys->files.push_back(read_file(private_ / kPrivate));
  keys->signs = JwsKey::parse_private(keys->files.front());
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator it(public_, error), end;
       !error && it != end && paths.size() < kKeysMax; it.increment(error)) {
    std::error_code ignored;
    const bool fresh = it->path().extension() == ".new";  // being written
    if (it->is_regular_file(ignored) && !fresh) paths.push_back(it->path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    keys->files.push_back(read_file(path));
    if (auto key = JwsKey::parse_public(keys->files.back())) {
      keys->verify.push_back(std::move(*key));
    } else {
      log::warning("not a public key on the curve P-256", {{"path", path.string()}});
    }
  }
  return keys;
}

std::shared_ptr<const JwsRepository::Keys> JwsRepository::keys() const {
  const std::int64_t changed = std::max(changed_ns(private_), changed_ns(public_));
  const std::lock_guard guard(mutex_);
  if (keys_ && settled_ && changed == changed_ns_ && clock_.steady() - read_at_ < kReadAgainAfter) {
    return keys_;
  }
  const std::int64_t age_micros = clock_.now().micros - changed / 1000;
  auto fresh = read();
  fresh->generation = keys_ ? keys_->generation + (keys_->files == fresh->files ? 0 : 1) : 1;
  keys_ = std::move(fresh);
  changed_ns_ = changed;
  read_at_ = clock_.steady();
  settled_ = age_micros > kSettledMicros || age_micros < 0;
  return keys_;
}

Result<bool> JwsRepository::make(bool replace) const {
  std::error_code error;
  for (const auto& path : {private_ / kPrivate, public_ / kPublic}) {
    fs::create_directories(path.parent_path(), error);
    if (fs::exists(path, error) && !replace) return Failure{path.string() + " is there already"};
  }
  ::chmod(private_.c_str(), 0700);
  const JwsKeyPair pair = make_jws_key_pair();
  std::string wrong = write_file(public_ / kPublic, pair.public_pem, 0644);
  if (wrong.empty()) wrong = write_file(private_ / kPrivate, pair.private_pem, 0600);
  if (!wrong.empty()) return Failure{wrong};
  return true;
}

}  // namespace haneul::keystone
