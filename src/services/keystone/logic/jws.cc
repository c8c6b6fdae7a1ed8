#include "services/keystone/logic/jws.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "json/value.h"
#include "services/keystone/logic/freed_by.h"
#include "services/keystone/logic/jose.h"

namespace haneul::keystone {

using OwnedKey = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

struct JwsKey::Impl {
  OwnedKey key;
};

namespace {

using Bio = std::unique_ptr<BIO, FreedBy<BIO_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>>;

constexpr std::size_t kNumberBytes = 32;  // of r and of s
constexpr std::size_t kPemBytesMax = 16 * 1024;

std::shared_ptr<const JwsKey::Impl> as_p256(OwnedKey key) {
  char curve[64] = {};
  std::size_t size = 0;
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key.get(), curve, sizeof(curve), &size) != 1 ||
      std::string_view(curve, size) != "prime256v1") {
    return nullptr;
  }
  return std::make_shared<const JwsKey::Impl>(JwsKey::Impl{std::move(key)});
}

Bio reader(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min(pem.size(), kPemBytesMax))));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// r and s one after the other, as the standard has it, from OpenSSL's DER.
std::string flat_signature(std::string_view der) {
  const unsigned char* at = bytes(der);
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string flat(2 * kNumberBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(flat.data());
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kNumberBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kNumberBytes, kNumberBytes) < 0) {
    throw std::runtime_error("OpenSSL made no ES256 signature");
  }
  return flat;
}

bool verifies(const JwsKey& key, std::string_view signed_part, std::string_view der) {
  const Digest digest(EVP_MD_CTX_new());
  return digest &&
         EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.impl().key.get()) ==
             1 &&
         EVP_DigestVerify(digest.get(), bytes(der), der.size(), bytes(signed_part),
                          signed_part.size()) == 1;
}

bool is_es256(std::string_view header) {
  const auto raw = base64url_strict(header);
  const auto value = raw ? json::parse(*raw) : std::nullopt;
  if (!value || !value->object() || value->object()->has("crit")) return false;
  const auto* algorithm = value->at({"alg"});
  return algorithm && algorithm->text() && *algorithm->text() == "ES256";
}

}  // namespace

std::optional<JwsKey> JwsKey::parse_private(std::string_view pem) {
  const Bio bio = reader(pem);
  auto impl = as_p256(OwnedKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)));
  return impl ? std::optional(JwsKey(std::move(impl))) : std::nullopt;
}

std::optional<JwsKey> JwsKey::parse_public(std::string_view pem) {
  const Bio bio = reader(pem);
  auto impl = as_p256(OwnedKey(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)));
  return impl ? std::optional(JwsKey(std::move(impl))) : std::nullopt;
}

JwsKeyPair make_jws_key_pair() {
  const OwnedKey key(EVP_EC_gen("P-256"));
  const Bio secret(BIO_new(BIO_s_mem())), open(BIO_new(BIO_s_mem()));
  if (!key || !secret || !open ||
      PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
    throw std::runtime_error("OpenSSL makes no key on the curve P-256");
  }
  return {text_of(secret.get()), text_of(open.get())};
}

std::string jws_sign(std::string_view payload, const JwsKey& private_key) {
  std::string text =
      base64url_unpadded(R"({"alg":"ES256","typ":"JWT"})") + "." + base64url_unpadded(payload);
  const Digest digest(EVP_MD_CTX_new());
  std::string der(256, '\0');
  std::size_t size = der.size();
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  if (!digest ||
      EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr,
                         private_key.impl().key.get()) != 1 ||
      EVP_DigestSign(digest.get(), out, &size, bytes(text), text.size()) != 1) {
    throw std::runtime_error("OpenSSL made no ES256 signature");
  }
  return text + "." + base64url_unpadded(flat_signature(std::string_view(der).substr(0, size)));
}

std::optional<std::string> jws_verify(std::string_view text, const std::vector<JwsKey>& keys) {
  if (text.size() > kJwsTextBytesMax) return std::nullopt;
  const auto parts = split(text, '.');
  if (parts.size() != 3 || !is_es256(parts[0])) return std::nullopt;
  const auto flat = base64url_strict(parts[2]);
  const auto der = flat ? es256_to_der(*flat) : std::nullopt;
  if (!der) return std::nullopt;
  const auto signed_part = text.substr(0, parts[0].size() + 1 + parts[1].size());
  for (const JwsKey& key : keys) {
    if (verifies(key, signed_part, *der)) return base64url_strict(parts[1]);
  }
  return std::nullopt;
}

}  // namespace haneul::keystone
