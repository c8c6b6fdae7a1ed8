#include "services/keystone/logic/digest.h"

#include <array>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

namespace haneul::keystone {
namespace {

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const char* digest, std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  std::size_t size = 0;
  // OpenSSL takes a null key for none at all.
  const char* secret = key.empty() ? "" : key.data();
  if (!EVP_Q_mac(nullptr, "HMAC", nullptr, digest, nullptr, secret, key.size(), bytes(data),
                 data.size(), out.data(), out.size(), &size)) {
    throw std::runtime_error(std::string("OpenSSL has no HMAC-") + digest);
  }
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

std::string sha256(std::string_view data) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
  SHA256(bytes(data), data.size(), out.data());
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string hmac_sha1(std::string_view key, std::string_view data) {
  return hmac("SHA1", key, data);
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  return hmac("SHA256", key, data);
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace haneul::keystone
