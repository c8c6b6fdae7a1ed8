#pragma once
#include <map>
#include <string>

#include "json/writer.h"
#include "resource/call.h"
#include "services/nova/server.h"

namespace haneul::nova {

// Writes servers as one request sees them: what depends on the version and on the caller's rights
// is found out once, then used for every row.
// upstream: openstack/nova:nova/api/openstack/compute/views/servers.py
class ServerView {
 public:
  explicit ServerView(const resource::Call& call);

  void brief(json::Writer& w, const Server& s);
  // `single`: GET of one server shows members that lists leave out.
  void detail(json::Writer& w, const Server& s, bool single);

 private:
  void base(json::Writer& w, const Server& s);
  void image_and_flavor(json::Writer& w, const Server& s);
  void states(json::Writer& w, const Server& s);
  void admin_attributes(json::Writer& w, const Server& s);
  void by_version(json::Writer& w, const Server& s, bool single);
  void links(json::Writer& w, std::string_view noun, std::string_view id, bool self);
  const std::string& host_id(const Server& s);

  const resource::Call& call_;
  const std::string url_;
  const bool sees_attributes_;   // OS-EXT-SRV-ATTR:*
  const bool sees_host_status_;
  std::map<std::string, std::string> host_ids_;  // by project and host
};

}  // namespace haneul::nova
