#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "services/neutron/neutron.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// What a guest may read about itself, by path: OpenStack's documents of every version and the EC2
// tree.
// upstream: openstack/nova:nova/api/metadata/base.py
class Metadata {
 public:
  // All look-ups happen here.
  Metadata(Cloud& cloud, db::Session& session, const Server& server);

  struct Item {
    std::string content;
    bool is_json = false;
  };
  // A document, or a listing of what is below; nothing if there is no such path. `path` has no
  // empty segments. Versions in the future (as of `now`) are not listed but there.
  std::optional<Item> find(std::string_view path, Instant now) const;
  // Everything a config drive holds, path → content. Only there the administrator's password is
  // told.
  std::map<std::string, std::string> for_config_drive() const;

 private:
  using Path = std::vector<std::string_view>;
  std::optional<Item> find_openstack(const Path& path, Instant now) const;
  std::optional<Item> find_ec2(const Path& path) const;
  json::Object ec2_tree(std::string_view version) const;
  std::string meta_data(std::string_view version, bool with_password) const;
  std::string network_data() const;
  std::optional<std::string> first_address(int version) const;

  const Server& server_;
  std::vector<neutron::PortFacts> ports_;
  std::map<std::string, neutron::SubnetFacts, std::less<>> subnets_;
  std::optional<std::string> user_data_;  // decoded
};

// The same for a config drive: "openstack/latest/meta_data.json", "ec2/latest/meta-data.json", …
std::map<std::string, std::string> metadata_documents(Cloud& cloud, db::Session& session,
                                                      const Server& server);

// The HTTP answer to this has the networks of one guest: links, networks, services.
// upstream: openstack/nova:nova/virt/netutils.py (get_network_metadata)
std::string network_data_json(
    const std::vector<neutron::PortFacts>& ports,
    const std::map<std::string, neutron::SubnetFacts, std::less<>>& subnets);

}  // namespace haneul::nova
