#include "services/keystone/consumer.h"

#include "base/id.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/oauth_access_token.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_oauth1.py (ConsumerResource)
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Consumer::id>("id"),
    field<&Consumer::description>("description").settable(create | update).max(64),
    field<&Consumer::secret>("secret").hidden(), field<&Consumer::extra>("extra").hidden());
static_assert(resource::complete<Consumer>(kFields));

constexpr std::string_view kOwnKeys[] = {"secret"};

void before_update(const Change& change, const Consumer& old, Consumer& fresh) {
  if (change.given.empty()) throw Fault::bad_request("{} does not have enough properties");
  if (change.given.has("secret")) {
    throw Fault::bad_request("A consumer's 'secret' should not be valid under an update");
  }
  refuse_other_id(change.given, old.id);
  keep_extra(kConsumer, change.given, fresh.extra, kOwnKeys);
}

resource::Hooks<Consumer> hooks(State& state) {
  resource::Hooks<Consumer> h;
  h.before_create = [](Change& change, Consumer& consumer) {
    consumer.secret = new_hex_id();
    keep_extra(kConsumer, change.given, consumer.extra, kOwnKeys);
  };
  h.before_update = [](Change& c, const Consumer& old, Consumer& fresh) {
    before_update(c, old, fresh);
  };
  h.after_remove = [&state](Change& change, const Consumer& consumer) {
    change.tx.execute("DELETE FROM oauth_request_tokens WHERE consumer_id = ?", {consumer.id});
    remove_access_tokens(state, change.tx, "consumer_id", consumer.id);
  };
  h.extras = [](const resource::Call& call, db::Session&, std::span<const Consumer>) {
    const bool is_new = call.request().method == "POST";
    return [is_new](const Consumer& consumer, json::Writer& w) {
      if (is_new) w.member("secret", consumer.secret);
      write_extra(w, consumer.extra);
    };
  };
  return h;
}

}  // namespace

constinit const resource::Resource kConsumer{
    .singular = "consumer",
    .plural = "consumers",
    .path = "/v3/OS-OAUTH1/consumers",
    .table = "oauth_consumers",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_consumer", "identity:list_consumers", "identity:get_consumer",
               "identity:update_consumer", "identity:delete_consumer"},
    .event = "identity.OS-OAUTH1:consumer",
    .update_method = "PATCH",
    .fields = kFields};

Consumer consumer_or_fault(const State& state, db::Session& session, std::string_view id) {
  auto consumer = state.consumers.find(session, id);
  if (!consumer) throw Fault::not_found("Consumer not found");
  return std::move(*consumer);
}

void add_consumers(resource::Service& service, State& state) {
  service.resource<Consumer>(kConsumer, hooks(state));
}

}  // namespace haneul::keystone
