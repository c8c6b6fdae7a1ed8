#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "drivers/directory/directory.h"

typedef struct ldap LDAP;
typedef struct ldapmsg LDAPMessage;

namespace haneul::directory {

// One connection to a server; belongs to one thread at a time. What fails as Unreachable leaves it
// unusable.
class LdapConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // With TLS if it is wanted; the first request connects, if that has not. `settings` must outlive
  // it. Throws Error.
  explicit LdapConnection(const Settings& settings);
  ~LdapConnection();
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;

  // False if the directory knows no such name and password. Throws Error.
  bool bind(const std::string& dn, const std::string& password, Deadline deadline);
  std::vector<Entry> search(const Search& wanted, Deadline deadline);
  Deadline since() const { return since_; }

 private:
  void set_options();
  void set_tls_options();
  void start_tls();
  // One answer (all its messages) to request `id`; owned by what is returned.
  std::shared_ptr<LDAPMessage> answer(int id, Deadline deadline);
  // Takes one page; gives the cookie of the next, empty at the end.
  std::string search_page(const Search& wanted, const std::string& cookie, Deadline deadline,
                          std::vector<Entry>& found);
  void take_entries(LDAPMessage* answer, std::vector<Entry>& found);
  std::string finish_page(LDAPMessage* answer);
  [[noreturn]] void fail(int code, const char* doing) const;

  const Settings& settings_;
  LDAP* handle_ = nullptr;
  const Deadline since_;
};

}  // namespace haneul::directory
