#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace haneul::http {

// What a path's {names} stood for, percent-decoded.
class PathParams {
 public:
  const std::string& get(std::string_view name) const;  // empty if there is none
  void add(std::string_view name, std::string value) {
    pairs_.emplace_back(name, std::move(value));
  }
  std::vector<std::pair<std::string_view, std::string>>& pairs() { return pairs_; }

 private:
  std::vector<std::pair<std::string_view, std::string>> pairs_;
};

// Maps method and path to a number (the caller's index of routes). Built once, then read from any
// thread without locks. Segments are literals or {name}; a last {name...} takes the rest of the
// path, slashes included. Literals win over names, longer literal prefixes over shorter ones (with
// backtracking). HEAD falls back to GET. A trailing slash is ignored.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;

  // Throws std::logic_error if the same method and shape was added before.
  void add(std::string_view method, std::string_view pattern, std::size_t route);

  struct Match {
    enum class Kind { found, no_path, no_method } kind = Kind::no_path;
    std::size_t route = 0;
    PathParams params;
    std::vector<std::string> allowed;  // for no_method, sorted
  };
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace haneul::http
