#include "services/nova/ssh_key.h"

#include <memory>
#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

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

std::string pem_of(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr)) {
    throw std::runtime_error("the key cannot be written");
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

SshKey make_ssh_key() {
  constexpr unsigned kBits = 2048;
  const Pkey key(EVP_RSA_gen(kBits));
  if (!key) throw std::runtime_error("no RSA key can be made");
  std::string blob;
  append_sized(blob, "ssh-rsa");
  append_sized(blob, number_of(key.get(), OSSL_PKEY_PARAM_RSA_E));
  append_sized(blob, number_of(key.get(), OSSL_PKEY_PARAM_RSA_N));
  return {"ssh-rsa " + base64_encode(blob) + " Generated-by-Nova", pem_of(key.get())};
}

}  // namespace haneul::nova
