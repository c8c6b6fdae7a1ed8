#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace haneul::directory {

// Where a directory is and how to talk with it.
struct Settings {
  enum class Dereference { by_default, never, searching, finding, always };
  enum class Certificate { demand, allow, never };

  std::vector<std::string> urls;  // ldap:// or ldaps://, tried in this order
  std::string user, password;     // to search as; both empty: nobody
  std::int64_t page_entries = 0;  // 0: no paging
  Dereference dereference = Dereference::by_default;
  std::optional<bool> chases_referrals;
  bool start_tls = false;
  Certificate certificate = Certificate::demand;
  std::string ca_file, ca_directory;  // empty: the system's
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds call_timeout{10'000};  // the whole of a search or a bind
  std::size_t attempts = 3;                        // to connect
  std::chrono::milliseconds attempt_delay{100};
  std::size_t kept_max = 10;  // idle connections; 0: none
  std::chrono::seconds kept_for{600};
};

struct Entry {
  std::string dn;
  // By their names in lower case. Values are bytes.
  std::map<std::string, std::vector<std::string>> attributes;

  // Null if there is none.
  const std::vector<std::string>* find(const std::string& name_of_any_case) const;
};

enum class Scope { base, one, subtree };

struct Search {
  std::string base;
  Scope scope = Scope::subtree;
  std::string filter;  // RFC 4515; values in it went through escaped_in_filter()
  std::vector<std::string> attributes;
};

// The directory would not: it refused, or said what cannot be understood.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
// It did not answer in time, or cannot be reached.
class Unreachable : public Error {
 public:
  using Error::Error;
};

inline constexpr std::size_t kEntriesMax = 100'000;  // of one search; more are an Error

// Somebody else's directory of users and groups, which is only read. Safe from any thread; calls
// end within Settings::call_timeout and the time to connect. Nothing is known of it before the
// first call.
class Directory {
 public:
  virtual ~Directory() = default;
  // Entries in the directory's order; none if the base does not exist. Throws Error.
  virtual std::vector<Entry> search(const Search& wanted) = 0;
  // Whether this is the password of the entry. An empty one never is. Throws Error for anything
  // but a plain no.
  virtual bool accepts(const std::string& dn, const std::string& password) = 0;
};

// Does not connect.
using Opener = std::function<std::shared_ptr<Directory>(const Settings&)>;

}  // namespace haneul::directory
