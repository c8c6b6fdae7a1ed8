#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "resource/fwd.h"

namespace haneul::resource {

struct TextRule {
  std::size_t chars_min = 0, chars_max = 255;
  bool null_allowed = false;  // null counts as absent
};
struct IntegerRule {
  std::int64_t minimum = 0, maximum = 2'147'483'647;
  bool null_allowed = false;
  bool text_allowed = true;  // "5" as 5, as Nova's parameter types do
};

// Reads an object of a request key by key; the first wrong one ends the request in the service's
// words. Keys that were never asked for are unknown: done() refuses them.
//
//   Form form(call.dialect(), body, "rebuild");
//   const auto image = form.required_text("imageRef");
//   const auto name = form.text("name", {.chars_min = 1});
//   form.done();
class Form {
 public:
  // `path` is put before field names in messages; empty for the top.
  Form(const Dialect& dialect, const json::Value& value, std::string path);

  bool has(std::string_view key) const;
  // What was sent, as it is; null pointer if absent. Marks the key as known.
  const json::Value* any(std::string_view key);

  std::optional<std::string> text(std::string_view key, TextRule rule = {});
  std::string required_text(std::string_view key, TextRule rule = {});
  std::optional<std::int64_t> integer(std::string_view key, IntegerRule rule = {});
  // JSON booleans; with `words`, also "true", "1", "on" … as strings.
  std::optional<bool> boolean(std::string_view key, bool words = false);
  std::optional<std::string> choice(std::string_view key,
                                    std::span<const std::string_view> allowed);
  std::optional<std::string> uuid(std::string_view key);
  const json::Array* array(std::string_view key, std::size_t items_max = 1000);
  std::optional<Form> object(std::string_view key);
  // Text to text, for metadata: limits in characters.
  std::optional<std::vector<std::pair<std::string, std::string>>> text_map(
      std::string_view key, std::size_t key_chars_max = 255, std::size_t value_chars_max = 255);
  Form item(const json::Value& value, std::string_view array_key, std::size_t index) const;

  const json::Object& given() const { return *object_; }
  const std::string& path() const { return path_; }
  void done() const;  // throws for the first unknown key
  // Ends the request: `key` has a wrong value, and this is what was expected.
  [[noreturn]] void malformed(std::string_view key, std::string expected) const;
  [[noreturn]] void fail(Problem problem) const;

 private:
  std::string at(std::string_view key) const;
  const json::Value* present(std::string_view key, bool null_allowed);

  const Dialect* dialect_;
  const json::Object* object_;
  std::string path_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace haneul::resource
