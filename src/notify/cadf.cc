#include "notify/cadf.h"

#include <array>
#include <utility>

namespace haneul::notify {
namespace {

// identity.project.created
struct Words {
  std::string_view service, noun, verb;

  explicit Words(std::string_view type) {
    const auto first = type.find('.'), last = type.rfind('.');
    service = type.substr(0, first);
    if (first == std::string_view::npos) return;
    verb = type.substr(last + 1);
    if (last > first) noun = type.substr(first + 1, last - first - 1);
  }
  std::string action() const {
    if (noun.empty()) return std::string(verb);
    return std::string(verb) + "." + std::string(noun);
  }
};

using Pair = std::pair<std::string_view, std::string_view>;
constexpr std::array kTargets = {
    Pair{"user", "data/security/account/user"},
    Pair{"group", "data/security/group"},
    Pair{"project", "data/security/project"},
    Pair{"domain", "data/security/domain"},
    Pair{"role", "data/security/role"},
    Pair{"region", "data/security/region"},
    Pair{"endpoint", "data/security/endpoint"},
    Pair{"service", "data/security/service"},
    Pair{"policy", "data/security/policy"},
    Pair{"OS-TRUST:trust", "data/security/trust"},
    Pair{"OS-OAUTH1:consumer", "data/security/account"},
    Pair{"OS-OAUTH1:request_token", "data/security/credential"},
    Pair{"OS-OAUTH1:access_token", "data/security/credential"},
    Pair{"", "service/security/account/user"},  // who logs in
};

std::string_view target_type(std::string_view noun) {
  for (const auto& [name, uri] : kTargets) {
    if (name == noun) return uri;
  }
  return "unknown";
}

void member_if(json::Writer& w, const char* key, const std::string& text) {
  if (!text.empty()) w.member(key, text);
}

void write_initiator(json::Writer& w, const Initiator& by) {
  w.begin_object().member("typeURI", "service/security/account/user");
  w.member("id", by.user_id);
  member_if(w, "user_id", by.user_id), member_if(w, "project_id", by.project_id);
  member_if(w, "domain_id", by.domain_id), member_if(w, "request_id", by.request_id);
  w.key("host").begin_object();
  member_if(w, "address", by.address), member_if(w, "agent", by.agent);
  w.end_object().end_object();
}

}  // namespace

void write_entry(json::Writer& w, const Entry& e) {
  w.begin_object().member("id", e.id).member("uuid", e.uuid).member("at", iso_micros(e.at));
  w.member("type", e.event.type).member("subject", e.event.subject);
  w.member("project_id", e.event.project_id).member("success", e.event.success);
  w.key("details").value(e.event.details);
  w.member("user_id", e.by.user_id).member("user_project_id", e.by.project_id);
  w.member("user_domain_id", e.by.domain_id).member("request_id", e.by.request_id);
  w.member("address", e.by.address).member("agent", e.by.agent).end_object();
}

void write_cadf(json::Writer& w, const Entry& e) {
  const Words words(e.event.type);
  w.begin_object().member("event_type", e.event.type).key("payload").begin_object();
  w.member("typeURI", "http://schemas.dmtf.org/cloud/audit/1.0/event").member("id", e.uuid);
  w.member("eventType", "activity").member("eventTime", iso_micros(e.at));
  w.member("action", words.action()).member("outcome", e.event.success ? "success" : "failure");
  w.key("initiator");
  write_initiator(w, e.by);
  w.key("observer").begin_object();
  w.member("typeURI", words.service == "identity" ? "service/security"
                                                  : "service/" + std::string(words.service));
  w.member("id", words.service).end_object();
  w.key("target").begin_object().member("typeURI", target_type(words.noun));
  w.member("id", e.event.subject).end_object();
  if (!words.noun.empty()) w.member("resource_info", e.event.subject);
  for (const auto& [key, value] : e.event.details) w.key(key).value(value);
  w.end_object().end_object();
}

}  // namespace haneul::notify
