#include "access/rule_parser.h"

#include <optional>

#include "base/text.h"

namespace haneul::access {
namespace {

constexpr int kDepthMax = 64;

struct Token {
  enum class Kind { open, close, and_word, or_word, not_word, check, quoted } kind;
  std::string_view text;
};

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_blank(text[end])) ++end;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

bool is_quoted(std::string_view word) {
  return word.size() >= 2 && word.front() == word.back() &&
         (word.front() == '"' || word.front() == '\'');
}

// Parentheses count only at the ends of a word: inside they belong to %(name)s.
void tokenize_word(std::string_view word, std::vector<Token>& out) {
  while (word.starts_with('(')) {
    out.push_back({Token::Kind::open, {}});
    word.remove_prefix(1);
  }
  std::string_view clean = word;
  while (clean.ends_with(')')) clean.remove_suffix(1);
  if (iequals(clean, "and")) {
    out.push_back({Token::Kind::and_word, {}});
  } else if (iequals(clean, "or")) {
    out.push_back({Token::Kind::or_word, {}});
  } else if (iequals(clean, "not")) {
    out.push_back({Token::Kind::not_word, {}});
  } else if (!clean.empty()) {
    out.push_back({is_quoted(word) ? Token::Kind::quoted : Token::Kind::check, clean});
  }
  for (std::size_t i = clean.size(); i < word.size(); ++i) out.push_back({Token::Kind::close, {}});
}

// Upstream reduces a stack of tokens by patterns; that accepts the grammar below, `and` binding
// more tightly than `or`, and so does this. Nothing means: not in the grammar.
class Parser {
 public:
  Parser(const std::vector<Token>& tokens, ParseNotes& notes) : tokens_(tokens), notes_(notes) {}

  std::optional<Rule> parse() {
    auto rule = any_of();
    if (at_ != tokens_.size()) return std::nullopt;
    return rule;
  }

 private:
  using Step = std::optional<Rule> (Parser::*)();

  bool take(Token::Kind kind) {
    if (at_ == tokens_.size() || tokens_[at_].kind != kind) return false;
    ++at_;
    return true;
  }

  std::optional<Rule> chain(Step step, Token::Kind word, Rule::Op op) {
    auto first = (this->*step)();
    if (!first || at_ == tokens_.size() || tokens_[at_].kind != word) return first;
    Rule whole;
    whole.op = op;
    whole.parts.push_back(std::move(*first));
    while (take(word)) {
      auto next = (this->*step)();
      if (!next) return std::nullopt;
      whole.parts.push_back(std::move(*next));
    }
    return whole;
  }

  std::optional<Rule> any_of() {
    return chain(&Parser::all_of, Token::Kind::or_word, Rule::Op::any_of);
  }
  std::optional<Rule> all_of() {
    return chain(&Parser::one, Token::Kind::and_word, Rule::Op::all_of);
  }

  std::optional<Rule> one() {
    if (depth_ == kDepthMax) return std::nullopt;
    ++depth_;
    auto rule = nested();
    --depth_;
    return rule;
  }

  std::optional<Rule> nested() {
    if (take(Token::Kind::not_word)) {
      auto inner = one();
      if (!inner) return std::nullopt;
      Rule rule;
      rule.op = Rule::Op::negation;
      rule.parts.push_back(std::move(*inner));
      return rule;
    }
    if (take(Token::Kind::open)) {
      auto inner = any_of();
      if (!take(Token::Kind::close)) return std::nullopt;
      return inner;
    }
    if (!take(Token::Kind::check)) return std::nullopt;
    return parse_check(tokens_[at_ - 1].text, notes_);
  }

  const std::vector<Token>& tokens_;
  ParseNotes& notes_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Rule combine(std::vector<Rule> parts, Rule::Op op) {
  if (parts.size() == 1) return std::move(parts.front());
  Rule rule;
  rule.op = op;
  rule.parts = std::move(parts);
  return rule;
}

Rule always() {
  Rule rule;
  rule.op = Rule::Op::always;
  return rule;
}

}  // namespace

Rule parse_rule(std::string_view text, ParseNotes& notes) {
  if (text.empty()) return always();
  std::vector<Token> tokens;
  for (const std::string_view word : words(text)) tokenize_word(word, tokens);
  auto rule = Parser(tokens, notes).parse();
  if (rule) return std::move(*rule);
  notes.warnings.push_back("\"" + std::string(text) + "\" cannot be understood");
  return {};
}

Rule parse_rule(const std::vector<std::vector<std::string>>& lists, ParseNotes& notes) {
  if (lists.empty()) return always();
  std::vector<Rule> alternatives;
  for (const auto& list : lists) {
    std::vector<Rule> checks;
    for (const std::string& check : list) checks.push_back(parse_check(check, notes));
    if (!checks.empty()) alternatives.push_back(combine(std::move(checks), Rule::Op::all_of));
  }
  if (alternatives.empty()) return {};
  return combine(std::move(alternatives), Rule::Op::any_of);
}

}  // namespace haneul::access
