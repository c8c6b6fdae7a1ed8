#include "http/message.h"

#include <algorithm>

#include "base/text.h"

namespace haneul::http {
namespace {

constexpr std::size_t kQueryPairsMax = 1000;

std::optional<std::string> decode_word(std::string_view text) {
  auto word = percent_decode(text, true);
  if (!word || !is_valid_utf8(*word)) return std::nullopt;
  return word;
}

}  // namespace

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (iequals(key, name)) return &value;
  }
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

void Headers::add(std::string name, std::string value) {
  if (fields_.empty()) fields_.reserve(12);
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return iequals(field.first, name); });
  add(std::move(name), std::move(value));
}

std::optional<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto key = decode_word(pair.substr(0, equals));
    auto value = decode_word(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value || query.pairs_.size() == kQueryPairsMax) return std::nullopt;
    query.add(std::move(*key), std::move(*value));
  }
  return query;
}

const std::string* Query::find(std::string_view key) const {
  for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
    if (pair->first == key) return &pair->second;
  }
  return nullptr;
}

std::vector<std::string_view> Query::all_of(std::string_view key) const {
  std::vector<std::string_view> values;
  for (const auto& [name, value] : pairs_) {
    if (name == key) values.emplace_back(value);
  }
  return values;
}

Response Response::json(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace haneul::http
