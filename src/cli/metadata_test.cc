#include "cli/metadata.h"

#include <gtest/gtest.h>

#include "drivers/net/fake.h"
#include "drivers/remote/codec.h"
#include "http/test_front.h"

namespace haneul::cli {
namespace {

net::Network network(std::string id) {
  return {.id = std::move(id), .metadata_port_id = "port"};
}

TEST(MetadataSockets, ServeWhatIsWantedAndNothingElse) {
  net::FakeDriver driver;
  http::test::TestServer front;
  front.start();
  const int left_over = driver.open_metadata_socket(network("old"));
  MetadataSockets sockets(front.server, driver);
  sockets.serve({network("a"), network("b")});
  EXPECT_EQ(driver.list_metadata(), (std::vector<std::string>{"a", "b"}));
  sockets.serve({network("b"), network("c")});
  EXPECT_EQ(driver.list_metadata(), (std::vector<std::string>{"b", "c"}));
  sockets.serve({});
  EXPECT_TRUE(driver.list_metadata().empty());
  ::close(left_over);
}

TEST(MetadataSockets, OneThatFailsDoesNotKeepOthersFromTheirs) {
  net::FakeDriver driver;
  http::test::TestServer front;
  front.start();
  MetadataSockets sockets(front.server, driver);
  driver.fail_next(net::FakeOp::open_metadata, "no namespace");
  EXPECT_THROW(sockets.serve({network("a"), network("b")}), net::Error);
  EXPECT_EQ(driver.list_metadata(), std::vector<std::string>{"b"});
  sockets.serve({network("a"), network("b")});
  EXPECT_EQ(driver.list_metadata(), (std::vector<std::string>{"a", "b"}));
}

TEST(MetadataRelay, CarriesRequestsAndAnswersWhole) {
  http::Request sent;
  sent.method = "POST";
  sent.path = "/openstack/latest/%2e";
  sent.raw_query = "a=1";
  sent.headers.add("Accept", "text/html");
  sent.headers.add("X-Odd", "\xff");
  sent.body = std::string("\0\xfe", 2);
  sent.peer = "10.0.0.3";
  sent.listener = "metadata:n";
  const auto got = relayed_request(relay(sent));
  EXPECT_EQ(got.method, sent.method);
  EXPECT_EQ(got.path, sent.path);
  EXPECT_EQ(got.target, "/openstack/latest/%2e?a=1");
  EXPECT_EQ(got.headers.get("accept"), "text/html");
  EXPECT_EQ(got.headers.find("X-Odd"), nullptr) << "not text";
  EXPECT_EQ(got.body, sent.body);
  EXPECT_EQ(got.peer, sent.peer);
  EXPECT_EQ(got.listener, sent.listener);

  http::Response answer = http::Response::json(404, "\xfd");
  const auto back = relayed_response(relay(answer));
  EXPECT_EQ(back.status, 404);
  EXPECT_EQ(back.headers.get("Content-Type"), answer.headers.get("Content-Type"));
  EXPECT_EQ(back.body, "\xfd");
  EXPECT_THROW(relayed_response(json::Object{}), bus::Error);
}

}  // namespace
}  // namespace haneul::cli
