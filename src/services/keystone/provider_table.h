#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "json/value.h"

namespace haneul::keystone {

// A file of the operator's, whole; the reason names it.
Result<std::string> text_of_file(const std::filesystem::path& path);

// One entry of [federation] providers, a file of JSON: {"idp": {"protocol": {…}}}.
struct ProviderEntry {
  std::string idp_id, protocol_id;
  std::string where;  // "FILE: idp/protocol", for messages
  const json::Value& value;

  bool is_of_saml() const;  // it speaks of metadata
};
// No path: none. Throws std::runtime_error with a sentence for the operator.
void each_provider(const std::filesystem::path& file,
                   const std::function<void(const ProviderEntry&)>& visit);

// What such entries stand for, by identity provider and protocol.
template <class Provider>
class ProviderTable {
 public:
  // Null if it is not configured here.
  Provider* find(std::string_view idp_id, std::string_view protocol_id) const {
    const auto found = providers_.find({std::string(idp_id), std::string(protocol_id)});
    return found == providers_.end() ? nullptr : found->second.get();
  }
  // Ids of the identity providers with this protocol.
  std::set<std::string> with(std::string_view protocol_id) const {
    std::set<std::string> ids;
    for (const auto& [key, provider] : providers_) {
      if (key.second == protocol_id) ids.insert(key.first);
    }
    return ids;
  }

 protected:
  void put(const ProviderEntry& entry, std::unique_ptr<Provider> provider) {
    providers_[{entry.idp_id, entry.protocol_id}] = std::move(provider);
  }

 private:
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Provider>> providers_;
};

}  // namespace haneul::keystone
