#include "services/keystone/token_format.h"

#include <stdexcept>

#include <fmt/format.h>

#include "base/fault.h"
#include "services/keystone/logic/jws.h"
#include "services/keystone/logic/jws_repository.h"

namespace haneul::keystone {
namespace {

class FernetFormat final : public TokenFormat {
 public:
  FernetFormat(const KeyRepository& keys, AuthMethods methods) : keys_(keys), methods_(methods) {}

  std::string encode(const TokenPayload& token) override {
    return encode_token(token, *keys_.need(), token.issued_at, methods_);
  }
  std::optional<TokenPayload> decode(std::string_view text) override {
    if (text.size() > kFernetTextBytesMax) return std::nullopt;
    return decode_token(text, *keys_.need(), methods_);
  }
  std::uint64_t keys_generation() override { return keys_.generation(); }
  std::string unreadable(std::string_view) const override {
    return "Could not recognize Fernet token";
  }

 private:
  const KeyRepository& keys_;
  const AuthMethods methods_;
};

JwsRepository repository_of(const Options& options, const Clock& clock) {
  const auto standard = options.key_directory / "jws-keys";
  const auto chosen = [&](const std::string& given, const char* usual) {
    return given.empty() ? standard / usual : std::filesystem::path(given);
  };
  return JwsRepository(chosen(options.jws_private_keys, "private"),
                       chosen(options.jws_public_keys, "public"), clock);
}

class JwsFormat final : public TokenFormat {
 public:
  JwsFormat(const Options& options, const Clock& clock) : keys_(repository_of(options, clock)) {
    const auto keys = keys_.keys();
    if (!keys->signs || keys->verify.empty()) {
      throw std::runtime_error(
          "[keystone.token] provider = jws needs keys in jws_private_key_repository and "
          "jws_public_key_repository; haneul create-jws-keypair makes them");
    }
  }

  std::string encode(const TokenPayload& token) override {
    const auto keys = keys_.keys();
    if (!keys->signs) throw Fault::internal("No token keys: there is no private.pem");
    return encode_jws_token(token, *keys->signs, token.issued_at);
  }
  std::optional<TokenPayload> decode(std::string_view text) override {
    return decode_jws_token(text, keys_.keys()->verify);
  }
  std::uint64_t keys_generation() override { return keys_.keys()->generation; }
  std::string unreadable(std::string_view text) const override {
    return fmt::format("Could not find token: {}.", text.substr(0, kJwsTextBytesMax));
  }

 private:
  const JwsRepository keys_;
};

}  // namespace

std::unique_ptr<TokenFormat> make_token_format(const Options& options,
                                               const KeyRepository& fernet_keys,
                                               AuthMethods methods, const Clock& clock) {
  if (options.token_provider == "jws") return std::make_unique<JwsFormat>(options, clock);
  return std::make_unique<FernetFormat>(fernet_keys, methods);
}

std::string create_jws_keypair(const Options& options, const Clock& clock, bool replace) {
  if (const auto made = repository_of(options, clock).make(replace); !made) {
    throw std::runtime_error(made.reason());
  }
  return options.jws_private_keys.empty() ? (options.key_directory / "jws-keys").string()
                                          : options.jws_private_keys;
}

}  // namespace haneul::keystone
