#include "http/request_parser.h"

#include <algorithm>
#include <cstring>

#include <boost/beast/http/basic_parser.hpp>

#include "base/text.h"
#include "http/message.h"

namespace haneul::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Field = beast::http::field;

constexpr std::size_t kFieldsMax = 256;
constexpr std::size_t kChunkHeadBytesMax = 16 * 1024;  // a chunk's size line or the trailers

std::string_view std_view(beast::string_view text) {
  return {text.data(), text.size()};
}

// The path of "/x?y", of "http://host/x?y" and of "*"; what is no path at all becomes empty.
void split_target(Request& request) {
  std::string_view target = request.target;
  if (!target.starts_with('/') && target != "*") {
    const auto scheme = target.find("://");
    const auto slash = scheme == target.npos ? target.npos : target.find('/', scheme + 3);
    target = slash == target.npos ? std::string_view() : target.substr(slash);
  }
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos) request.raw_query = target.substr(question + 1);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

class BeastParser final : public beast::http::basic_parser<true> {
 public:
  BeastParser(Request& request, RequestHead& head, std::size_t header_bytes_max)
      : request_(request), head_(head) {
    body_limit(boost::none);
    header_limit(static_cast<std::uint32_t>(header_bytes_max));
  }

  std::size_t fields() const { return fields_; }
  // Where the next chunk bytes go.
  void output(char* out, std::size_t bytes_max) {
    out_ = out;
    room_ = bytes_max;
  }
  std::size_t room() const { return room_; }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, error_code&) override {
    request_.method = upper(std_view(method));
    request_.target = std_view(target);
    split_target(request_);
    head_.http_1_1 = version == 11;
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  void on_field_impl(Field field, beast::string_view name, beast::string_view value,
                     error_code& error) override {
    if (header_done_) return;  // trailers are read and forgotten
    if (++fields_ > kFieldsMax) {
      error = beast::http::error::header_limit;
    } else if (is_refused(field, std_view(value))) {
      error = beast::http::error::bad_value;
    } else {
      request_.headers.add(std::string(std_view(name)), std::string(std_view(value)));
    }
  }

  bool is_refused(Field field, std::string_view value) {
    switch (field) {
      case Field::host:
        return std::exchange(has_host_, true);
      case Field::content_length:
        return std::exchange(has_length_, true) || value.find(',') != value.npos;
      case Field::transfer_encoding:
        return !head_.http_1_1 || !iequals(trim(value), "chunked");
      case Field::expect:
        head_.expects_continue = head_.http_1_1 && iequals(trim(value), "100-continue");
        head_.expects_other = head_.http_1_1 && !head_.expects_continue;
        return false;
      default:
        return false;
    }
  }

  void on_header_impl(error_code& error) override {
    header_done_ = true;
    if (head_.http_1_1 && !has_host_) error = beast::http::error::bad_value;
    head_.keep_alive = keep_alive();
    head_.chunked = chunked();
    if (const auto length = content_length()) head_.length = *length;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
    const std::size_t count = std::min(bytes.size(), room_);
    std::memcpy(out_, bytes.data(), count);
    out_ += count;
    room_ -= count;
    return count;
  }
  void on_finish_impl(error_code&) override {}

  Request& request_;
  RequestHead& head_;
  std::size_t fields_ = 0;
  bool header_done_ = false, has_host_ = false, has_length_ = false;
  char* out_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace

struct RequestParser::Impl {
  const std::size_t header_bytes_max;
  RequestHead head;
  std::size_t used = 0;
  std::optional<BeastParser> beast;

  std::size_t put(std::string_view bytes, error_code& error) {
    return beast->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  }
};

RequestParser::RequestParser(std::size_t header_bytes_max)
    : impl_(new Impl{header_bytes_max, {}, 0, std::nullopt}) {}

RequestParser::~RequestParser() = default;

void RequestParser::reset(Request& request) {
  impl_->head = {};
  impl_->used = 0;
  impl_->beast.emplace(request, impl_->head, impl_->header_bytes_max);
}

bool RequestParser::started() const {
  return impl_->used > 0;
}

const RequestHead& RequestParser::head() const {
  return impl_->head;
}

RequestParser::Step RequestParser::parse_head(InputBuffer& in) {
  Impl& self = *impl_;
  // RFC 9112 2.2: empty lines before a request are skipped.
  while (self.used == 0 && in.view().starts_with("\r\n")) in.consume(2);
  if (in.empty() || (self.used == 0 && in.view() == "\r")) return Step::more;
  error_code error;
  const std::size_t used = self.put(in.view(), error);
  in.consume(used);
  self.used += used;
  const bool complete = !error && self.beast->is_header_done();
  if (self.used + (complete ? 0 : in.size()) > self.header_bytes_max) return Step::too_long;
  if (complete) return Step::done;
  if (!error || error == beast::http::error::need_more) {
    self.used = std::max<std::size_t>(self.used, 1);
    return Step::more;
  }
  return error == beast::http::error::header_limit ? Step::too_long : Step::bad;
}

RequestParser::Step RequestParser::decode(InputBuffer& in, char* out, std::size_t bytes_max,
                                          std::size_t* count) {
  Impl& self = *impl_;
  self.beast->output(out, bytes_max);
  Step step = Step::more;
  while (!in.empty()) {
    error_code error;
    const std::size_t used = self.put(in.view(), error);
    in.consume(used);
    if (error == beast::http::error::need_more) {
      if (in.size() > kChunkHeadBytesMax) step = Step::too_long;
      break;
    }
    if (error) step = Step::bad;
    if (!error && self.beast->is_done()) step = Step::done;
    if (step != Step::more || used == 0) break;
  }
  *count = bytes_max - self.beast->room();
  return step;
}

}  // namespace haneul::http
