#include "services/keystone/provider_table.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

namespace haneul::keystone {

Result<std::string> text_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Failure{path.string() + " cannot be read"};
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

bool ProviderEntry::is_of_saml() const {
  return value.at({"metadata_file"}) != nullptr || value.at({"metadata_url"}) != nullptr;
}

void each_provider(const std::filesystem::path& file,
                   const std::function<void(const ProviderEntry&)>& visit) {
  if (file.empty()) return;
  const auto text = text_of_file(file);
  if (!text) throw std::runtime_error(text.reason());
  const auto all = json::parse(*text);
  if (!all || !all->object()) throw std::runtime_error(file.string() + " is not a JSON object");
  for (const auto& [idp, protocols] : *all->object()) {
    if (!protocols.object()) throw std::runtime_error(file.string() + ": " + idp + " is no object");
    for (const auto& [protocol, value] : *protocols.object()) {
      const std::string where = fmt::format("{}: {}/{}", file.string(), idp, protocol);
      if (!value.object()) throw std::runtime_error(where + " is no object");
      visit({idp, protocol, where, value});
    }
  }
}

}  // namespace haneul::keystone
