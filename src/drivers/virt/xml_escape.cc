#include "base/text.h"
#include "drivers/virt/domain_xml.h"

namespace haneul::virt {
namespace {

// Bytes of the well-formed UTF-8 character at the front, 0 if there is none.
std::size_t character_bytes(std::string_view text) {
  for (std::size_t n = 1; n <= 4 && n <= text.size(); ++n) {
    if (is_valid_utf8(text.substr(0, n))) return n;
  }
  return 0;
}

bool is_forbidden(std::string_view c) {
  if (c.size() == 1) {
    const auto byte = static_cast<unsigned char>(c[0]);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
  }
  return c == "\xef\xbf\xbe" || c == "\xef\xbf\xbf";
}

void append(std::string& out, std::string_view c) {
  switch (c[0]) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&apos;";
      return;
    // A parser would make blanks of these in attributes, and of CR a line end.
    case '\t':
      out += "&#9;";
      return;
    case '\n':
      out += "&#10;";
      return;
    case '\r':
      out += "&#13;";
      return;
    default:
      out += c;
  }
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t n = character_bytes(text);
    const auto c = text.substr(0, n);
    if (n != 0 && !is_forbidden(c)) append(out, c);
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

}  // namespace haneul::virt
