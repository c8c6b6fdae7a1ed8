#include "http/tls.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "http/test_front.h"

namespace haneul::http::test {
namespace {

using std::chrono::seconds;

// A key and its self-signed certificate in a folder of their own.
struct Certificate {
  explicit Certificate(std::string_view name)
      : folder(std::filesystem::temp_directory_path() /
               ("haneul-tls-" + std::string(name) + "-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* subject = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>("haneul");
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_sign(certificate, key, EVP_sha256());
    write(tls.certificate_path = folder / "cert.pem",
          [&](BIO* out) { PEM_write_bio_X509(out, certificate); });
    write(tls.key_path = folder / "key.pem", [&](BIO* out) {
      PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder); }

  template <class Write>
  static void write(const std::string& path, Write put) {
    BIO* out = BIO_new_file(path.c_str(), "w");
    put(out);
    BIO_free(out);
  }

  const std::filesystem::path folder;
  Server::Tls tls;
};

// Speaks TLS over a Client's socket; whole answers only.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version = 0, const Server::Tls* own = nullptr)
      : raw_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    if (own != nullptr) {
      SSL_CTX_use_certificate_chain_file(context_, own->certificate_path.c_str());
      SSL_CTX_use_PrivateKey_file(context_, own->key_path.c_str(), SSL_FILETYPE_PEM);
    }
    if (version != 0) {
      SSL_CTX_set_security_level(context_, 0);
      SSL_CTX_set_min_proto_version(context_, version);
      SSL_CTX_set_max_proto_version(context_, version);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, raw_.fd());
    connected = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int count = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  // The body of the next answer, less if the connection ends.
  std::string receive(std::size_t body_bytes) {
    for (;;) {
      const auto head = buffered_.find("\r\n\r\n");
      if (head != std::string::npos && buffered_.size() >= head + 4 + body_bytes) {
        std::string body = buffered_.substr(head + 4, body_bytes);
        buffered_.erase(0, head + 4 + body_bytes);
        return body;
      }
      char bytes[16 * 1024];
      const int count = SSL_read(ssl_, bytes, sizeof(bytes));
      if (count <= 0) return std::exchange(buffered_, {});
      buffered_.append(bytes, static_cast<std::size_t>(count));
    }
  }

  // The server said goodbye properly.
  bool ends() {
    char byte = 0;
    const int count = SSL_read(ssl_, &byte, 1);
    return SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN;
  }

  int version() const { return SSL_version(ssl_); }
  bool connected = false;

 private:
  Client raw_;
  SSL_CTX* context_;
  SSL* ssl_;
  std::string buffered_;
};

struct TlsServer : TestServer {
  TlsServer() : certificate("server") {
    tls_port = server.listen("127.0.0.1", 0, "tls", &certificate.tls);
    start();
  }
  Certificate certificate;
  std::uint16_t tls_port = 0;
};

std::string put(std::string_view path, const std::string& body) {
  return "PUT " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

TEST(Tls, AnswersBothVersions) {
  TlsServer front;
  front.handler.on_handle = [](Request& request) {
    return Response::json(200, request.tls ? request.listener : "plain");
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(front.tls_port, version);
    ASSERT_TRUE(client.connected);
    EXPECT_EQ(client.version(), version);
    for (int i = 0; i < 3; ++i) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_EQ(client.receive(3), "tls");
    }
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.receive(3), "tls");
    EXPECT_TRUE(client.ends());
  }
  EXPECT_EQ(Client(front.port).get("/").body, "plain");
}

TEST(Tls, OldVersionsAreRefused) {
  TlsServer front;
  EXPECT_FALSE(TlsClient(front.tls_port, TLS1_1_VERSION).connected);
}

TEST(Tls, PipelinesAndLargeBodies) {
  TlsServer front;
  front.handler.on_plan = [](const Request& head) {
    return BodyPlan{head.path == "/stream", 64 << 20};
  };
  front.handler.on_handle = [](Request& request) {
    if (request.stream == nullptr) return Response::json(200, request.body);
    std::string text(10 << 20, 0);
    std::size_t done = 0;
    while (const auto count = request.stream->read(text.data() + done, text.size() - done)) {
      done += count;
    }
    return Response::json(200, text.substr(0, done));
  };
  std::string body(5'000'000, 0);
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + i / 999);
  TlsClient client(front.tls_port);
  for (const char* path : {"/", "/stream", "/"}) {
    client.send(put(path, body));
    EXPECT_TRUE(client.receive(body.size()) == body) << path;
  }
  client.send(put("/a", "1") + put("/stream", "2") + put("/c", "3"));
  for (const char* body_sent : {"1", "2", "3"}) EXPECT_EQ(client.receive(1), body_sent);
}

TEST(Tls, StreamedAnswers) {
  struct Letters final : BodySource {
    int left = 3'000'000;
    std::size_t read(char* out, std::size_t bytes_max) override {
      const auto count = std::min<std::size_t>(bytes_max, static_cast<std::size_t>(left));
      std::fill_n(out, count, 'z');
      left -= static_cast<int>(count);
      return count;
    }
    std::optional<std::uint64_t> length() const override { return 3'000'000; }
  };
  TlsServer front;
  front.handler.on_handle = [](Request&) {
    Response response = Response::empty(200);
    response.stream = std::make_shared<Letters>();
    return response;
  };
  TlsClient client(front.tls_port);
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.receive(3'000'000) == std::string(3'000'000, 'z'));
  }
}

