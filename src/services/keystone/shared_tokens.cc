#include "services/keystone/shared_tokens.h"

#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "json/writer.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

// Of what entries look like: another number for another look.
constexpr std::string_view kForm = "haneul-token-1";
constexpr std::size_t kKeyBytes = 32, kSealBytes = 32;

std::string read_key(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  const auto key = from_hex(trim(text.str()));
  return key && key->size() == kKeyBytes ? *key : std::string();
}

// Written whole under another name and then linked: of several processes one is first.
std::string key_of(const std::filesystem::path& directory) {
  const auto file = directory / "cache.key";
  if (auto key = read_key(file); !key.empty()) return key;
  std::filesystem::create_directories(directory);
  const auto draft = directory / (".cache.key-" + new_hex_id());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string text = to_hex(random_bytes(kKeyBytes)) + "\n";
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (written) ::link(draft.c_str(), file.c_str());
  ::unlink(draft.c_str());
  auto key = read_key(file);
  if (key.empty()) {
    throw std::runtime_error(fmt::format("there is no key for the cache in {}", file.string()));
  }
  return key;
}

// All texts of a caller that the token itself does not say.
template <class C, class F>
void each_text(C& c, F f) {
  f("user_id", c.user_id.text);
  f("user_name", c.user_name);
  f("user_domain_id", c.user_domain_id.text);
  f("user_domain_name", c.user_domain_name);
  f("project_id", c.project_id.text);
  f("project_name", c.project_name);
  f("project_domain_id", c.project_domain_id.text);
  f("project_domain_name", c.project_domain_name);
  f("domain_id", c.domain_id.text);
  f("domain_name", c.domain_name);
  f("system_scope", c.system_scope);
}

std::string written(const ValidToken& token) {
  json::Writer w;
  w.begin_object();
  each_text(*token.caller, [&](const char* key, const std::string& text) { w.member(key, text); });
  w.member("roles", token.caller->roles).key("role_ids").begin_array();
  for (const auto& id : token.caller->role_ids) w.value(id.text);
  w.end_array().member("methods", token.caller->methods);
  w.member("app_cred_restricted", token.caller->app_cred_restricted);
  w.member("body", token.body).member("good_until", token.good_until.micros);
  if (token.access_rules) {
    w.key("access_rules").begin_array();
    for (const auto& rule : *token.access_rules) {
      w.value(std::vector<std::string>{rule.service, rule.path, rule.method});
    }
    w.end_array();
  }
  return w.end_object().take();
}

// Only what written() wrote comes here: its seal is whole.
std::string text_in(const json::Object& object, std::string_view key) {
  return *object.find(key)->text();
}
std::vector<std::string> texts_in(const json::Value& value) {
  std::vector<std::string> texts;
  for (const auto& item : *value.array()) texts.push_back(*item.text());
  return texts;
}

std::shared_ptr<const access::Caller> caller_in(const json::Object& object,
                                                const TokenPayload& payload) {
  auto c = std::make_shared<access::Caller>();
  each_text(*c, [&](const char* key, std::string& text) { text = text_in(object, key); });
  c->roles = texts_in(*object.find("roles"));
  for (auto& id : texts_in(*object.find("role_ids"))) c->role_ids.emplace_back(std::move(id));
  c->methods = texts_in(*object.find("methods"));
  c->app_cred_restricted = *object.find("app_cred_restricted")->boolean();
  c->trust_id = access::TrustId(payload.trust_id);
  c->app_cred_id = access::AppCredId(payload.app_cred_id);
  c->issued_at = payload.issued_at;
  c->expires_at = payload.expires_at;
  c->audit_ids = payload.audit_ids;
  return c;
}

std::shared_ptr<ValidToken> read(const json::Object& object, const TokenPayload& payload) {
  auto token = std::make_shared<ValidToken>();
  token->payload = payload;
  token->caller = caller_in(object, payload);
  token->body = text_in(object, "body");
  token->good_until = {*object.find("good_until")->integer()};
  if (const auto* rules = object.find("access_rules")) {
    token->access_rules.emplace();
    for (const auto& rule : *rules->array()) {
      auto parts = texts_in(rule);
      token->access_rules->push_back({parts[0], parts[1], parts[2]});
    }
  }
  return token;
}

}  // namespace

SharedTokens::SharedTokens(std::unique_ptr<cache::Cache> cache,
                           const std::filesystem::path& key_directory,
                           std::chrono::seconds lifetime)
    : cache_(std::move(cache)),
      key_(cache_ ? key_of(key_directory) : std::string()),
      lifetime_(lifetime) {}

std::string SharedTokens::name_of(std::string_view text, Epochs::Stamp stamp) const {
  const auto whole = fmt::format("{}\nname\n{} {}\n{}", kForm, stamp.all, stamp.user, text);
  return "haneul:" + to_hex(hmac_sha256(key_, whole));
}

std::string SharedTokens::seal(std::string_view name, std::string_view content) const {
  return hmac_sha256(key_, fmt::format("{}\ncontent\n{}\n{}", kForm, name, content));
}

std::shared_ptr<ValidToken> SharedTokens::find(std::string_view text, const TokenPayload& payload,
                                               Epochs::Stamp stamp) const {
  if (!cache_) return nullptr;
  const auto name = name_of(text, stamp);
  const auto entry = cache_->get(name);
  if (!entry || entry->size() < kSealBytes) return nullptr;
  const auto content = std::string_view(*entry).substr(kSealBytes);
  if (!same_secret(std::string_view(*entry).substr(0, kSealBytes), seal(name, content))) {
    return nullptr;
  }
  const auto value = json::parse(content);
  if (!value || !value->object()) return nullptr;
  auto token = read(*value->object(), payload);
  token->stamp = stamp;
  return token;
}

void SharedTokens::put(std::string_view text, const ValidToken& token) const {
  if (!cache_) return;
  const auto name = name_of(text, token.stamp);
  const auto content = written(token);
  cache_->put(name, seal(name, content) + content, lifetime_);
}

}  // namespace haneul::keystone
