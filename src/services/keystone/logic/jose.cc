#include "services/keystone/logic/jose.h"

#include <algorithm>
#include <memory>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "base/text.h"
#include "services/keystone/logic/freed_by.h"

namespace haneul::keystone {
namespace {

constexpr std::size_t kNumberBytes = 32;  // of r and of s

using Number = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string base64url_unpadded(std::string_view raw) {
  std::string text = base64url_encode(raw);
  text.erase(std::min(text.size(), text.find('=')));
  return text;
}

std::optional<std::string> base64url_strict(std::string_view text) {
  if (text.find_first_of("+/=") != text.npos) return std::nullopt;
  auto raw = base64_decode(text);
  if (!raw || base64url_unpadded(*raw) != text) return std::nullopt;
  return raw;
}

std::optional<std::string> es256_to_der(std::string_view flat) {
  if (flat.size() != 2 * kNumberBytes) return std::nullopt;
  const Signature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(bytes(flat), kNumberBytes, nullptr));
  Number s(BN_bin2bn(bytes(flat) + kNumberBytes, kNumberBytes, nullptr));
  if (!signature || !r || !s) return std::nullopt;
  ECDSA_SIG_set0(signature.get(), r.release(), s.release());  // takes both
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &out);
  if (size <= 0) return std::nullopt;
  std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

}  // namespace haneul::keystone
