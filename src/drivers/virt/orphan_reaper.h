#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace haneul::virt {

// A daemon that ends stays in the process table until its parent looks, and libvirt waits for it to
// leave. The parent is process 1, which in containers and on small machines looks late or never. So
// while this lives, daemons started by this process belong to it (PR_SET_CHILD_SUBREAPER, which
// stays set), and those whose program name begins with one of `programs` are looked after: within
// 250 ms, and within 10 ms while somebody holds a Hurry. Children in the session of this process
// are left to whoever started them. At most one at a time.
class OrphanReaper {
 public:
  explicit OrphanReaper(std::vector<std::string> programs);
  ~OrphanReaper();
  OrphanReaper(const OrphanReaper&) = delete;
  OrphanReaper& operator=(const OrphanReaper&) = delete;

  class Hurry {
   public:
    explicit Hurry(OrphanReaper& reaper);
    ~Hurry();
    Hurry(const Hurry&) = delete;
    Hurry& operator=(const Hurry&) = delete;

   private:
    OrphanReaper& reaper_;
  };

 private:
  void work();
  void reap() const;
  bool is_ours(int pid) const;

  const std::vector<std::string> programs_;
  std::mutex mutex_;
  std::condition_variable wake_;
  int hurries_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace haneul::virt
