#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

class MetadataTest : public NovaTest {
 protected:
  std::string boot_with_key() {
    const auto key = ask("POST", "/os-keypairs", R"({"keypair":{"name":"mine"}})", "2.2");
    EXPECT_EQ(key.status, 201) << key.body;
    public_key = key.text({"keypair", "public_key"});
    // "#!/bin/sh"
    return boot("guest", R"(,"key_name":"mine","user_data":"IyEvYmluL3No","metadata":{"k":"v"})");
  }
  json::Value document(const std::string& address, const std::string& path) {
    const auto response = ask_metadata(address, path);
    EXPECT_EQ(response.status, 200) << path;
    return json::parse(response.body).value_or(json::Value());
  }
  std::string text(const std::string& address, const std::string& path) {
    const auto response = ask_metadata(address, path);
    EXPECT_EQ(response.status, 200) << path;
    return response.body;
  }

  std::string public_key;
};

TEST_F(MetadataTest, TellsAGuestAboutItself) {
  const std::string id = boot_with_key(), address = address_of(id);
  const auto data = document(address, "/openstack/latest/meta_data.json");
  EXPECT_EQ(*data.at({"uuid"})->text(), id);
  EXPECT_EQ(*data.at({"name"})->text(), "guest");
  EXPECT_EQ(*data.at({"hostname"})->text(), "guest.novalocal");
  EXPECT_EQ(*data.at({"meta", "k"})->text(), "v");
  EXPECT_EQ(*data.at({"public_keys", "mine"})->text(), public_key);
  EXPECT_EQ(*data.at({"project_id"})->text(), "demo-project");
  EXPECT_EQ(data.at({"admin_pass"}), nullptr);
  EXPECT_EQ(document(address, "/openstack/2012-08-10/meta_data.json").at({"project_id"}), nullptr);
  EXPECT_EQ(text(address, "/openstack/latest/user_data"), "#!/bin/sh");
  EXPECT_EQ(text(address, "/openstack/latest/vendor_data.json"), "{}");
  EXPECT_EQ(*ask_metadata(address, "/openstack/latest/meta_data.json").headers.find("Content-Type"),
            "application/json");
}

TEST_F(MetadataTest, TellsNetworks) {
  const std::string id = boot_with_key();
  const auto data = document(address_of(id), "/openstack/latest/network_data.json");
  const json::Value& link = data.at({"links"})->array()->front();
  EXPECT_EQ(*link.at({"type"})->text(), "ovs");
  EXPECT_EQ(link.at({"id"})->text()->substr(0, 3), "tap");
  const json::Value& on = data.at({"networks"})->array()->front();
  EXPECT_EQ(*on.at({"type"})->text(), "ipv4_dhcp");
  EXPECT_EQ(*on.at({"network_id"})->text(), network);
  EXPECT_EQ(*data.at({"services"})->array()->front().at({"address"})->text(), "8.8.8.8");
}

TEST_F(MetadataTest, HasTheOldTree) {
  const std::string id = boot_with_key(), address = address_of(id);
  EXPECT_EQ(text(address, "/").substr(0, 14), "1.0\n2007-01-19");
  EXPECT_EQ(text(address, "/openstack").substr(0, 10), "2012-08-10");
  EXPECT_EQ(text(address, "/openstack").find("2999"), std::string::npos);
  EXPECT_EQ(text(address, "/openstack/latest/"),
            "meta_data.json\nuser_data\npassword\nvendor_data.json\nnetwork_data.json\n"
            "vendor_data2.json");
  EXPECT_EQ(text(address, "/latest"), "meta-data/\nuser-data");
  EXPECT_EQ(text(address, "/2009-04-04/meta-data/local-ipv4"), address);
  EXPECT_EQ(text(address, "/latest/meta-data/instance-id"), "i-00000001");
  EXPECT_EQ(text(address, "/latest/meta-data/public-keys/"), "0=mine");
  EXPECT_EQ(text(address, "/latest/meta-data/public-keys/0"), "openssh-key");
  EXPECT_EQ(text(address, "/latest/meta-data/public-keys/0/openssh-key"), public_key);
  EXPECT_EQ(text(address, "/latest/meta-data/placement/availability-zone"), "nova");
  EXPECT_EQ(text(address, "//latest/./meta-data/../meta-data/instance-type"), "m1.nano");
  EXPECT_EQ(text(address, "/latest/user-data"), "#!/bin/sh");
}

TEST_F(MetadataTest, HasNothingForOthers) {
  const std::string id = boot_with_key(), address = address_of(id);
  EXPECT_EQ(ask_metadata("10.0.0.250", "/latest").status, 404);
  for (const char* path :
       {"/openstack/1999-01-01", "/openstack/latest/shoe", "/latest/meta-data/shoe", "/shoe",
        "/openstack/latest/meta_data.json/x", "/openstack/2012-08-10/password",
        "/latest/meta-data/instance-id/x", "/latest/meta-data/public-keys/0/_name", "/%zz"}) {
    EXPECT_EQ(ask_metadata(address, path).status, 404) << path;
  }
}

TEST_F(MetadataTest, KeepsThePasswordAGuestTells) {
  const std::string id = boot_with_key(), address = address_of(id);
  const std::string path = "/openstack/latest/password";
  EXPECT_EQ(text(address, path), "");
  EXPECT_EQ(ask("GET", "/servers/" + id + "/os-server-password").text({"password"}), "");
  EXPECT_EQ(ask_metadata(address, path, "POST", std::string(2000, 'x')).status, 400);
  EXPECT_EQ(ask_metadata(address, path, "POST", "encrypted").status, 200);
  EXPECT_EQ(ask_metadata(address, path, "POST", "again").status, 409);
  EXPECT_EQ(ask_metadata(address, path, "PUT", "x").status, 400);
  EXPECT_EQ(ask("GET", "/servers/" + id + "/os-server-password").text({"password"}), "encrypted");
  EXPECT_EQ(ask("DELETE", "/servers/" + id + "/os-server-password").status, 204);
  EXPECT_EQ(text(address, path), "");
}

TEST_F(MetadataTest, IsTheSameOnAConfigDrive) {
  one.remember_inputs();
  two.remember_inputs();
  const std::string id = boot("guest", R"(,"config_drive":true,"adminPass":"pw")");
  const auto files = driver_of(id).config_drive(id);
  ASSERT_TRUE(files.contains("openstack/latest/meta_data.json"));
  const auto data = json::parse(files.at("openstack/latest/meta_data.json"));
  EXPECT_EQ(*data->at({"uuid"})->text(), id);
  EXPECT_EQ(*data->at({"admin_pass"})->text(), "pw");
  EXPECT_TRUE(files.contains("ec2/latest/meta-data.json"));
  EXPECT_TRUE(files.contains("openstack/2012-08-10/meta_data.json"));
  EXPECT_FALSE(files.contains("openstack/2012-08-10/network_data.json"));
  EXPECT_FALSE(files.contains("openstack/latest/user_data"));
}

}  // namespace
}  // namespace haneul::nova
