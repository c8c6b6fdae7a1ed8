// Feeds bytes to the bus's frames and to haneul.conf. A frame means the same when it is written
// and read again, however it was cut on its way; a file is taken or refused in one line.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bus/frame.h"
#include "config/file.h"

namespace {

using namespace haneul;

constexpr std::size_t kFrameBytesMax = 64 * 1024;

void promise(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken promise: " << what << "\n";
  std::abort();
}

// The frames until the end or the first that is malformed, in pieces of at most `piece` bytes.
std::vector<std::string> frames(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> out;
  bus::FrameReader reader(kFrameBytesMax);
  try {
    while (!bytes.empty()) {
      const std::size_t count = std::min(piece, bytes.size());
      std::memcpy(reader.input().room(count), bytes.data(), count);
      reader.input().filled(count);
      bytes.remove_prefix(count);
      while (const auto frame = reader.next()) out.push_back(bus::encode(*frame));
    }
  } catch (const bus::Malformed&) {
    out.emplace_back("malformed");
  }
  return out;
}

void wire(std::string_view bytes) {
  const auto whole = frames(bytes, std::max<std::size_t>(bytes.size(), 1));
  promise(whole == frames(bytes, 3), "pieces do not matter");
  for (const std::string& frame : whole) {
    if (frame == "malformed") continue;
    const auto again = frames(frame, frame.size());
    // Not compared: the parser rounds large doubles one unit off now and then.
    promise(again.size() == 1 && again.front() != "malformed", "what is written can be read");
  }
}

// A frame whose length is right, so that the fuzzer need not guess it.
void framed(std::string_view text) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift);
  wire(bytes.append(text));
}

struct Values {
  bool on = false;
  std::int64_t wide = 1;
  int narrow = 1;
  std::size_t size = 1;
  double real = 1;
  std::string word = "a";
  Duration pause = std::chrono::seconds(1);
  std::vector<std::string> words;
};
constexpr std::string_view kWords[] = {"a", "b"};
constexpr auto kOptions =
    config::options(config::option<&Values::on>("on"), config::option<&Values::wide>("wide"),
                    config::option<&Values::narrow>("narrow").range(-5, 100),
                    config::option<&Values::size>("size").range(1, 1000),
                    config::option<&Values::real>("real").range(0, 16),
                    config::option<&Values::word>("word").one_of(kWords),
                    config::option<&Values::pause>("pause").range(0, 3600),
                    config::option<&Values::words>("words"));

void file(std::string_view text) {
  Values values;
  const config::Section sections[] = {{"main", kOptions, &values}, {"a.b", kOptions, &values}};
  try {
    config::read_text(text, "f", sections);
  } catch (const std::runtime_error& error) {
    const std::string_view what = error.what();
    promise(what.starts_with("f:"), "an error names the line");
    return;
  }
  promise(values.narrow >= -5 && values.narrow <= 100, "an integer is within its range");
  promise(values.size >= 1 && values.size <= 1000, "a size is within its range");
  promise(values.real >= 0 && values.real <= 16, "a number is within its range");
  promise(values.word == "a" || values.word == "b", "a word is one of those allowed");
  promise(values.pause >= Duration::zero() && values.pause <= std::chrono::hours(1),
          "a time is within its range");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  switch (bytes.front() % 3) {
    case 0:
      wire(bytes.substr(1));
      break;
    case 1:
      framed(bytes.substr(1));
      break;
    default:
      file(bytes.substr(1));
  }
  return 0;
}
