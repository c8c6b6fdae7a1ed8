#include "services/nova/cloud.h"

#include "base/text.h"
#include "json/writer.h"
#include "resource/quota.h"

namespace haneul::nova {

std::string fault_json(int code, std::string_view message, Instant at) {
  constexpr std::size_t kMessageBytesMax = 255;
  std::string text(message.substr(0, kMessageBytesMax));
  while (!is_valid_utf8(text)) text.pop_back();
  json::Writer w;
  w.begin_object().member("code", code).member("created", iso_seconds(at));
  w.member("message", text).end_object();
  return w.take();
}

void release_server_quota(Cloud& cloud, db::Transaction& tx, const Server& s) {
  auto& quota = cloud.world.quota;
  quota.release(tx, "nova", s.project_id, "instances", 1);
  quota.release(tx, "nova", s.project_id, "cores", s.vcpus);
  quota.release(tx, "nova", s.project_id, "ram", s.ram);
}

}  // namespace haneul::nova