TEST(Tls, RefusalsAreReadable) {
  TlsServer front;
  TlsClient client(front.tls_port);
  client.send("nonsense\r\n\r\n");
  EXPECT_EQ(client.receive(5).substr(0, 5), "Bad R");
}

TEST(Tls, PlainTextToATlsPortIsClosed) {
  TlsServer front;
  Client client(front.tls_port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (client.receive()) continue;
  EXPECT_EQ(client.buffered.find("HTTP"), std::string::npos);
}

TEST(Tls, SlowHandshakesEnd) {
  TlsServer front;
  Client client(front.tls_port);
  client.send("\x16\x03\x01");
  front.pass_time_until_readable(client, seconds(1));
  EXPECT_TRUE(client.ends());
}

// Of a PEM file with one certificate.
std::string der_of(const std::string& path) {
  BIO* in = BIO_new_file(path.c_str(), "r");
  X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  X509_free(certificate);
  BIO_free(in);
  return out;
}

TEST(Tls, ClientsMayBringACertificateOfAnAuthority) {
  Certificate known("known");
  const Certificate stranger("stranger");
  TestServer front;
  known.tls.client_authorities_path = known.tls.certificate_path;
  const auto port = front.server.listen("127.0.0.1", 0, "tls", &known.tls);
  front.start();
  front.handler.on_handle = [](Request& request) {
    return Response::json(200, request.certificate + "|");
  };
  const auto expected = der_of(known.tls.certificate_path);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port, version, &known.tls);
    for (int i = 0; i < 2; ++i) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_TRUE(client.receive(expected.size() + 1) == expected + "|");
    }
    TlsClient without(port, version);
    without.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(without.receive(1), "|");
    TlsClient refused(port, version, &stranger.tls);
    refused.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(refused.receive(1), "");
  }
  // Who does not ask for certificates knows none.
  TlsServer other;
  other.handler.on_handle = front.handler.on_handle;
  TlsClient client(other.tls_port, 0, &known.tls);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive(1), "|");
}

std::string why(const std::string& certificate, const std::string& key,
                const std::string& authorities = {}) {
  try {
    const TlsContext context(certificate, key, authorities);
    return "fine";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

TEST(Tls, SaysWhatIsWrongWithTheFiles) {
  const Certificate one("one"), two("two");
  EXPECT_EQ(why(one.tls.certificate_path, one.tls.key_path), "fine");
  EXPECT_EQ(why("/no/cert.pem", one.tls.key_path),
            "Cannot use the certificate /no/cert.pem: No such file or directory");
  EXPECT_EQ(why(one.tls.certificate_path, "/no/key.pem"),
            "Cannot use the key /no/key.pem: No such file or directory");
  EXPECT_EQ(why(one.tls.certificate_path, two.tls.key_path),
            "Cannot use the key " + two.tls.key_path + ": key values mismatch");
  const std::string garbage = one.folder / "garbage.pem";
  std::ofstream(garbage) << "nothing";
  EXPECT_EQ(why(garbage, one.tls.key_path),
            "Cannot use the certificate " + garbage + ": no start line");
  EXPECT_TRUE(why(one.tls.certificate_path, one.tls.key_path, garbage)
                  .starts_with("Cannot use the file of client authorities " + garbage));
}

}  // namespace
}  // namespace haneul::http::test
