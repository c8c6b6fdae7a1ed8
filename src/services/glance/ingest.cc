#include "services/glance/ingest.h"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <openssl/evp.h>

#include "base/fault.h"
#include "base/text.h"

namespace haneul::glance {
namespace {

constexpr std::size_t kBlockBytes = 1024 * 1024;
constexpr std::size_t kBlocks = 8;
constexpr std::uint64_t kLookBytes = 64 * 1024 * 1024;

// One producer fills blocks in a ring, and every taker sees each of them once, in order.
class Relay {
 public:
  using Take = std::function<void(std::string_view)>;

  explicit Relay(std::vector<Take> takers) : takers_(std::move(takers)), done_(takers_.size()) {
    for (auto& block : blocks_) block.bytes.reset(new char[kBlockBytes]);
    for (std::size_t i = 0; i < takers_.size(); ++i) {
      threads_.emplace_back([this, i] { run(i); });
    }
  }
  ~Relay() { finish(); }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // The next free block, when all have let go of it. Throws what a taker threw.
  char* next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return thrown_ || blocks_[filled_ % kBlocks].takers_left == 0; });
    if (thrown_) std::rethrow_exception(thrown_);
    return blocks_[filled_ % kBlocks].bytes.get();
  }
  void put(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      auto& block = blocks_[filled_ % kBlocks];
      block.used = bytes;
      block.takers_left = takers_.size();
      ++filled_;
    }
    changed_.notify_all();
  }
  // Waits for the takers; throws what one of them threw.
  void close() {
    finish();
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t used = 0, takers_left = 0;
  };

  void finish() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  void run(std::size_t taker) {
    pthread_setname_np(pthread_self(), "glance-ingest");
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return thrown_ || done_[taker] < filled_ || closing_; });
      if (thrown_ || done_[taker] == filled_) return;
      Block& block = blocks_[done_[taker] % kBlocks];
      lock.unlock();
      std::exception_ptr thrown;
      try {
        takers_[taker]({block.bytes.get(), block.used});
      } catch (const std::exception&) {
        thrown = std::current_exception();
      }
      lock.lock();
      if (thrown) thrown_ = thrown;
      ++done_[taker];
      const bool free = --block.takers_left == 0;
      lock.unlock();
      if (free || thrown) changed_.notify_all();
    }
  }

  const std::vector<Take> takers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Block, kBlocks> blocks_;
  std::size_t filled_ = 0;
  std::vector<std::size_t> done_;
  bool closing_ = false;
  std::exception_ptr thrown_;
  std::vector<std::thread> threads_;
};

class Hash {
 public:
  explicit Hash(const EVP_MD* kind) : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }
  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), out.data(), &size);
    return to_hex({reinterpret_cast<const char*>(out.data()), size});
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      throw Fault(Fault::Kind::too_large,
                  "Image storage media is full: There is not enough disk space on the image "
                  "storage media.");
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Fills a block as far as the reader gives; 0 at the end.
std::size_t fill(http::BodyReader& from, char* block) {
  std::size_t used = 0;
  while (used < kBlockBytes) {
    const std::size_t n = from.read(block + used, kBlockBytes - used);
    if (n == 0) break;
    used += n;
  }
  return used;
}

}  // namespace

Ingested ingest(http::BodyReader& from, int fd, const IngestLimits& limits) {
  Ingested out;
  Hash md5(EVP_md5()), sha512(EVP_sha512());
  std::vector<Relay::Take> takers{[&](std::string_view b) { md5.add(b); },
                                  [&](std::string_view b) { sha512.add(b); }};
  if (fd >= 0) takers.emplace_back([fd](std::string_view b) { write_all(fd, b); });
  {
    Relay relay(std::move(takers));
    for (;;) {
      char* block = relay.next();
      const std::size_t used = fill(from, block);
      if (used == 0) break;
      out.window.feed({block, used});
      const std::uint64_t size = out.window.size();
      if (size > limits.bytes_max) throw Fault(Fault::Kind::too_large, limits.refusal);
      if (size / kLookBytes != (size - used) / kLookBytes) limits.look();
      relay.put(used);
    }
    relay.close();
  }
  out.size = static_cast<std::int64_t>(out.window.size());
  out.checksum = md5.hex();
  out.os_hash_value = sha512.hex();
  return out;
}

}  // namespace haneul::glance
