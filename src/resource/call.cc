#include "resource/call.h"

#include "access/policy.h"
#include "base/text.h"
#include "notify/journal.h"
#include "resource/dialect.h"
#include "resource/service.h"

namespace haneul::resource {

Call::Call(Parts parts) : parts_(std::move(parts)) {}

const Dialect& Call::dialect() const {
  return parts_.service.dialect();
}

const http::Query& Call::query() const {
  if (!query_) {
    query_ = http::Query::parse(parts_.request.raw_query);
    if (!query_) throw Fault::bad_request("The query string cannot be decoded.");
  }
  return *query_;
}

const json::Value& Call::body() {
  if (!body_) {
    std::string why;
    body_ = json::parse(parts_.request.body, &why);
    if (!body_) throw dialect().not_json(why);
  }
  return *body_;
}

Form Call::form(std::string_view envelope, bool others_allowed) {
  const json::Value& whole = body();
  if (envelope.empty()) return Form(dialect(), whole, "");
  Form outer(dialect(), whole, "");
  auto inner = outer.object(envelope);
  if (!inner) outer.fail({.kind = Problem::Kind::no_envelope, .field = std::string(envelope)});
  if (!others_allowed) outer.done();
  return Form(dialect(), *outer.given().find(envelope), "");
}

namespace {

// A host as clients may send it: nothing that could leave a link or a header.
bool is_plain_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  return host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             ".-_:[]") == std::string_view::npos;
}

}  // namespace

std::string base_url_of(const http::Request& request) {
  const auto& headers = request.headers;
  std::string_view scheme = request.tls ? "https" : "http";
  const auto forwarded = headers.get("X-Forwarded-Proto");
  if (forwarded == "https" || forwarded == "http") scheme = forwarded;
  std::string_view host = headers.get("X-Forwarded-Host");
  if (!is_plain_host(host)) host = headers.get("Host");
  if (!is_plain_host(host)) host = "localhost";
  return std::string(scheme) + "://" + std::string(host);
}

void Call::record(db::Transaction& tx, const notify::Event& event) const {
  parts_.world.journal.add(tx, event, initiator());
}

notify::Initiator Call::initiator() const {
  notify::Initiator by{.request_id = parts_.request_id,
                       .address = parts_.request.peer,
                       .agent = std::string(parts_.request.headers.get("User-Agent"))};
  if (has_caller()) {
    by.user_id = caller().user_id.text;
    by.project_id = caller().project_id.text;
    by.domain_id = caller().domain_id.text;
  }
  return by;
}

std::string Call::service_url() const {
  return base_url() + std::string(parts_.service.mount());
}

bool Call::allowed(std::string_view rule, const access::Target& target) const {
  return parts_.service.policy().check(rule, *parts_.caller, target);
}

namespace {

access::PairsTarget own_target(const access::Caller& c) {
  return {{"project_id", c.project_id.text},
          {"tenant_id", c.project_id.text},
          {"user_id", c.user_id.text},
          {"domain_id", c.domain_id.text}};
}

}  // namespace

bool Call::allowed(std::string_view rule) const {
  return allowed(rule, own_target(caller()));
}

void Call::enforce(std::string_view rule, const access::Target& target) const {
  if (!has_caller()) throw dialect().unauthenticated();
  if (!allowed(rule, target)) throw dialect().refused(rule, true);
}

void Call::enforce(std::string_view rule) const {
  if (!has_caller()) throw dialect().unauthenticated();
  enforce(rule, own_target(caller()));
}

Where Call::owned(const Resource& resource) const {
  Where where;
  if (resource.scope == Scope::cloud || dialect().sees_all(*this)) return where;
  if (resource.scope == Scope::project) {
    return where.equals(resource.owner_column, caller().project_id.text);
  }
  const auto& domain = caller().domain_id.empty() ? caller().project_domain_id : caller().domain_id;
  return where.equals(resource.owner_column, domain.text);
}

void Call::throw_absent(const Resource& resource, std::string_view key,
                        std::string_view rule) const {
  if (dialect().absence_is_guarded()) enforce(rule, access::PairsTarget());
  throw_no_such(resource, key);
}

void Call::throw_no_such(const Resource& resource, std::string_view key) const {
  throw dialect().no_such(resource, key);
}

}  // namespace haneul::resource
