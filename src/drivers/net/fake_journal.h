#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::net {

// Lines of words appended to a file; what the fake cloud remembers when it is started again.
// Survives the death of the process, not that of the machine (no fsync). Throws Error. Not
// thread-safe.
class FakeJournal {
 public:
  // Bytes a journal may have to be read back at all.
  static constexpr std::size_t kJournalBytesMax = 256u << 20;

  explicit FakeJournal(std::string path);
  ~FakeJournal();
  FakeJournal(const FakeJournal&) = delete;
  FakeJournal& operator=(const FakeJournal&) = delete;

  // All whole lines, without their ends. What follows the last line end was torn by a crash and
  // is left out.
  std::vector<std::string> read() const;
  // Puts these lines in place of all that is there, at once: old or new after a crash.
  void rewrite(const std::vector<std::string>& lines);
  void append(std::string_view line);
  // Lines in the file now; 0 before the first rewrite.
  std::size_t lines() const { return lines_; }

 private:
  const std::string path_;
  int file_ = -1;
  std::size_t lines_ = 0;
};

}  // namespace haneul::net
