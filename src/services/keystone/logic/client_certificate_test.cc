#include "services/keystone/logic/client_certificate.h"

#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace haneul::keystone {
namespace {

void add(X509_NAME* name, const char* kind, std::string_view text) {
  X509_NAME_add_entry_by_txt(name, kind, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
}

std::string certificate_of(std::string_view organization = "Acme, Inc = x") {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  add(subject, "CN", "first");
  add(subject, "CN", "app");
  add(subject, "O", organization);
  add(subject, "emailAddress", "a@b.test");
  add(subject, "UID", "u1");
  add(subject, "DC", "d1");
  add(subject, "serialNumber", "7");
  add(X509_get_issuer_name(certificate), "CN", "authority");
  X509_sign(certificate, key, EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

TEST(ClientCertificate, NamesAreAttributes) {
  const auto read = assertion_of_certificate(certificate_of());
  ASSERT_TRUE(read);
  const Assertion expected = {{"SSL_CLIENT_SUBJECT_DN_CN", {"app"}},
                              {"SSL_CLIENT_SUBJECT_DN_O", {"Acme, Inc = x"}},
                              {"SSL_CLIENT_SUBJECT_DN_EMAILADDRESS", {"a@b.test"}},
                              {"SSL_CLIENT_SUBJECT_DN_UID", {"u1"}},
                              {"SSL_CLIENT_SUBJECT_DN_DC", {"d1"}},
                              {"SSL_CLIENT_SUBJECT_DN_2.5.4.5", {"7"}},
                              {"SSL_CLIENT_ISSUER_DN_CN", {"authority"}}};
  EXPECT_EQ(*read, expected);
}

TEST(ClientCertificate, WhatCannotBeReadIsNone) {
  EXPECT_FALSE(assertion_of_certificate(""));
  EXPECT_FALSE(assertion_of_certificate("nonsense"));
  EXPECT_FALSE(assertion_of_certificate(certificate_of(std::string("a\0b", 3))));
}

// As Python says it: base64.urlsafe_b64encode(sha256(ssl.DER_cert_to_PEM_cert(…))).
TEST(ClientCertificate, ThumbprintsAreOfThePemForm) {
  EXPECT_EQ(certificate_thumbprint("haneul"), "_Jug41jemp1VtvGyTz021BKPZ5kw6Q75RFVuzD-MoFw=");
  EXPECT_EQ(certificate_thumbprint(std::string(100, 'x')),
            "TFE-Op0qUif8zL6EGVF_r_4ddygk_WBqNxksZPJX244=");
}

}  // namespace
}  // namespace haneul::keystone
