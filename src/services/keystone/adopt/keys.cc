#include <fcntl.h>
#include <fstream>
#include <map>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/adopt/adopt.h"
#include "services/keystone/logic/fernet.h"

namespace haneul::keystone {
namespace {

namespace fs = std::filesystem;

using KeyFiles = std::map<std::string, std::string>;  // number → key

KeyFiles read_keys(const fs::path& directory) {
  KeyFiles keys;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string text;
    std::ifstream(it->path()) >> text;
    if (FernetKey::parse(text)) keys[name] = text;
  }
  return keys;
}

void write_key(const fs::path& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool good = fd >= 0 &&
                    ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!good) throw std::runtime_error(fmt::format("cannot write {}", path.string()));
}

void move_directory(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) {
    throw std::runtime_error(
        fmt::format("cannot rename {} to {}: {}", from.string(), to.string(), failed.message()));
  }
}

}  // namespace

AdoptedKeys adopt_token_keys(const fs::path& from, const Options& options, bool only_look) {
  const KeyFiles theirs = read_keys(from);
  if (theirs.empty()) {
    throw std::runtime_error(fmt::format("there are no Fernet keys in {}", from.string()));
  }
  const fs::path here = options.key_directory / "fernet-keys";
  const AdoptedKeys result{.keys = theirs.size(), .changed = read_keys(here) != theirs};
  if (!result.changed || only_look) return result;
  const fs::path fresh = options.key_directory / "fernet-keys.new",
                 old = options.key_directory / "fernet-keys.before-adoption";
  fs::remove_all(fresh);
  fs::create_directories(fresh);
  fs::permissions(fresh, fs::perms::owner_all);
  for (const auto& [number, key] : theirs) write_key(fresh / number, key);
  if (fs::exists(here)) {
    fs::remove_all(old);
    move_directory(here, old);
  }
  move_directory(fresh, here);
  return result;
}

}  // namespace haneul::keystone
