#include "services/keystone/logic/fernet.h"

#include <array>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/id.h"
#include "base/text.h"
#include "services/keystone/logic/freed_by.h"

namespace haneul::keystone {
namespace {

constexpr unsigned char kVersion = 0x80;
constexpr std::size_t kKeyBytes = 16, kBlockBytes = 16, kMacBytes = 32;
constexpr std::size_t kHeadBytes = 1 + 8 + kBlockBytes;  // version, time, first vector
constexpr std::int64_t kYear10000 = 253'402'300'800;     // Python's datetime ends here

using Mac = std::array<unsigned char, kMacBytes>;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreedBy<EVP_CIPHER_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>>;

// Looking an algorithm up by name takes longer than using it, so it is done once.
const EVP_CIPHER* aes_128_cbc() {
  static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
  return kCipher;
}

EVP_MAC* hmac() {
  static EVP_MAC* const kMac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return kMac;
}

void must(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL refuses AES-128-CBC or HMAC-SHA256");
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

struct FernetKey::Impl {
  std::string encryption;
  MacContext signing;  // holds the key; copied for each message

  explicit Impl(std::string_view key) : encryption(key.substr(kKeyBytes)) {
    signing.reset(EVP_MAC_CTX_new(hmac()));
    must(signing != nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    must(EVP_MAC_init(signing.get(), bytes(key), kKeyBytes, params) == 1);
  }
  ~Impl() { OPENSSL_cleanse(encryption.data(), encryption.size()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Mac mac(std::string_view data) const {
    const MacContext context(EVP_MAC_CTX_dup(signing.get()));
    must(context != nullptr);
    Mac out{};
    std::size_t size = 0;
    must(EVP_MAC_update(context.get(), bytes(data), data.size()) == 1);
    must(EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1);
    return out;
  }

  bool made(std::string_view data, std::string_view its_mac) const {
    return CRYPTO_memcmp(mac(data).data(), its_mac.data(), kMacBytes) == 0;
  }

  // Nothing if the padding is wrong.
  std::optional<std::string> run(bool encrypt, std::string_view vector,
                                 std::string_view data) const {
    const CipherContext context(EVP_CIPHER_CTX_new());
    must(context != nullptr);
    must(EVP_CipherInit_ex2(context.get(), aes_128_cbc(), bytes(encryption), bytes(vector),
                            encrypt ? 1 : 0, nullptr) == 1);
    std::string out(data.size() + kBlockBytes, '\0');
    int size = 0, rest = 0;
    must(EVP_CipherUpdate(context.get(), bytes(out), &size, bytes(data),
                          static_cast<int>(data.size())) == 1);
    if (EVP_CipherFinal_ex(context.get(), bytes(out) + size, &rest) != 1) return std::nullopt;
    out.resize(static_cast<std::size_t>(size + rest));
    return out;
  }

 private:
  static const unsigned char* bytes(std::string_view text) { return keystone::bytes(text); }
  static unsigned char* bytes(std::string& text) { return keystone::bytes(text); }
};

std::optional<FernetKey> FernetKey::parse(std::string_view text) {
  auto raw = base64_decode(trim(text));
  if (!raw || raw->size() != 2 * kKeyBytes) return std::nullopt;
  FernetKey key(std::make_shared<const Impl>(*raw));
  OPENSSL_cleanse(raw->data(), raw->size());
  return key;
}

std::string FernetKey::generate() {
  return base64url_encode(random_bytes(2 * kKeyBytes));
}

std::string fernet_encrypt(const FernetKeys& keys, std::string_view payload, Instant now) {
  if (keys.empty() || now.micros < 0) throw std::invalid_argument("no Fernet key, or no time");
  if (payload.size() > kFernetPayloadBytesMax) throw std::invalid_argument("payload too large");
  const FernetKey::Impl& key = keys.front().impl();
  std::string message(1, static_cast<char>(kVersion));
  const auto seconds = static_cast<std::uint64_t>(now.seconds());
  for (int shift = 56; shift >= 0; shift -= 8)
    message += static_cast<char>(seconds >> shift & 0xff);
  const std::string vector = random_bytes(kBlockBytes);
  message += vector;
  message += key.run(true, vector, payload).value();
  const Mac mac = key.mac(message);
  message.append(reinterpret_cast<const char*>(mac.data()), mac.size());
  return base64url_encode(message);
}

std::optional<FernetMessage> fernet_decrypt(const FernetKeys& keys, std::string_view text) {
  if (text.size() > kFernetTextBytesMax) return std::nullopt;
  const auto raw = base64_decode(text);
  if (!raw || raw->size() < kHeadBytes + kBlockBytes + kMacBytes) return std::nullopt;
  if (static_cast<unsigned char>(raw->front()) != kVersion) return std::nullopt;
  const std::string_view message(*raw);
  const std::string_view data = message.substr(0, message.size() - kMacBytes);
  const std::string_view secret = data.substr(kHeadBytes);
  if (secret.size() % kBlockBytes != 0) return std::nullopt;

  std::uint64_t seconds = 0;
  for (std::size_t i = 1; i <= 8; ++i) seconds = seconds << 8 | static_cast<unsigned char>(data[i]);
  if (seconds >= static_cast<std::uint64_t>(kYear10000)) return std::nullopt;

  for (const FernetKey& key : keys) {
    if (!key.impl().made(data, message.substr(data.size()))) continue;
    auto payload = key.impl().run(false, data.substr(9, kBlockBytes), secret);
    if (!payload) return std::nullopt;
    return FernetMessage{Instant::from_seconds(static_cast<std::int64_t>(seconds)),
                         std::move(*payload)};
  }
  return std::nullopt;
}

}  // namespace haneul::keystone
