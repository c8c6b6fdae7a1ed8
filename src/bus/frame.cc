#include "bus/frame.h"

#include <algorithm>
#include <array>

#include "json/writer.h"

namespace haneul::bus {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::array<std::string_view, 5> kKinds = {"ping", "order", "answer", "failure", "event"};

std::size_t length_of(std::string_view bytes) {
  std::size_t length = 0;
  for (const char c : bytes.substr(0, kLengthBytes)) {
    length = length << 8 | static_cast<unsigned char>(c);
  }
  return length;
}

Frame decode(std::string_view text) {
  std::string why;
  auto value = json::parse(text, &why);
  const json::Array* parts = value ? value->array() : nullptr;
  if (!parts || parts->size() != 5) throw Malformed("a frame is not understood: " + why);
  const std::string* kind = (*parts)[0].text();
  const std::int64_t *id = (*parts)[1].integer(), *millis = (*parts)[3].integer();
  const std::string* name = (*parts)[2].text();
  const auto known = kind ? std::find(kKinds.begin(), kKinds.end(), *kind) : kKinds.end();
  if (known == kKinds.end() || !id || !name || !millis || *millis < 0) {
    throw Malformed("a frame is not understood");
  }
  Frame frame;
  frame.kind = static_cast<Frame::Kind>(known - kKinds.begin());
  frame.id = static_cast<std::uint64_t>(*id);
  frame.name = *name;
  // Nobody waits for a day, and more could not be counted in microseconds.
  frame.time_left = std::chrono::milliseconds(std::min<std::int64_t>(*millis, 86'400'000));
  frame.body = std::move((*value->array())[4]);
  return frame;
}

}  // namespace

std::string encode(const Frame& frame) {
  json::Writer w;
  w.begin_array().value(kKinds[static_cast<std::size_t>(frame.kind)]);
  w.value(static_cast<std::int64_t>(frame.id)).value(frame.name);
  w.value(std::chrono::duration_cast<std::chrono::milliseconds>(frame.time_left).count());
  w.value(frame.body).end_array();
  const std::string text = w.take();
  std::string out;
  out.reserve(kLengthBytes + text.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(text.size() >> shift & 0xff);
  }
  return out += text;
}

std::optional<Frame> FrameReader::next() {
  const std::string_view bytes = input_.view();
  if (bytes.size() < kLengthBytes) return std::nullopt;
  const std::size_t length = length_of(bytes);
  if (length > frame_bytes_max_) throw Malformed("a frame is too long");
  if (bytes.size() < kLengthBytes + length) return std::nullopt;
  Frame frame = decode(bytes.substr(kLengthBytes, length));
  input_.consume(kLengthBytes + length);
  return frame;
}

}  // namespace haneul::bus
