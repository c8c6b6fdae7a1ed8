#include "access/access_rule.h"

#include <algorithm>

namespace haneul::access {
namespace {

// A part of a pattern: one character, a run of at least one that is no slash, or anything.
struct Piece {
  enum class Kind { literal, segment, anything } kind;
  char literal = 0;
};

// Braces that are not closed, or were not opened, stand for nothing.
std::vector<Piece> pieces_of(std::string_view pattern) {
  using Kind = Piece::Kind;
  std::vector<Piece> pieces;
  while (!pattern.empty()) {
    std::size_t taken = 1;
    if (pattern.starts_with("**")) {
      pieces.push_back({Kind::anything});
      taken = 2;
    } else if (pattern.front() == '*') {
      pieces.push_back({Kind::segment});
    } else if (pattern.front() == '{') {
      const auto end = pattern.find('}');
      if (end != pattern.npos) {
        pieces.push_back({Kind::segment});
        taken = end + 1;
      }
    } else if (pattern.front() != '}') {
      pieces.push_back({Kind::literal, pattern.front()});
    }
    pattern.remove_prefix(taken);
  }
  return pieces;
}

}  // namespace

// reached[i]: the first i pieces can have taken what was read of the path.
bool path_matches(std::string_view path, std::string_view pattern) {
  using Kind = Piece::Kind;
  if (path.size() > kRulePathBytesMax) return false;
  const auto pieces = pieces_of(pattern);
  std::vector<bool> reached(pieces.size() + 1), next(pieces.size() + 1);
  const auto skip_empty = [&](std::vector<bool>& at) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (at[i] && pieces[i].kind == Kind::anything) at[i + 1] = true;
    }
  };
  reached[0] = true;
  skip_empty(reached);
  for (const char c : path) {
    std::fill(next.begin(), next.end(), false);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (!reached[i]) continue;
      const Piece& piece = pieces[i];
      if (piece.kind == Kind::anything) next[i] = true;
      if (piece.kind == Kind::literal && piece.literal == c) next[i + 1] = true;
      if (piece.kind == Kind::segment && c != '/') next[i] = next[i + 1] = true;
    }
    skip_empty(next);
    reached.swap(next);
  }
  return reached.back();
}

bool allows(const AccessRules& rules, const Asked& asked) {
  const auto path = asked.path;
  const auto inner = path.starts_with(asked.mount) ? path.substr(asked.mount.size()) : path;
  return std::any_of(rules.begin(), rules.end(), [&](const AccessRule& rule) {
    return rule.method == asked.method && rule.service == asked.service_type &&
           (path_matches(inner, rule.path) || path_matches(path, rule.path));
  });
}

}  // namespace haneul::access
