#include "drivers/directory/ldap_connection.h"

#include <algorithm>
#include <ldap.h>

#include <fmt/format.h>
#include <sys/time.h>

#include "base/text.h"

namespace haneul::directory {
namespace {

using Clock = std::chrono::steady_clock;

timeval as_timeval(std::chrono::microseconds d) {
  const auto micros = std::max<std::int64_t>(d.count(), 1);
  return {static_cast<time_t>(micros / 1'000'000), static_cast<suseconds_t>(micros % 1'000'000)};
}

timeval left_until(LdapConnection::Deadline deadline) {
  return as_timeval(std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()));
}

int code_of(Settings::Dereference d) {
  using D = Settings::Dereference;
  return d == D::searching ? LDAP_DEREF_SEARCHING
         : d == D::finding ? LDAP_DEREF_FINDING
         : d == D::always  ? LDAP_DEREF_ALWAYS
                           : LDAP_DEREF_NEVER;
}

int code_of(Settings::Certificate c) {
  using C = Settings::Certificate;
  return c == C::never   ? LDAP_OPT_X_TLS_NEVER
         : c == C::allow ? LDAP_OPT_X_TLS_ALLOW
                         : LDAP_OPT_X_TLS_DEMAND;
}

int code_of(Scope s) {
  return s == Scope::base  ? LDAP_SCOPE_BASE
         : s == Scope::one ? LDAP_SCOPE_ONELEVEL
                           : LDAP_SCOPE_SUBTREE;
}

bool is_unreachable(int code) {
  return code == LDAP_SERVER_DOWN || code == LDAP_TIMEOUT || code == LDAP_CONNECT_ERROR ||
         code == LDAP_UNAVAILABLE || code == LDAP_BUSY || code == LDAP_LOCAL_ERROR ||
         code == LDAP_TIMELIMIT_EXCEEDED;
}

bool is_refusal(int code) {
  return code == LDAP_INVALID_CREDENTIALS || code == LDAP_INAPPROPRIATE_AUTH ||
         code == LDAP_NO_SUCH_OBJECT || code == LDAP_INVALID_DN_SYNTAX ||
         code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_CONSTRAINT_VIOLATION ||
         code == LDAP_INSUFFICIENT_ACCESS;
}

std::vector<std::string> values_of(LDAP* handle, LDAPMessage* entry, const char* name) {
  std::vector<std::string> values;
  berval** all = ldap_get_values_len(handle, entry, name);
  for (int i = 0; all && all[i]; ++i) values.emplace_back(all[i]->bv_val, all[i]->bv_len);
  ldap_value_free_len(all);
  return values;
}

Entry entry_of(LDAP* handle, LDAPMessage* message) {
  Entry entry;
  if (char* dn = ldap_get_dn(handle, message)) {
    entry.dn = dn;
    ldap_memfree(dn);
  }
  BerElement* at = nullptr;
  for (char* name = ldap_first_attribute(handle, message, &at); name;
       name = ldap_next_attribute(handle, message, at)) {
    entry.attributes[lower(name)] = values_of(handle, message, name);
    ldap_memfree(name);
  }
  if (at) ber_free(at, 0);
  return entry;
}

// Of a C array of names, ended by null; views into `names`.
std::vector<char*> as_array(std::vector<std::string>& names) {
  std::vector<char*> array;
  for (std::string& name : names) array.push_back(name.data());
  array.push_back(nullptr);
  return array;
}

struct PageControl {
  PageControl(LDAP* handle, std::int64_t entries, const std::string& cookie) {
    if (entries <= 0) return;
    berval c{cookie.size(), const_cast<char*>(cookie.data())};
    ldap_create_page_control(handle, static_cast<ber_int_t>(entries), &c, 1, &control);
  }
  ~PageControl() { ldap_control_free(control); }
  PageControl(const PageControl&) = delete;
  PageControl& operator=(const PageControl&) = delete;
  LDAPControl* control = nullptr;
};

}  // namespace

LdapConnection::LdapConnection(const Settings& settings)
    : settings_(settings), since_(Clock::now()) {
  const std::string urls = join(settings.urls, " ");
  if (const int code = ldap_initialize(&handle_, urls.c_str()); code != LDAP_SUCCESS) {
    throw Error(fmt::format("no good URL of a directory: {}", ldap_err2string(code)));
  }
  try {
    set_options();
    if (settings.start_tls) start_tls();
  } catch (...) {
    ldap_unbind_ext(handle_, nullptr, nullptr);
    throw;
  }
}

LdapConnection::~LdapConnection() {
  ldap_unbind_ext(handle_, nullptr, nullptr);
}

void LdapConnection::set_options() {
  const int version = LDAP_VERSION3;
  ldap_set_option(handle_, LDAP_OPT_PROTOCOL_VERSION, &version);
  const timeval connect = as_timeval(settings_.connect_timeout);
  ldap_set_option(handle_, LDAP_OPT_NETWORK_TIMEOUT, &connect);
  const timeval call = as_timeval(settings_.call_timeout);
  ldap_set_option(handle_, LDAP_OPT_TIMEOUT, &call);
  ldap_set_option(handle_, LDAP_OPT_RESTART, LDAP_OPT_ON);
  if (settings_.dereference != Settings::Dereference::by_default) {
    const int how = code_of(settings_.dereference);
    ldap_set_option(handle_, LDAP_OPT_DEREF, &how);
  }
  if (settings_.chases_referrals) {
    ldap_set_option(handle_, LDAP_OPT_REFERRALS,
                    *settings_.chases_referrals ? LDAP_OPT_ON : LDAP_OPT_OFF);
  }
  set_tls_options();
}

