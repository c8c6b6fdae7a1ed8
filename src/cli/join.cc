#include "cli/join.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "base/id.h"
#include "json/value.h"

namespace haneul::cli {
namespace {

constexpr const char* kFile = "agent.join";
constexpr std::size_t kSecretLength = 43;  // 256 bits
constexpr std::size_t kFileBytesMax = 1024 * 1024;

std::optional<std::string> read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(kFileBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Join parse_join(const std::string& path, const std::string& text) {
  const auto value = json::parse(text);
  const auto* secret = value ? value->at({"secret"}) : nullptr;
  const auto* certificate = value ? value->at({"certificate"}) : nullptr;
  if (!secret || !secret->text() || secret->text()->empty()) {
    throw std::runtime_error(fmt::format(
        "{} is not a join file; copy agent.join from the controller's state directory", path));
  }
  return {*secret->text(), certificate && certificate->text() ? *certificate->text() : ""};
}

}  // namespace

Join keep_join(const StateDir& state, const std::string& tls_cert) {
  Join join;
  if (const auto text = state.read(kFile)) {
    join = parse_join(state.file(kFile).string(), *text);
  } else {
    join.secret = random_password(kSecretLength);
  }
  join.certificate = tls_cert.empty() ? "" : read_whole(tls_cert).value_or("");
  state.write(kFile,
              json::dump(json::Object{{"secret", join.secret}, {"certificate", join.certificate}}));
  return join;
}

Join read_join(const std::string& path) {
  const auto text = read_whole(path);
  if (!text) {
    throw std::runtime_error(
        fmt::format("cannot read {}; copy agent.join from the controller's state directory", path));
  }
  return parse_join(path, *text);
}

}  // namespace haneul::cli
