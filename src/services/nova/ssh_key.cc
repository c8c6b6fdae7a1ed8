#include "services/nova/ssh_key.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/text.h"

namespace haneul::nova {
namespace {

template <class T, void (*F)(T*)>
struct Free {
  void operator()(T* p) const { F(p); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using Bignum = std::unique_ptr<BIGNUM, Free<BIGNUM, BN_free>>;

void append_sized(std::string& out, const std::string& bytes) {
  const auto n = static_cast<std::uint32_t>(bytes.size());
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(n >> shift & 0xff);
  out += bytes;
}

// A number as SSH writes it: big-endian, with a zero in front if it would look negative.
std::string number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (!EVP_PKEY_get_bn_param(key, name, &raw)) throw std::runtime_error("the key has no number");
  const Bignum number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
  if (static_cast<unsigned char>(bytes.front()) & 0x80) bytes.insert(0, 1, '\0');
  return bytes;
}

using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;

std::string text_of(const Memory& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(EVP_PKEY* key) {
  const Memory bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr)) {
    throw std::runtime_error("the key cannot be written");
  }
  return text_of(bio);
}

constexpr unsigned kBits = 2048;
constexpr long kYears = 10, kYearSeconds = 365L * 24 * 3600;

void add_extension(X509* certificate, int what, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
  if (!extension) throw std::runtime_error("the certificate takes no extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

X509Key make_x509_key(const std::string& user_id) {
  const Pkey key(EVP_RSA_gen(kBits));
  const Certificate certificate(X509_new());
  if (!key || !certificate) throw std::runtime_error("no certificate can be made");
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), 0);
  X509_gmtime_adj(X509_getm_notAfter(x), kYears * kYearSeconds);
  X509_set_pubkey(x, key.get());
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(user_id.data()),
                             static_cast<int>(std::min<std::size_t>(user_id.size(), 64)), -1, 0);
  X509_set_issuer_name(x, name);
  add_extension(x, NID_ext_key_usage, "clientAuth");
  const auto other = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:" + user_id + "@localhost";
  add_extension(x, NID_subject_alt_name, other.c_str());
  const Memory bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!X509_sign(x, key.get(), EVP_sha256()) || !PEM_write_bio_X509(bio.get(), x)) {
    throw std::runtime_error("the certificate cannot be signed");
  }
  return {text_of(bio), pem_of(key.get())};
}

std::optional<std::string> x509_fingerprint(const std::string& pem) {
  const Memory bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!certificate || !X509_digest(certificate.get(), EVP_sha1(), digest, &size)) {
    ERR_clear_error();
    return std::nullopt;
  }
  std::string out;
  for (unsigned int i = 0; i < size; ++i) out += fmt::format("{}{:02x}", i ? ":" : "", digest[i]);
  return out;
}

SshKey make_ssh_key() {
  const Pkey key(EVP_RSA_gen(kBits));
  if (!key) throw std::runtime_error("no RSA key can be made");
  std::string blob;
  append_sized(blob, "ssh-rsa");
  append_sized(blob, number_of(key.get(), OSSL_PKEY_PARAM_RSA_E));
  append_sized(blob, number_of(key.get(), OSSL_PKEY_PARAM_RSA_N));
  return {"ssh-rsa " + base64_encode(blob) + " Generated-by-Nova", pem_of(key.get())};
}

}  // namespace haneul::nova
