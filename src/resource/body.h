#pragma once
#include <string>
#include <vector>

#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

// Puts what an object of a body gives into a row; every wrong, missing or unknown key ends the
// request in the service's words. Values are converted in `given` as well, for hooks to read.
void fill_row(const Call& call, const Noun& noun, Verb verb, json::Object& given, void* row);

// The policies to ask beside the verb's own: "<policy>:<field>" for each guarded field that was
// given and, on create, is not what it would be anyway; and "<policy>:<field>:<key>" for keys
// inside it. Only those that the service's policy has.
std::vector<std::string> guard_rules(const Call& call, const Noun& noun, Verb verb,
                                     const json::Object& given, const void* row);

}  // namespace haneul::resource
