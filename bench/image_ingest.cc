// What storing an image costs beside its parts: hashing and writing of the same bytes, one after
// the other, and copying a file beside reading it as a download does.
//
//   image_ingest DIRECTORY [MiB]
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <unistd.h>

#include "services/glance/blob_store.h"
#include "services/glance/ingest.h"

namespace {

namespace glance = haneul::glance;
constexpr std::size_t kPieceBytes = 1024 * 1024;

// The same megabyte again and again, as a client sends it.
class Pattern final : public haneul::http::BodyReader {
 public:
  explicit Pattern(std::uint64_t bytes) : left_(bytes), piece_(kPieceBytes, 'x') {
    for (std::size_t i = 0; i < piece_.size(); i += 7) piece_[i] = static_cast<char>(i * 31);
  }
  std::size_t read(char* out, std::size_t bytes_max) override {
    const auto n = static_cast<std::size_t>(
        std::min<std::uint64_t>({bytes_max, left_, static_cast<std::uint64_t>(piece_.size())}));
    std::memcpy(out, piece_.data(), n);
    left_ -= n;
    return n;
  }
  std::optional<std::uint64_t> length() const override { return left_; }

 private:
  std::uint64_t left_;
  std::string piece_;
};

template <class F>
double seconds(F&& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

void write_plainly(const std::string& path, std::uint64_t bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  Pattern from(bytes);
  std::string piece(kPieceBytes, '\0');
  while (const std::size_t n = from.read(piece.data(), piece.size())) {
    if (write(fd, piece.data(), n) < 0) std::exit(1);
  }
  fsync(fd);
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "image_ingest DIRECTORY [MiB]\n", 2;
  const std::string directory = argv[1];
  const std::uint64_t mib = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 512;
  const std::uint64_t bytes = mib * 1024 * 1024;
  const glance::BlobStore store(directory);
  const std::string id = "00000000-0000-4000-8000-000000000000", plain = directory + "/plain";
  const double hashing = seconds([&] {
    Pattern from(bytes);
    glance::ingest(from, -1, {UINT64_MAX});
  });
  const double writing = seconds([&] { write_plainly(plain, bytes); });
  const double both = seconds([&] {
    Pattern from(bytes);
    const auto file = store.begin();
    glance::ingest(from, file->fd(), {UINT64_MAX});
    store.keep(*file, glance::Place::images, id);
  });
  const auto read_all = [&](haneul::http::BodySource& source) {
    std::string piece(kPieceBytes, '\0');
    while (source.read(piece.data(), piece.size()) > 0) {
    }
  };
  const double download =
      seconds([&] { read_all(*store.open_source(glance::Place::images, id, 0, bytes)); });
  const auto rate = [&](double s) { return static_cast<double>(mib) / s; };
  std::cout << "hashed, two threads   " << rate(hashing) << " MiB/s\n"
            << "written, with fsync   " << rate(writing) << " MiB/s\n"
            << "stored                " << rate(both) << " MiB/s, "
            << 100 * (hashing + writing) / both << " % of hashing and then writing\n"
            << "read for a download   " << rate(download) << " MiB/s\n";
  store.remove(glance::Place::images, id);
  unlink(plain.c_str());
}
