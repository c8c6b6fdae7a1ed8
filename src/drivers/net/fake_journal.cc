#include "drivers/net/fake_journal.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "drivers/net/driver.h"

namespace haneul::net {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw Error("cannot " + what + " " + path + ": " + std::strerror(errno));
}

void write_all(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string slurp(int file, const std::string& path) {
  std::string text;
  char part[65536];
  for (;;) {
    const ssize_t n = ::read(file, part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path);
    if (n == 0) return text;
    text.append(part, static_cast<std::size_t>(n));
    if (text.size() > FakeJournal::kJournalBytesMax) throw Error(path + " is too large");
  }
}

}  // namespace

FakeJournal::FakeJournal(std::string path) : path_(std::move(path)) {}

FakeJournal::~FakeJournal() {
  if (file_ >= 0) ::close(file_);
}

std::vector<std::string> FakeJournal::read() const {
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return {};
  if (file < 0) fail("open", path_);
  std::string text;
  try {
    text = slurp(file, path_);
  } catch (const Error&) {
    ::close(file);
    throw;
  }
  ::close(file);
  std::vector<std::string> lines;
  std::size_t from = 0;
  for (std::size_t end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
    lines.push_back(text.substr(from, end - from));
  }
  return lines;
}

void FakeJournal::rewrite(const std::vector<std::string>& lines) {
  const std::string fresh = path_ + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) fail("create", fresh);
  std::string text;
  for (const auto& line : lines) text.append(line).push_back('\n');
  try {
    write_all(file, text, fresh);
  } catch (const Error&) {
    ::close(file);
    throw;
  }
  if (::rename(fresh.c_str(), path_.c_str()) != 0) {
    ::close(file);
    fail("replace", path_);
  }
  if (file_ >= 0) ::close(file_);
  file_ = file;
  lines_ = lines.size();
}

void FakeJournal::append(std::string_view line) {
  std::string text(line);
  text.push_back('\n');
  write_all(file_, text, path_);
  ++lines_;
}

}  // namespace haneul::net
