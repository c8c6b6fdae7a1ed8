#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "resource/fwd.h"

namespace haneul::resource {

// What is wrong with one value of a request. The dialect makes the service's own sentence of it.
struct Problem {
  enum class Kind {
    no_envelope,  // the body lacks the object that the noun's name stands for
    missing,      // a required key is absent
    unknown,      // keys nobody knows: all of them in `keys`
    read_only,    // a known key that this verb may not set
    wrong_type,
    too_short,
    too_long,  // text and arrays: limit is the bound
    too_small,
    too_large,      // numbers
    not_one_of,     // not among `allowed`
    malformed,      // `expected` says in words or as a pattern what it should have been
    refused,        // `expected` is the whole sentence
    not_an_object,  // the body, or the envelope, is not an object
    unknown_filters,
    not_sort_keys,
    not_sort_dirs,    // these three: in `keys`
    sort_dirs_count,  // not as many directions as keys
    bad_limit,
    bad_marker
  };
  Kind kind = Kind::malformed;
  std::string field;     // "name", or a path: "fixed_ips/0/subnet_id"
  json::Value value;     // what was sent
  std::string expected;  // a JSON type name, a format name, or words
  std::int64_t limit = 0;
  std::span<const std::string_view> allowed;
  std::vector<std::string> keys = {};
  bool on_update = false;          // read_only: the verb was an update
  const Resource* noun = nullptr;  // bad_marker: whose list it was

  // As Python's jsonschema says it: "'x' is a required property", "5 is not of type 'string'".
  std::string in_jsonschema_words() const;
};

// A value as Python's repr() shows it: 'text', None, True, {'a': 1}. Long ones are cut at 1,000.
std::string python_repr(const json::Value& value);

}  // namespace haneul::resource
