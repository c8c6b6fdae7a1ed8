#include "http/router.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "base/text.h"

namespace haneul::http {
namespace {

struct Segment {
  enum class Kind { literal, name, rest } kind;
  std::string_view text;
};

Segment classify(std::string_view part) {
  if (part.size() < 3 || part.front() != '{' || part.back() != '}') {
    return {Segment::Kind::literal, part};
  }
  part = part.substr(1, part.size() - 2);
  if (part.size() > 3 && part.ends_with("...")) {
    return {Segment::Kind::rest, part.substr(0, part.size() - 3)};
  }
  return {Segment::Kind::name, part};
}

// Segments without the leading slash and without one trailing slash.
std::vector<std::string_view> segments_of(std::string_view path) {
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return {};
  return split(path, '/');
}

bool is_clean(std::string_view text) {
  return is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace

struct Router::Node {
  struct End {
    std::size_t route;
    std::vector<std::string> names;  // in the order of the pattern
  };
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> name;
  std::unique_ptr<Node> rest;
  std::map<std::string, End, std::less<>> ends;  // by method

  struct Search;

  Node& child(const Segment& segment) {
    auto& slot = segment.kind == Segment::Kind::literal ? literals[std::string(segment.text)]
                 : segment.kind == Segment::Kind::name  ? name
                                                        : rest;
    if (!slot) slot = std::make_unique<Node>();
    return *slot;
  }
};

namespace {

// A path cut into decoded segments. What follows segment i is kept too, for a rest match.
class DecodedPath {
 public:
  static std::optional<DecodedPath> of(std::string_view path) {
    DecodedPath decoded;
    if (!path.starts_with('/')) return std::nullopt;
    const bool plain = path.find('%') == std::string_view::npos;
    if (plain && !is_clean(path)) return std::nullopt;
    decoded.raw_ = path;
    decoded.segments_ = segments_of(path);
    decoded.starts_.reserve(decoded.segments_.size());
    for (auto& segment : decoded.segments_) {
      decoded.starts_.push_back(static_cast<std::size_t>(segment.data() - path.data()));
      if (plain) continue;
      auto text = percent_decode(segment, false);
      if (!text || !is_clean(*text)) return std::nullopt;
      segment = decoded.storage_.emplace_back(std::move(*text));
    }
    return decoded;
  }

  std::size_t size() const { return segments_.size(); }
  std::string_view operator[](std::size_t i) const { return segments_[i]; }
  // Everything from segment i on, trailing slash included.
  std::string rest(std::size_t i) const { return *percent_decode(raw_.substr(starts_[i]), false); }

 private:
  std::string_view raw_;
  std::vector<std::string_view> segments_;
  std::vector<std::size_t> starts_;
  std::deque<std::string> storage_;
};

}  // namespace

// One look-up: goes down the tree and comes back where a branch ends without the method.
struct Router::Node::Search {
  const std::string_view method;
  const DecodedPath& path;
  std::vector<std::string> values;
  std::set<std::string> allowed;
  const End* end = nullptr;

  bool finish(const Node& node) {
    auto at = node.ends.find(method);
    if (at == node.ends.end() && method == "HEAD") at = node.ends.find("GET");
    for (const auto& offered : node.ends) allowed.insert(offered.first);
    if (at == node.ends.end()) return false;
    end = &at->second;
    return true;
  }

  bool bind(const Node& node, std::string value, std::size_t next) {
    values.push_back(std::move(value));
    if (next == path.size() ? finish(node) : descend(node, next)) return true;
    values.pop_back();
    return false;
  }

  bool descend(const Node& node, std::size_t i) {
    if (i == path.size()) return finish(node);
    const auto literal = node.literals.find(path[i]);
    if (literal != node.literals.end() && descend(*literal->second, i + 1)) return true;
    if (node.name && !path[i].empty() && bind(*node.name, std::string(path[i]), i + 1)) return true;
    return node.rest && bind(*node.rest, path.rest(i), path.size());
  }
};

const std::string& PathParams::get(std::string_view name) const {
  static const std::string kNone;
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return kNone;
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, std::size_t route) {
  if (!pattern.starts_with('/')) {
    throw std::logic_error("A route must start with a slash: " + std::string(pattern));
  }
  Node* node = root_.get();
  Node::End end{route, {}};
  const auto parts = segments_of(pattern);
  for (const auto& part : parts) {
    const Segment segment = classify(part);
    if (segment.kind == Segment::Kind::rest && &part != &parts.back()) {
      throw std::logic_error("Only the last segment may take the rest: " + std::string(pattern));
    }
    node = &node->child(segment);
    if (segment.kind != Segment::Kind::literal) end.names.emplace_back(segment.text);
  }
  if (!node->ends.emplace(method, std::move(end)).second) {
    throw std::logic_error("This route is there already: " + std::string(method) + " " +
                           std::string(pattern));
  }
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  const auto decoded = DecodedPath::of(path);
  if (!decoded) return match;
  Node::Search search{method, *decoded, {}, {}, nullptr};
  if (search.descend(*root_, 0)) {
    match.kind = Match::Kind::found;
    match.route = search.end->route;
    for (std::size_t i = 0; i < search.values.size(); ++i) {
      match.params.add(search.end->names[i], std::move(search.values[i]));
    }
  } else if (!search.allowed.empty()) {
    match.kind = Match::Kind::no_method;
    match.allowed.assign(search.allowed.begin(), search.allowed.end());
  }
  return match;
}

}  // namespace haneul::http
