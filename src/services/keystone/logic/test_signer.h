#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/text.h"

namespace haneul::keystone {

inline std::string encoded(std::string_view bytes) {
  auto text = base64url_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

// An identity provider's key pair, and tokens signed with it. For tests.
class Signer {
 public:
  explicit Signer(bool ec)
      : ec_(ec), key_(ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), EVP_PKEY_free) {}

  std::string jwk(std::string_view id) const {
    if (ec_) {
      return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"}})", id,
                         number(OSSL_PKEY_PARAM_EC_PUB_X, 32),
                         number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }
    return fmt::format(R"({{"kty":"RSA","use":"sig","kid":"{}","n":"{}","e":"{}"}})", id,
                       number(OSSL_PKEY_PARAM_RSA_N, 256), number(OSSL_PKEY_PARAM_RSA_E, 3));
  }

  std::string token(std::string_view header, std::string_view claims, bool pss = false) const {
    const std::string text = encoded(header) + "." + encoded(claims);
    return text + "." + encoded(sign(text, pss));
  }

 private:
  std::string number(const char* name, int size) const {
    BIGNUM* bn = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &bn);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(bn, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(bn);
    return encoded(bytes);
  }
  std::string sign(const std::string& text, bool pss) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    EVP_DigestSignInit(context, &parameters, EVP_sha256(), nullptr, key_.get());
    if (pss) {
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 512;
    std::string out(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    out.resize(size);
    return ec_ ? raw(out) : out;
  }
  static std::string raw(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string out(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + 32, 32);
    ECDSA_SIG_free(signature);
    return out;
  }

  const bool ec_;
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

}  // namespace haneul::keystone
