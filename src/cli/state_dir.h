#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace haneul::cli {

// A directory that holds one whole cloud. Only one process works on it at a time.
class StateDir {
 public:
  enum class Missing { is_made, stays_missing };
  // Made with mode 700 if it does not exist and is to be. Throws std::runtime_error with a
  // sentence.
  explicit StateDir(std::filesystem::path path, Missing missing = Missing::is_made);
  ~StateDir();
  StateDir(const StateDir&) = delete;
  StateDir& operator=(const StateDir&) = delete;

  std::filesystem::path file(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

  // Takes the lock for as long as this object lives, or throws: another haneul has it.
  void lock();
  // The process that has the lock, if any. Throws std::runtime_error if that is no process of this
  // system (another container's, another machine's).
  std::optional<pid_t> owner() const;

  // A file's content, and writing one so that it is whole or not there, with the given mode.
  std::optional<std::string> read(const std::string& name) const;
  void write(const std::string& name, const std::string& content, unsigned mode = 0600) const;

 private:
  std::filesystem::path path_;
  int lock_fd_ = -1;
};

// What a directory holds is written there at its first start: "real", "simulated agent", … Throws
// std::runtime_error if it holds something else.
void claim(const StateDir& state, const std::string& what);

// Where a cloud lives if --state does not say: /var/lib/haneul for root, else the user's own state
// directory; simulated clouds have a directory of their own.
std::filesystem::path standard_state_dir(bool simulated);
// --state, or the standard one.
std::filesystem::path chosen_state_dir(const std::string& asked, bool simulated);

}  // namespace haneul::cli