void LdapConnection::set_tls_options() {
  const auto set = [&](int option, const std::string& text) {
    if (text.empty()) return;
    if (ldap_set_option(handle_, option, text.c_str()) != LDAP_OPT_SUCCESS) {
      throw Error(fmt::format("no certificates can be read from {}", text));
    }
  };
  set(LDAP_OPT_X_TLS_CACERTFILE, settings_.ca_file);
  if (settings_.ca_file.empty()) set(LDAP_OPT_X_TLS_CACERTDIR, settings_.ca_directory);
  const int need = code_of(settings_.certificate);
  ldap_set_option(handle_, LDAP_OPT_X_TLS_REQUIRE_CERT, &need);
  const int is_server = 0;
  if (ldap_set_option(handle_, LDAP_OPT_X_TLS_NEWCTX, &is_server) != LDAP_OPT_SUCCESS) {
    throw Error("TLS cannot be set up: are the certificates to trust readable?");
  }
}

void LdapConnection::start_tls() {
  const int code = ldap_start_tls_s(handle_, nullptr, nullptr);
  if (code != LDAP_SUCCESS) fail(code, "start TLS");
}

bool LdapConnection::bind(const std::string& dn, const std::string& password, Deadline deadline) {
  berval credentials{password.size(), const_cast<char*>(password.data())};
  int id = 0;
  int code =
      ldap_sasl_bind(handle_, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  if (code != LDAP_SUCCESS) fail(code, "connect");
  const auto message = answer(id, deadline);
  if (ldap_parse_result(handle_, message.get(), &code, nullptr, nullptr, nullptr, nullptr, 0) !=
      LDAP_SUCCESS) {
    fail(LDAP_DECODING_ERROR, "log in");
  }
  if (is_refusal(code)) return false;
  if (code != LDAP_SUCCESS) fail(code, "log in");
  return true;
}

std::shared_ptr<LDAPMessage> LdapConnection::answer(int id, Deadline deadline) {
  timeval left = left_until(deadline);
  LDAPMessage* message = nullptr;
  const int kind = ldap_result(handle_, id, LDAP_MSG_ALL, &left, &message);
  if (kind > 0) return {message, ldap_msgfree};
  int code = LDAP_TIMEOUT;
  if (kind < 0) ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &code);
  if (kind == 0) ldap_abandon_ext(handle_, id, nullptr, nullptr);
  fail(code, "get an answer");
}

std::vector<Entry> LdapConnection::search(const Search& wanted, Deadline deadline) {
  std::vector<Entry> found;
  std::string cookie;
  do {
    cookie = search_page(wanted, cookie, deadline, found);
  } while (!cookie.empty());
  return found;
}

std::string LdapConnection::search_page(const Search& wanted, const std::string& cookie,
                                        Deadline deadline, std::vector<Entry>& found) {
  auto names = wanted.attributes;
  auto attributes = as_array(names);
  const PageControl page(handle_, settings_.page_entries, cookie);
  LDAPControl* controls[] = {page.control, nullptr};
  timeval left = left_until(deadline);
  int id = 0;
  int code = ldap_search_ext(handle_, wanted.base.c_str(), code_of(wanted.scope),
                             wanted.filter.c_str(), names.empty() ? nullptr : attributes.data(), 0,
                             page.control ? controls : nullptr, nullptr, &left, LDAP_NO_LIMIT, &id);
  if (code != LDAP_SUCCESS) fail(code, "search");
  const auto message = answer(id, deadline);
  take_entries(message.get(), found);
  return finish_page(message.get());
}

void LdapConnection::take_entries(LDAPMessage* answer, std::vector<Entry>& found) {
  for (LDAPMessage* at = ldap_first_entry(handle_, answer); at; at = ldap_next_entry(handle_, at)) {
    if (found.size() == kEntriesMax) {
      throw Error(fmt::format("a search found more than {} entries", kEntriesMax));
    }
    found.push_back(entry_of(handle_, at));
  }
}

std::string LdapConnection::finish_page(LDAPMessage* answer) {
  int code = 0;
  LDAPControl** controls = nullptr;
  const int parsed =
      ldap_parse_result(handle_, answer, &code, nullptr, nullptr, nullptr, &controls, 0);
  std::string cookie;
  if (controls) {
    berval next{0, nullptr};
    ber_int_t estimate = 0;
    LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
    if (page && ldap_parse_pageresponse_control(handle_, page, &estimate, &next) == LDAP_SUCCESS) {
      if (next.bv_val) cookie.assign(next.bv_val, next.bv_len);
      ber_memfree(next.bv_val);
    }
    ldap_controls_free(controls);
  }
  if (parsed != LDAP_SUCCESS) fail(parsed, "read an answer");
  if (code == LDAP_NO_SUCH_OBJECT) return {};
  if (code == LDAP_SIZELIMIT_EXCEEDED) {
    throw Error(
        "Number of User/Group entities returned by LDAP exceeded size limit. Contact your "
        "LDAP administrator.");
  }
  if (code != LDAP_SUCCESS && code != LDAP_REFERRAL && code != LDAP_PARTIAL_RESULTS) {
    fail(code, "search");
  }
  return cookie;
}

void LdapConnection::fail(int code, const char* doing) const {
  const std::string why = fmt::format("cannot {}: {}", doing, ldap_err2string(code));
  if (is_unreachable(code)) throw Unreachable(why);
  throw Error(why);
}

}  // namespace haneul::directory
