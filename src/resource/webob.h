#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "http/message.h"

namespace haneul::resource {

// The status most services answer a fault with.
int status_of(Fault::Kind kind);
// "Not Found"
std::string_view status_title(int status);
// The sentence webob gives an exception of this status. Those of 405, 406 and 415 name what the
// request asked for.
std::string webob_explanation(int status, const http::Request& request);

// For text and for attributes.
std::string html_escape(std::string_view text);

// An HTTP exception of Python's webob, which Placement, Glance and others answer failures with:
// HTML, JSON or plain text by what the client accepts (HTML for those that take anything).
// upstream: Pylons/webob:src/webob/exc.py
struct WebobError {
  int status = 500;
  std::string explanation;
  std::string detail;
  // The JSON answer from the body's text; webob's own {"message", "code", "title"} if empty.
  std::function<std::string(const std::string& body)> to_json;
};
http::Response webob_response(const http::Request& request, const WebobError& error);

// What keystonemiddleware answers before the service is asked: no token, or not a good one.
// upstream: openstack/keystonemiddleware:keystonemiddleware/auth_token/__init__.py
http::Response token_refused(const http::Request& request);

// Without tags; line breaks become blanks and <br /> a line break.
std::string strip_tags(std::string_view html);

// How much the client wants this media type, 0 to 1; no Accept header wants everything.
double accepts(const http::Headers& headers, std::string_view media_type);

}  // namespace haneul::resource
