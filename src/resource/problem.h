#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "json/value.h"

namespace haneul::resource {

// What is wrong with one value of a request. The dialect makes the service's own sentence of it.
struct Problem {
  enum class Kind {
    missing,    // a required key is absent
    unknown,    // a key nobody knows
    read_only,  // a known key that this verb may not set
    wrong_type,
    too_short,
    too_long,  // text and arrays: limit is the bound
    too_small,
    too_large,     // numbers
    not_one_of,    // not among `allowed`
    malformed,     // `expected` says in words or as a pattern what it should have been
    not_an_object  // the body, or the envelope, is not an object
  };
  Kind kind = Kind::malformed;
  std::string field;     // "name", or a path: "fixed_ips/0/subnet_id"
  json::Value value;     // what was sent
  std::string expected;  // a JSON type name, a format name, or words
  std::int64_t limit = 0;
  std::span<const std::string_view> allowed;

  // As Python's jsonschema says it: "'x' is a required property", "5 is not of type 'string'".
  std::string in_jsonschema_words() const;
};

// A value as Python's repr() shows it: 'text', None, True, {'a': 1}. Long ones are cut at 1,000.
std::string python_repr(const json::Value& value);

}  // namespace haneul::resource
