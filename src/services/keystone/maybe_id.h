#pragma once
#include <string>
#include <string_view>

#include "resource/codec.h"

namespace haneul::keystone {

// An id, or none: stored as '' so that unique keys count it, null on the wire and to policies.
struct MaybeId {
  std::string text;

  bool empty() const { return text.empty(); }
  operator const std::string&() const { return text; }
  bool operator==(const MaybeId&) const = default;
};

extern const resource::Codec kMaybeId;

}  // namespace haneul::keystone

template <>
struct haneul::resource::CodecOf<haneul::keystone::MaybeId> {
  static constexpr const Codec* codec() { return &haneul::keystone::kMaybeId; }
};
