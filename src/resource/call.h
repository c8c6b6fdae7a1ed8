#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/caller.h"
#include "access/target.h"
#include "base/clock.h"
#include "db/database.h"
#include "http/message.h"
#include "http/router.h"
#include "json/value.h"
#include "notify/event.h"
#include "resource/form.h"
#include "resource/row_target.h"
#include "resource/table.h"
#include "resource/version.h"
#include "resource/world.h"

namespace haneul::resource {

// "http://host:port" as the client reached us; honours X-Forwarded-Proto and -Host.
std::string base_url_of(const http::Request& request);

// One request on its way through a service: who asks, for what, in which version. Belongs to the
// thread that handles it.
class Call {
 public:
  struct Parts {
    const World& world;
    const Service& service;
    http::Request& request;
    http::PathParams params;
    Version version;
    std::shared_ptr<const access::Caller> caller;  // null on open routes without a token
    std::string request_id;
  };
  explicit Call(Parts parts);

  http::Request& request() { return parts_.request; }
  const http::Request& request() const { return parts_.request; }
  const std::string& param(std::string_view name) const { return parts_.params.get(name); }
  // Throws Fault::bad_request for a query string that cannot be decoded.
  const http::Query& query() const;
  // The whole body as JSON, parsed once. Throws in the service's words.
  const json::Value& body();
  // The object under `envelope` in the body; other keys beside it are refused unless
  // `others_allowed`. An empty envelope is the body itself.
  Form form(std::string_view envelope, bool others_allowed = false);

  const access::Caller& caller() const { return *parts_.caller; }
  bool has_caller() const { return parts_.caller != nullptr; }
  Version version() const { return parts_.version; }
  bool since(int minor) const { return parts_.version.minor >= minor; }  // of the only major
  const std::string& request_id() const { return parts_.request_id; }
  const Dialect& dialect() const;
  const Service& service() const { return parts_.service; }
  const World& world() const { return parts_.world; }
  db::Database& db() const { return parts_.world.db; }
  Instant now() const { return parts_.world.clock.now(); }
  Duration deadline() const { return parts_.request.deadline; }

  // Writes into the history of changes that this caller did this.
  void record(db::Transaction& tx, const notify::Event& event) const;
  notify::Initiator initiator() const;

  std::string base_url() const { return base_url_of(parts_.request); }
  // The same with the service's mount: what links start with.
  std::string service_url() const;

  // Throws the dialect's refusal.
  void enforce(std::string_view rule, const access::Target& target) const;
  void enforce(std::string_view rule) const;  // the target is the caller's own project and user
  bool allowed(std::string_view rule, const access::Target& target) const;
  bool allowed(std::string_view rule) const;

  // The clause that keeps other owners' rows out, by the resource's scope and the dialect.
  Where owned(const Resource& resource) const;

  // Finding is permitting: the row, if this caller may do `rule` to it. Absent, not visible and
  // (where the service hides that) not permitted look alike.
  template <class T>
  T fetch(db::Session& session, const Store<T>& store, std::string_view key,
          std::string_view rule) const {
    return fetch(session, store, key, rule, owned(store.table().resource()));
  }
  template <class T>
  T fetch(db::Session& session, const Store<T>& store, std::string_view key, std::string_view rule,
          const Where& visible) const {
    auto row = store.find(session, key, visible);
    if (!row) throw_absent(store.table().resource(), key, rule);
    enforce(rule, RowTarget(store.table().resource(), &*row));
    return std::move(*row);
  }
  [[noreturn]] void throw_no_such(const Resource& resource, std::string_view key) const;
  // The same for one who asked to do `rule` to it, who may have to pass the policy to learn that.
  [[noreturn]] void throw_absent(const Resource& resource, std::string_view key,
                                 std::string_view rule) const;

 private:
  Parts parts_;
  mutable std::optional<http::Query> query_;
  std::optional<json::Value> body_;
};

}  // namespace haneul::resource
