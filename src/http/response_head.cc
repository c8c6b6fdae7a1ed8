#include "http/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <boost/beast/http/status.hpp>

#include "base/text.h"

namespace haneul::http {
namespace {

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_char);
}

bool is_servers_own(std::string_view name) {
  return iequals(name, "Content-Length") || iequals(name, "Transfer-Encoding") ||
         iequals(name, "Connection") || iequals(name, "Keep-Alive");
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_date(std::string& out, Instant now) {
  // Making the text costs more than the rest of the head; it changes once a second.
  thread_local std::int64_t second = -1;
  thread_local std::array<char, 40> text;
  thread_local std::size_t length = 0;
  if (now.seconds() != second) {
    second = now.seconds();
    const std::time_t time = second;
    std::tm parts{};
    gmtime_r(&time, &parts);
    length = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  }
  out.append(text.data(), length);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name) || is_servers_own(name)) return;
  out.append(name);
  out.append(": ");
  const std::size_t start = out.size();
  out.append(value);
  for (std::size_t i = start; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  }
  out.append("\r\n");
}

void append_framing(std::string& out, const Framing& framing) {
  if (framing.body == Framing::Body::length) {
    out.append("Content-Length: ");
    append_number(out, framing.length);
    out.append("\r\n");
  } else if (framing.body == Framing::Body::chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  if (framing.connection == Framing::Connection::close) {
    out.append("Connection: close\r\n");
  } else if (framing.connection == Framing::Connection::keep_alive) {
    out.append("Connection: keep-alive\r\n");
  } else if (framing.connection == Framing::Connection::upgrade) {
    out.append("Connection: Upgrade\r\n");
  }
}

}  // namespace

std::string_view reason_of(int status) {
  namespace beast = boost::beast::http;
  const auto reason = beast::obsolete_reason(beast::int_to_status(static_cast<unsigned>(status)));
  return {reason.data(), reason.size()};
}

void append_head(std::string& out, int status, const Headers& headers, const Framing& framing,
                 Instant now) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(std::clamp(status, 100, 999)));
  out.push_back(' ');
  out.append(reason_of(status));
  out.append("\r\n");
  if (headers.find("Date") == nullptr) append_date(out, now);
  append_framing(out, framing);
  for (const auto& [name, value] : headers.all()) append_field(out, name, value);
  out.append("\r\n");
}

}  // namespace haneul::http
