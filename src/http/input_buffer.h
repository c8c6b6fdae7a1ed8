#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace haneul::http {

// Bytes received and not yet used, in one piece.
class InputBuffer {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Room for at least `count` bytes behind the present ones; call filled() with those written.
  char* room(std::size_t count) {
    if (capacity_ - end_ < count) make_room(count);
    return bytes_.get() + end_;
  }
  // How much room() gives at present.
  std::size_t free_bytes() const { return capacity_ - end_; }
  void filled(std::size_t count) { end_ += count; }

  // Gives memory back if there is more than `keep_max` bytes and none are in use.
  void shrink(std::size_t keep_max) {
    if (!empty() || capacity_ <= keep_max) return;
    bytes_.reset();
    capacity_ = 0;
  }

 private:
  void make_room(std::size_t count) {
    const std::size_t used = size();
    if (used + count <= capacity_) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      const std::size_t capacity = std::max(used + count, 2 * capacity_);
      auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
      if (used > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, used);
      bytes_ = std::move(bytes);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace haneul::http
