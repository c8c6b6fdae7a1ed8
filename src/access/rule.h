#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/credential.h"
#include "access/pattern.h"

namespace haneul::access {

class FieldTest;

// A compiled rule: a tree that is asked without allocating.
struct Rule {
  enum class Op {
    always,      // @
    never,       // !, and everything that could not be understood
    all_of,      // and
    any_of,      // or
    negation,    // not
    reference,   // rule:name
    role,        // role:name
    literal,     // 'text':%(name)s
    credential,  // user_id:%(name)s
    admin,       // is_admin:True
    field        // field:networks:shared=True, Neutron's
  };

  Op op = Op::never;
  std::vector<Rule> parts;  // all_of, any_of; negation has one

  std::string kind, match;        // a check's two sides as written
  Pattern pattern;                // role, literal, credential
  std::string literal;            // literal: what str() makes of it
  CredentialReader credential{};  // credential
  bool expected_admin = true;     // admin
  std::shared_ptr<const FieldTest> field;
  const Rule* refers_to = nullptr;  // reference; set when all rules are known
};

// References must be set and free of circles. A reference to nothing is false.
bool holds(const Rule& rule, const Caller& caller, const Target& target);
// Upstream's canonical form: ((role:a and not role:b) or rule:c).
std::string rule_text(const Rule& rule);
// Which checks made it true or false, and the values they compared.
std::string why(const Rule& rule, const Caller& caller, const Target& target);

// upstream: openstack/neutron:neutron/policy.py FieldCheck. The attribute map's conversions are
// not known here, so truths are compared as truths and everything else as text.
class FieldTest {
 public:
  // "networks:shared=True", or with a regular expression: "port:device_owner=~^network:".
  static std::shared_ptr<const FieldTest> parse(std::string_view match);
  virtual ~FieldTest() = default;
  // Text over 4 KiB matches no regular expression.
  virtual bool holds(const Target& target) const = 0;
};

}  // namespace haneul::access
