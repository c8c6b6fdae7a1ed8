#pragma once
#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

// Puts what a body gives into a row, field by field; every wrong, missing or unknown key ends the
// request in the service's words. Fields guarded by a policy of their own are asked for it.
void fill_row(const Call& call, const Noun& noun, Verb verb, const json::Object& given, void* row);

}  // namespace haneul::resource
