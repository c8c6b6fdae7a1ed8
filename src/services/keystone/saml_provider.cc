#include "services/keystone/saml_provider.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace haneul::keystone {
namespace {

using json::Value;

constexpr auto kMetadataKeptFor = std::chrono::hours(1);
constexpr auto kMetadataGoodFor = std::chrono::hours(24);  // where the provider does not answer
constexpr auto kMetadataWithin = std::chrono::seconds(10);
constexpr std::size_t kMetadataBytesMax = 16 * 1024 * 1024;

// What the operator wrote of one provider. All that is wrong is said at start.
class Entry {
 public:
  Entry(std::string where, const Value& value) : where_(std::move(where)), value_(value) {
    constexpr std::string_view kMembers[] = {"metadata_file", "metadata_url",     "ca_file",
                                             "issuer",        "service_url",      "entity_id",
                                             "key_file",      "certificate_file", "unsolicited"};
    for (const auto& member : *value.object()) {
      if (std::find(std::begin(kMembers), std::end(kMembers), member.key) == std::end(kMembers)) {
        fail(fmt::format("'{}' is unknown", member.key));
      }
    }
  }

  std::string text(std::string_view key) const {
    const Value* found = value_.at({key});
    if (found && !found->text()) fail(fmt::format("'{}' is no text", key));
    return found ? *found->text() : std::string();
  }
  bool flag(std::string_view key) const {
    const Value* found = value_.at({key});
    if (found && !found->boolean()) fail(fmt::format("'{}' is not true or false", key));
    return found && *found->boolean();
  }
  // Of the file that `key` names; empty without one.
  std::string content(std::string_view key) const {
    const auto path = text(key);
    if (path.empty()) return {};
    auto read = text_of_file(path);
    if (!read) fail(read.reason());
    return *std::move(read);
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error(where_ + ": " + why);
  }

 private:
  std::string where_;
  const Value& value_;
};

// Addresses are the operator's word: one made of a request's Host would let a client choose whom
// an assertion is for.
void name_ourselves(const Entry& entry, const std::string& idp, const std::string& protocol,
                    SamlSettings& s) {
  std::string base = entry.text("service_url");
  while (base.ends_with('/')) base.pop_back();
  if (!base.starts_with("https://") && !base.starts_with("http://")) {
    entry.fail("'service_url' must say where clients reach Keystone: https://…/identity");
  }
  s.auth_url = fmt::format("{}/v3/OS-FEDERATION/identity_providers/{}/protocols/{}/auth", base, idp,
                           protocol);
  s.post_url = s.auth_url + "/mellon/postResponse";
  s.client_url = s.auth_url + "/mellon/paosResponse";
  s.entity_id = entry.text("entity_id");
  if (s.entity_id.empty()) s.entity_id = s.auth_url + "/mellon/metadata";
}

SamlSettings settings_of(const Entry& entry, const std::string& idp, const std::string& protocol) {
  SamlSettings s;
  s.metadata_file = entry.text("metadata_file");
  s.metadata_url = entry.text("metadata_url");
  if (s.metadata_file.empty() == s.metadata_url.empty()) {
    entry.fail("it needs one of 'metadata_file' and 'metadata_url'");
  }
  if (!s.metadata_url.empty() && !s.metadata_url.starts_with("https://")) {
    entry.fail("'metadata_url' must be https: what is there says whose signatures count");
  }
  s.issuer = entry.text("issuer");
  s.ca_pem = entry.content("ca_file");
  s.unsolicited = entry.flag("unsolicited");
  name_ourselves(entry, idp, protocol, s);
  const auto key = entry.content("key_file"), certificate = entry.content("certificate_file");
  if (key.empty() != certificate.empty()) {
    entry.fail("'key_file' and 'certificate_file' go together");
  }
  if (!key.empty()) {
    auto read = SamlKey::read(key, certificate);
    if (!read) entry.fail(read.reason());
    s.key = *std::move(read);
  }
  return s;
}

}  // namespace

SamlProvider::SamlProvider(SamlSettings settings, const Clock& clock, Fetch fetch)
    : settings_(std::move(settings)), clock_(clock), fetch_(std::move(fetch)) {}

Result<saml::Provider> SamlProvider::fetched() const {
  http::ClientRequest request{.url = settings_.metadata_url};
  request.time_max = kMetadataWithin;
  request.answer_bytes_max = kMetadataBytesMax;
  request.ca_pem = settings_.ca_pem;
  const auto answer = fetch_(request);
  if (!answer) return Failure{"its metadata cannot be reached: " + answer.reason()};
  if (answer->status != 200) {
    return Failure{fmt::format("its metadata's address answered {}", answer->status)};
  }
  return saml::read_metadata(answer->body, settings_.issuer);
}

Result<saml::Provider> SamlProvider::described() {
  if (!settings_.metadata_file.empty()) {
    const auto text = text_of_file(settings_.metadata_file);
    if (!text) return Failure{text.reason()};
    return saml::read_metadata(*text, settings_.issuer);
  }
  const Instant now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    if (kept_ && now < kept_->at + kMetadataKeptFor) return kept_->value;
  }
  auto fresh = fetched();
  const std::lock_guard lock(mutex_);
  if (fresh) {
    kept_ = Kept{*fresh, now};
  } else if (kept_ && now < kept_->at + kMetadataGoodFor) {
    return kept_->value;
  }
  return fresh;
}

SamlProviders::SamlProviders(const std::filesystem::path& file, const Clock& clock, Fetch fetch) {
  each_provider(file, [&](const ProviderEntry& one) {
    if (!one.is_of_saml()) return;
    const Entry entry(one.where, one.value);
    auto provider = std::make_unique<SamlProvider>(settings_of(entry, one.idp_id, one.protocol_id),
                                                   clock, fetch);
    if (!provider->settings().metadata_file.empty()) {
      if (const auto read = provider->described(); !read) entry.fail(read.reason());
    }
    put(one, std::move(provider));
  });
}

Assertion assertion_of_statement(const saml::Statement& statement, const std::string& issuer) {
  Assertion assertion;
  for (const char* prefix : {"", "MELLON_"}) {
    for (const auto& [name, values] : statement.attributes) {
      if (values.empty()) continue;
      auto& all = assertion[prefix + name];
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  // Whatever attributes are called, these are ours to say.
  for (const char* name : {"MELLON_IDP", "Shib-Identity-Provider"}) assertion[name] = {issuer};
  for (const char* name : {"MELLON_NAME_ID", "REMOTE_USER"}) assertion.erase(name);
  if (!statement.name_id.empty()) {
    for (const char* name : {"MELLON_NAME_ID", "REMOTE_USER"}) {
      assertion[name] = {statement.name_id};
    }
  }
  return assertion;
}

}  // namespace haneul::keystone
