#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "drivers/directory/directory.h"

namespace haneul::directory {

// A directory in memory, for tests. Understands filters of &, |, !, =, and * in values, and Active
// Directory's rule for chains of members; attribute names and values ignore case. Safe from any
// thread.
class FakeDirectory final : public Directory {
 public:
  // An entry of that name is replaced. The attribute userPassword is what accepts() compares.
  void put(Entry entry);
  void remove(const std::string& dn);
  // From now on nothing is answered, or everything again.
  void set_reachable(bool reachable);
  // What was asked for, last first.
  std::vector<Search> searches() const;

  std::vector<Entry> search(const Search& wanted) override;
  bool accepts(const std::string& dn, const std::string& password) override;

 private:
  void check_reachable() const;

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::vector<Search> searches_;
  bool reachable_ = true;
};

}  // namespace haneul::directory
