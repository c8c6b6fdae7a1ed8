// What storing and fetching so many bytes costs without a cloud: hashing them (MD5 and SHA-512, as
// an image is) on two threads while they are written, and copying them from a file through a TCP
// connection over loopback, as a client of the same machine gets them.
//
//   bytes DIRECTORY [MiB]      prints MiB per second: hashed and written, copied
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>

#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/socket.h>

namespace {

constexpr std::size_t kPieceBytes = 1024 * 1024;

template <class F>
double seconds(F&& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

std::string pattern() {
  std::string piece(kPieceBytes, 'x');
  for (std::size_t i = 0; i < piece.size(); i += 7) piece[i] = static_cast<char>(i * 31);
  return piece;
}

void must(bool good, const char* what) {
  if (good) return;
  std::cerr << "bytes: " << what << "\n";
  std::exit(1);
}

void hash(const EVP_MD* kind, const std::string& piece, std::size_t pieces) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  must(EVP_DigestInit_ex(context, kind, nullptr) == 1, "no such digest");
  for (std::size_t i = 0; i < pieces; ++i) EVP_DigestUpdate(context, piece.data(), piece.size());
  EVP_MD_CTX_free(context);
}

void send_all(int to, const char* from, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t n = write(to, from, bytes);
    must(n > 0, "cannot write");
    from += n;
    bytes -= static_cast<std::size_t>(n);
  }
}

// Two ends of a TCP connection over loopback.
void connect_pair(int ends[2]) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto* where = reinterpret_cast<sockaddr*>(&at);
  must(bind(listener, where, size) == 0 && listen(listener, 1) == 0, "cannot listen");
  must(getsockname(listener, where, &size) == 0, "no address");
  ends[0] = socket(AF_INET, SOCK_STREAM, 0);
  must(connect(ends[0], where, size) == 0, "cannot connect");
  ends[1] = accept(listener, nullptr, nullptr);
  must(ends[1] >= 0, "cannot accept");
  close(listener);
}

void drain(int from, int to) {
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    const ssize_t n = read(from, piece.data(), piece.size());
    if (n <= 0) break;
    if (to >= 0) send_all(to, piece.data(), static_cast<std::size_t>(n));
  }
}

// The bytes come through a socket, as an upload's do; one thread hashes each way and one writes.
double hash_and_write(const std::string& path, std::size_t pieces) {
  const std::string piece = pattern();
  return seconds([&] {
    int ends[2];
    connect_pair(ends);
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(file >= 0, "cannot make the file");
    std::thread md5([&] { hash(EVP_md5(), piece, pieces); });
    std::thread sha([&] { hash(EVP_sha512(), piece, pieces); });
    std::thread from([&] {
      for (std::size_t i = 0; i < pieces; ++i) send_all(ends[0], piece.data(), piece.size());
      close(ends[0]);
    });
    drain(ends[1], file);
    for (std::thread* t : {&md5, &sha, &from}) t->join();
    must(fsync(file) == 0, "cannot sync");
    close(file);
    close(ends[1]);
  });
}

double copy(const std::string& path) {
  return seconds([&] {
    int ends[2];
    connect_pair(ends);
    std::thread out([&] {
      const int file = open(path.c_str(), O_RDONLY);
      drain(file, ends[0]);
      close(file);
      close(ends[0]);
    });
    drain(ends[1], -1);
    out.join();
    close(ends[1]);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::cerr << "bytes DIRECTORY [MiB]\n", 2;
  const std::size_t mib = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1024;
  const std::string path = std::string(argv[1]) + "/bytes.tmp";
  const double in = hash_and_write(path, mib), out = copy(path);
  unlink(path.c_str());
  std::cout << static_cast<double>(mib) / in << " " << static_cast<double>(mib) / out << "\n";
}
