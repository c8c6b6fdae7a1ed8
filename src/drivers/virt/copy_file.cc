#include "drivers/virt/copy_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "drivers/virt/driver.h"

namespace haneul::virt {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

[[noreturn]] void fail(const char* what) {
  throw Error(fmt::format("The image could not be {}: {}.", what, std::strerror(errno)));
}

struct File {
  int fd;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

// Falls back to reading and writing where the kernel cannot copy between the two.
void copy_range(int from, int to, off_t begin, off_t end, std::vector<char>& block) {
  off_t in = begin;
  off_t out = begin;
  while (in < end) {
    const auto left = static_cast<std::size_t>(end - in);
    const ssize_t n = ::copy_file_range(from, &in, to, &out, left, 0);
    if (n > 0) continue;
    if (n < 0 && errno == ENOSPC) fail("written");
    break;
  }
  while (in < end) {
    const ssize_t n =
        ::pread(from, block.data(), std::min<std::size_t>(block.size(), end - in), in);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("read");
    for (ssize_t done = 0; done < n;) {
      const ssize_t w =
          ::pwrite(to, block.data() + done, static_cast<std::size_t>(n - done), in + done);
      if (w < 0 && errno == EINTR) continue;
      if (w < 0) fail("written");
      done += w;
    }
    in += n;
  }
}

void copy_data(int from, int to, off_t size) {
  std::vector<char> block(kBlockBytes);
  for (off_t at = 0; at < size;) {
    const off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;
    const off_t begin = data < 0 ? at : data;
    const off_t hole = ::lseek(from, begin, SEEK_HOLE);
    const off_t end = hole < 0 ? size : std::min(hole, size);
    copy_range(from, to, begin, end, block);
    at = end;
  }
}

}  // namespace

void copy_file(const std::string& from, const std::string& to) {
  const File in{::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat s {};
  if (in.fd < 0 || ::fstat(in.fd, &s) != 0) fail("read on this host");
  const File out{::open(to.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (out.fd < 0) fail("written");
  if (::ioctl(out.fd, FICLONE, in.fd) != 0) {
    if (::ftruncate(out.fd, s.st_size) != 0) fail("written");
    copy_data(in.fd, out.fd, s.st_size);
  }
  if (::fdatasync(out.fd) != 0) fail("written");
}

}  // namespace haneul::virt
