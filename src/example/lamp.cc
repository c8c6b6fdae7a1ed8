#include "example/lamp.h"

#include "base/fault.h"
#include "json/writer.h"
#include "resource/call.h"
#include "resource/field.h"
#include "resource/resource.h"

namespace haneul::example {
namespace {

using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Lamp::id>("id").sort_key(), field<&Lamp::project_id>("project_id").filter(),
    field<&Lamp::name>("name").settable(create | update).required().min(1).max(64).filter(),
    field<&Lamp::brightness>("brightness").settable(create | update).range(0, 100).sort_key(),
    field<&Lamp::lit>("lit").filter(), field<&Lamp::created_at>("created_at"));
static_assert(resource::complete<Lamp>(kFields));

const resource::Resource kLamp{
    .singular = "lamp",
    .plural = "lamps",
    .path = "/v1/lamps",
    .policy = {"lamps:create", "lamps:list", "lamps:show", "lamps:update", "lamps:delete"},
    .quota = "lamps",
    .event = "lighting.lamp",
    .default_sort = "created_at",
    .fields = kFields};

const resource::Store<Lamp> kLamps(kLamp);

}  // namespace

std::shared_ptr<const resource::Noun> lamp_noun() {
  resource::Hooks<Lamp> hooks;
  hooks.before_create = [](resource::Change& change, Lamp& lamp) {
    lamp.created_at = change.call.now();
  };
  hooks.before_remove = [](resource::Change&, const Lamp& lamp) {
    if (lamp.lit) throw Fault::conflict("Switch it off first.");
  };
  return resource::make_noun<Lamp>(kLamp, std::move(hooks));
}

http::Response switch_lamp(resource::Call& call) {
  auto form = call.form("switch");
  const auto lit = form.boolean("lit");
  form.done();
  if (!lit) throw Fault::bad_request("'lit' is a required property");
  return call.db().write([&](db::Transaction& tx) {
    Lamp lamp = call.fetch(tx, kLamps, call.param("id"), "lamps:switch");
    lamp.lit = *lit;
    kLamps.update(tx, lamp);
    return http::Response::empty(202);
  });
}

}  // namespace haneul::example
