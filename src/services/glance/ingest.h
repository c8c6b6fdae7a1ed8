#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "http/message.h"
#include "services/glance/logic/format_inspector.h"

namespace haneul::glance {

struct Ingested {
  std::string checksum;       // MD5, hexadecimal
  std::string os_hash_value;  // SHA-512, hexadecimal
  std::int64_t size = 0;
  StreamWindow window;
};

struct IngestLimits {
  std::uint64_t bytes_max = 0;
  std::string refusal = "The incoming image is too large: The provided image is too large.";
  // Asked every 64 MiB: what it throws ends the reading. Sizes need not be announced, and others
  // write to the same disk.
  std::function<void()> look = [] {};
};

// Reads to the end, hashes both ways and writes to `fd` (-1: nowhere), each on a thread of its
// own, with 8 MiB between them. Throws what the reader throws, and Fault for more than `bytes_max`
// and for a disk that does not take it.
Ingested ingest(http::BodyReader& from, int fd, const IngestLimits& limits);

}  // namespace haneul::glance
