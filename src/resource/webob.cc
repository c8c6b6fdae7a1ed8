#include "resource/webob.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"

namespace haneul::resource {
namespace {

struct Words {
  int status;
  std::string_view title, explanation;
};

constexpr std::array kWords{
    Words{300, "Multiple Choices", ""},
    Words{400, "Bad Request",
          "The server could not comply with the request since it is either malformed or otherwise "
          "incorrect."},
    Words{401, "Unauthorized",
          "This server could not verify that you are authorized to access the document you "
          "requested.  Either you supplied the wrong credentials (e.g., bad password), or your "
          "browser does not understand how to supply the credentials required."},
    Words{403, "Forbidden", "Access was denied to this resource."},
    Words{404, "Not Found", "The resource could not be found."},
    Words{405, "Method Not Allowed", "The method {} is not allowed for this resource. "},
    Words{406, "Not Acceptable",
          "The resource could not be generated that was acceptable to your browser (content of "
          "type {}. "},
    Words{409, "Conflict", "There was a conflict when trying to complete your request."},
    Words{410, "Gone", "This resource is no longer available.  No forwarding address is given."},
    Words{411, "Length Required", "Content-Length header required."},
    Words{412, "Precondition Failed", "Request precondition failed."},
    Words{413, "Request Entity Too Large",
          "The body of your request was too large for this server."},
    Words{415, "Unsupported Media Type",
          "The request media type {} is not supported by this server. "},
    Words{416, "Requested Range Not Satisfiable", "The Range requested is not available."},
    Words{429, "Too Many Requests",
          "The client has sent too many requests in a given amount of time."},
    Words{500, "Internal Server Error",
          "The server has either erred or is incapable of performing the requested operation."},
    Words{501, "Not Implemented", "The request method is not implemented for this server."},
    Words{503, "Service Unavailable",
          "The server is currently unavailable. Please try again at a later time."}};

const Words* words_of(int status) {
  for (const Words& w : kWords) {
    if (w.status == status) return &w;
  }
  return nullptr;
}

std::string body_of(std::string_view explanation, std::string_view detail) {
  return fmt::format("{}<br /><br />\n{}\n\n", explanation, detail);
}

// "text/*;q=0.5" against "text/html": the quality, or nothing if the range is for other types.
std::optional<double> quality_of(std::string_view range, std::string_view media_type) {
  const auto parts = split(range, ';');
  const auto name = lower(trim(parts[0]));
  const auto slash = media_type.find('/');
  const bool fits =
      name == "*/*" || name == media_type ||
      (name.ends_with("/*") && name.substr(0, name.size() - 1) == media_type.substr(0, slash + 1));
  if (!fits) return std::nullopt;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto parameter = trim(parts[i]);
    if (parameter.starts_with("q=")) return parse_real(parameter.substr(2)).value_or(1.0);
  }
  return 1.0;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#x27;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

int status_of(Fault::Kind kind) {
  using Kind = Fault::Kind;
  switch (kind) {
    case Kind::bad_request:
      return 400;
    case Kind::unauthorized:
      return 401;
    case Kind::forbidden:
      return 403;
    case Kind::not_found:
      return 404;
    case Kind::method_not_allowed:
      return 405;
    case Kind::not_acceptable:
      return 406;
    case Kind::conflict:
      return 409;
    case Kind::gone:
      return 410;
    case Kind::precondition_failed:
      return 412;
    case Kind::too_large:
      return 413;
    case Kind::unsupported_media:
      return 415;
    case Kind::range_not_satisfiable:
      return 416;
    case Kind::over_quota:
      return 413;
    case Kind::too_many:
      return 429;
    case Kind::internal:
      return 500;
    case Kind::not_implemented:
      return 501;
    case Kind::unavailable:
    case Kind::no_room:
      return 503;
  }
  return 500;
}

std::string_view status_title(int status) {
  const Words* w = words_of(status);
  return w ? w->title : std::string_view("Error");
}

std::string webob_explanation(int status, const http::Request& request) {
  const Words* w = words_of(status);
  if (!w) return {};
  if (status == 405) return fmt::format(fmt::runtime(w->explanation), request.method);
  if (status == 406) {
    return fmt::format(fmt::runtime(w->explanation), request.headers.get("Accept"));
  }
  if (status == 415) {
    return fmt::format(fmt::runtime(w->explanation), request.headers.get("Content-Type"));
  }
  return std::string(w->explanation);
}

std::string strip_tags(std::string_view html) {
  std::string out;
  for (std::size_t i = 0; i < html.size(); ++i) {
    const char c = html[i];
    const auto end = c == '<' ? html.find('>', i) : std::string_view::npos;
    if (end != std::string_view::npos) {
      if (lower(html.substr(i, 3)) == "<br") out += '\n';
      i = end;
    } else if (c != '\r') {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out;
}

double accepts(const http::Headers& headers, std::string_view media_type) {
  const std::string* header = headers.find("Accept");
  if (!header || trim(*header).empty()) return 1.0;
  double best = 0;
  std::size_t best_length = 0;
  for (const auto range : split(*header, ',')) {
    const auto quality = quality_of(range, media_type);
    // The more exact range decides: "text/html;q=0.1, */*".
    const auto length = trim(split(range, ';')[0]).starts_with("*") ? 1 : range.size() + 1;
    if (quality && length > best_length) best = *quality, best_length = length;
  }
  return best;
}

http::Response token_refused(const http::Request& request) {
  auto response =
      http::Response::json(401, R"({"error": {"code": 401, "title": "Unauthorized", "message": )"
                                R"("The request you have made requires authentication."}})");
  const auto host = request.headers.get("Host");
  response.headers.set("WWW-Authenticate", fmt::format("Keystone uri=\"{}://{}/identity\"",
                                                       request.tls ? "https" : "http",
                                                       host.empty() ? "localhost" : host));
  return response;
}

http::Response webob_response(const http::Request& request, const WebobError& error) {
  const auto title = status_title(error.status);
  const auto status_line = fmt::format("{} {}", error.status, title);
  const double html = accepts(request.headers, "text/html");
  const double json_wanted = accepts(request.headers, "application/json");
  const std::string body = body_of(error.explanation, error.detail);
  if (json_wanted > 0 && json_wanted > html) {
    if (error.to_json) return http::Response::json(error.status, error.to_json(body));
    json::Writer w;
    w.begin_object().member("message", body).member("code", status_line).member("title", title);
    return http::Response::json(error.status, w.end_object().take());
  }
  http::Response response;
  response.status = error.status;
  if (html > 0) {
    response.headers.set("Content-Type", "text/html; charset=UTF-8");
    response.body = fmt::format(
        "<html>\n <head>\n  <title>{0}</title>\n </head>\n <body>\n  <h1>{0}</h1>\n  {1}\n"
        " </body>\n</html>",
        status_line, body_of(html_escape(error.explanation), html_escape(error.detail)));
  } else {
    response.headers.set("Content-Type", "text/plain; charset=UTF-8");
    response.body = fmt::format("{}\n\n{}", status_line, strip_tags(body));
  }
  return response;
}

}  // namespace haneul::resource
