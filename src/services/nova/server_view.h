#pragma once
#include <map>
#include <string>

#include "json/writer.h"
#include "resource/call.h"
#include "services/nova/server.h"

namespace haneul::nova {

// {"private": [{"version": 4, "addr": …}]}: a server's addresses without extensions.
std::string plain_addresses(const Server& server);
// What a project's servers on one host have in common without telling the host's name: SHA-224 of
// both. upstream: openstack/nova:nova/utils.py (generate_hostid)
std::string host_id_of(std::string_view project_id, std::string_view host);

// Writes servers as one request sees them: what depends on the version and on the caller's rights
// is found out once, then used for every row.
// upstream: openstack/nova:nova/api/openstack/compute/views/servers.py
class ServerView {
 public:
  explicit ServerView(const resource::Call& call);

  // What the server is shown for: lists leave members out that GET of one has, and before 2.75 the
  // answers to changes are smaller still.
  enum class Occasion { listed, shown, updated, rebuilt };

  void brief(json::Writer& w, const Server& s);
  // `group`: the server group it is in, if any; for one server only.
  void detail(json::Writer& w, const Server& s, Occasion occasion, std::string_view group = {});
  // The members alone, inside an object that the caller began.
  void members(json::Writer& w, const Server& s, Occasion occasion, std::string_view group = {});

 private:
  void base(json::Writer& w, const Server& s, Occasion occasion);
  bool whole(Occasion occasion) const;
  void image_and_flavor(json::Writer& w, const Server& s);
  void states(json::Writer& w, const Server& s);
  void admin_attributes(json::Writer& w, const Server& s, Occasion occasion);
  void by_version(json::Writer& w, const Server& s, Occasion occasion, std::string_view group);
  void links(json::Writer& w, std::string_view noun, std::string_view id, bool self);
  const std::string& host_id(const Server& s);

  const resource::Call& call_;
  const std::string url_;
  const bool sees_attributes_;  // OS-EXT-SRV-ATTR:*
  const bool sees_host_status_;
  std::map<std::string, std::string> host_ids_;  // by project and host
};

}  // namespace haneul::nova
