// Input that nobody well-meaning sends.
#include <random>

#include <gtest/gtest.h>

#include "http/test_front.h"

namespace haneul::http::test {
namespace {

using std::chrono::seconds;

void expect_refused(TestServer& front, std::string_view request, int status) {
  Client client(front.port);
  client.send(request);
  const Answer answer = client.answer();
  EXPECT_EQ(answer.status, status) << request.substr(0, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_LT(answer.body.size(), 100U);
  client.end_writing();
  EXPECT_TRUE(client.ends());
}

TEST(Hostile, MalformedHeads) {
  TestServer front;
  front.start();
  using namespace std::string_view_literals;
  for (const auto bad : {
           "\0\1\2\3\r\n\r\n"sv, "GET\r\n\r\n"sv, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
           "GET / HTTP/2.0\r\nHost: x\r\n\r\n"sv, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv,
           "GET / HTTP/1.1\nHost: x\n\n\r\n\r\n"sv, "GET / HTTP/1.1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\nBad\0: 1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\nnocolon\r\n\r\n"sv,
           "G\x7f / HTTP/1.1\r\nHost: x\r\n\r\n"sv, "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"sv,
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"sv,  // TLS to a plain port
       }) {
    expect_refused(front, bad, 400);
  }
  EXPECT_EQ(front.handler.handled, 0);
}

TEST(Hostile, AmbiguousFraming) {
  TestServer front;
  front.start();
  for (const char* bad : {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                          "Transfer-Encoding: gzip\r\n",
                          "Transfer-Encoding: gzip, chunked\r\n",
                          "Transfer-Encoding: chunked, identity\r\n",
                          "Transfer-Encoding: xchunked\r\n",
                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                          "Transfer-Encoding:\r\n",
                          "Transfer-Encoding : chunked\r\n",
                          "Transfer-Encoding: chu\r\n nked\r\n",
                          "Content-Length: 3\r\nContent-Length: 4\r\n",
                          "Content-Length: 3\r\nContent-Length: 3\r\n",
                          "Content-Length: 3, 3\r\n",
                          "Content-Length: -1\r\n",
                          "Content-Length: +3\r\n",
                          "Content-Length: 0x3\r\n",
                          "Content-Length: 3 3\r\n",
                          "Content-Length:\r\n",
                          "Content-Length: 99999999999999999999999\r\n",
                          "Content-Length : 3\r\n"}) {
    expect_refused(front, "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(bad) + "\r\nabc", 400);
  }
  expect_refused(front, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  EXPECT_EQ(front.handler.handled, 0);
}

TEST(Hostile, MalformedChunksInMemory) {
  TestServer front;
  front.start();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* bad :
       {"x\r\n", "3\r\nabcdefgh\r\n", "3 \r\nabc", "-1\r\n", "0x3\r\nabc\r\n\r\n", "3\nabc\n\r\n",
        "0\r\nBad Trailer: 1\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n"}) {
    expect_refused(front, head + bad, 400);
  }
  expect_refused(front, head + "1;" + std::string(40'000, 'x'), 400);
  EXPECT_EQ(front.handler.handled, 0);
}

TEST(Hostile, HugeHeads) {
  ServerOptions options;
  options.header_bytes_max = 8192;
  TestServer front(options);
  front.start();
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  expect_refused(front, "GET /" + std::string(9000, 'x'), 431);
  expect_refused(front, start + "X: " + std::string(9000, 'x') + "\r\n\r\n", 431);
  std::string many = start;
  for (int i = 0; i < 300; ++i) many += "A: 1\r\n";
  expect_refused(front, many + "\r\n", 431);
  // Field by field, so that each has been taken before the next comes.
  Client client(front.port);
  client.send(start);
  for (int i = 0; i < 20; ++i)
    client.send("Field-" + std::to_string(i) + ": " + std::string(500, 'x') + "\r\n");
  EXPECT_EQ(client.answer().status, 431);
  Client fits(front.port);
  fits.send(start + "X: " + std::string(8000, 'x') + "\r\n\r\n");
  EXPECT_EQ(fits.answer().status, 200);
}

TEST(Hostile, GarbageAfterARequest) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n\x01garbage\r\n\r\n");
  EXPECT_EQ(client.answer().body, "GET /ok ");
  EXPECT_EQ(client.answer().status, 400);
  client.end_writing();
  EXPECT_TRUE(client.ends());
}

TEST(Hostile, RandomBytes) {
  TestServer front;
  front.start();
  std::mt19937 random(42);
  const std::string valid =
      "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n";
  for (int i = 0; i < 500; ++i) {
    std::string bytes = valid + valid;
    for (unsigned flips = random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % bytes.size());
    Client client(front.port);
    client.send(bytes);
    client.end_writing();
    while (client.receive()) continue;
    EXPECT_TRUE(client.buffered.empty() || client.buffered.starts_with("HTTP/1.1 "));
    EXPECT_EQ(client.buffered.find("HTTP/1.1 500"), std::string::npos);
  }
  EXPECT_EQ(Client(front.port).get("/").status, 200);
}

TEST(TimeOut, SlowHeads) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send("GET / HTTP/1.1\r\nHos");
  front.pass_time_until_readable(client, seconds(1));
  EXPECT_EQ(client.answer().status, 408);
  EXPECT_TRUE(client.ends());
}

TEST(TimeOut, SlowHeadsThatKeepDripping) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 200 && !client.readable(20); ++i) {
    client.send("X: 1\r\n");
    front.clock.advance(seconds(1));
  }
  EXPECT_EQ(client.answer().status, 408);
}

TEST(TimeOut, SlowBodies) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  front.pass_time_until_readable(client, seconds(10));
  EXPECT_EQ(client.answer().status, 408);
  EXPECT_EQ(front.handler.handled, 0);
}

TEST(TimeOut, SlowBodiesThatKeepDripping) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
  for (int i = 0; i < 200 && !client.readable(20); ++i) {
    client.send("x");
    front.clock.advance(seconds(2));
  }
  EXPECT_EQ(client.answer().status, 408);
  EXPECT_EQ(front.handler.handled, 0);
}

TEST(TimeOut, IdleConnectionsEndSilently) {
  TestServer front;
  front.start();
  Client fresh(front.port), used(front.port);
  EXPECT_EQ(used.get("/").status, 200);
  front.pass_time_until_readable(used, seconds(25));
  EXPECT_TRUE(used.ends());
  front.pass_time_until_readable(fresh, seconds(25));
  EXPECT_TRUE(fresh.ends());
}

TEST(TimeOut, ABusyHandlerIsNotAnIdleConnection) {
  TestServer front;
  front.handler.on_handle = [&](Request&) {
    front.clock.advance(seconds(1000));
    pollfd nothing{-1, 0, 0};
    ::poll(&nothing, 1, 250);  // longer than the time between two looks at the clock
    return Response::json(200, "{}");
  };
  front.start();
  Client client(front.port);
  EXPECT_EQ(client.get("/").status, 200);
}

TEST(TimeOut, LingeringEnds) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send("garbage\r\n\r\n");
  EXPECT_EQ(client.answer().status, 400);
  EXPECT_TRUE(front.passes_time_until_closed());
}

}  // namespace
}  // namespace haneul::http::test
