#include <algorithm>
#include <fstream>
#include <future>
#include <pthread.h>
#include <thread>

#include <gtest/gtest.h>

#include "base/fault.h"
#include "http/test_front.h"

namespace haneul::http::test {
namespace {

using std::chrono::seconds;

std::string thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof(name));
  return name;
}

std::string post(std::string_view headers, std::string_view body = "") {
  return "POST /p HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

// Pieces of `piece` bytes of a running pattern.
class Pattern final : public BodySource {
 public:
  Pattern(std::uint64_t total, std::size_t piece, bool known)
      : total_(total), piece_(piece), known_(known) {}
  std::size_t read(char* out, std::size_t bytes_max) override {
    const std::size_t count = std::min({bytes_max, piece_, std::size_t(total_ - done_)});
    for (std::size_t i = 0; i < count; ++i) out[i] = byte_at(done_ + i);
    done_ += count;
    return count;
  }
  std::optional<std::uint64_t> length() const override {
    return known_ ? std::optional(total_) : std::nullopt;
  }
  static char byte_at(std::uint64_t i) { return static_cast<char>(i * 7 + i / 256); }
  static std::string all(std::uint64_t total) {
    std::string text(total, 0);
    for (std::uint64_t i = 0; i < total; ++i) text[i] = byte_at(i);
    return text;
  }

 private:
  const std::uint64_t total_;
  const std::size_t piece_;
  const bool known_;
  std::uint64_t done_ = 0;
};

struct StreamServer : TestServer {
  explicit StreamServer(std::uint64_t bytes_max = 1ULL << 40) {
    handler.on_plan = [bytes_max](const Request&) { return BodyPlan{true, bytes_max}; };
    handler.on_handle = [](Request& request) { return Response::json(200, slurp(request)); };
  }
  static std::string slurp(Request& request) {
    std::string text;
    char piece[5000];
    try {
      while (const std::size_t count = request.stream->read(piece, sizeof(piece))) {
        text.append(piece, count);
      }
    } catch (const Fault& fault) {
      return fault.message();
    }
    return text;
  }
};

TEST(Body, ChunksAreJoined) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n"));
  client.send("0\r\nTrailer: z\r\n\r\n");
  EXPECT_EQ(client.answer().body, "POST /p abc0123456789");
  client.send(post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  EXPECT_EQ(client.answer().body, "POST /p ");
  for (const char c : post("Transfer-Encoding: Chunked\r\n", "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")) {
    client.send({&c, 1});
  }
  EXPECT_EQ(client.answer().body, "POST /p abc");
}

TEST(Body, TrailersAreNoHeaders) {
  TestServer front;
  front.handler.on_handle = [](Request& request) {
    return Response::json(200, std::string(request.headers.get("X-Auth-Token")));
  };
  front.start();
  Client client(front.port);
  client.send(post("Transfer-Encoding: chunked\r\n", "0\r\nX-Auth-Token: stolen\r\n\r\n"));
  EXPECT_EQ(client.answer().body, "");
}

TEST(Body, LargeOnesArriveWhole) {
  TestServer front;
  front.handler.on_plan = [](const Request&) { return BodyPlan{false, 64 << 20}; };
  front.handler.on_handle = [](Request& request) { return Response::json(200, request.body); };
  front.start();
  Client client(front.port);
  const std::string body = Pattern::all(20'000'000);
  auto sending = std::async(std::launch::async,
                            [&] { client.send(post("Content-Length: 20000000\r\n", body)); });
  EXPECT_TRUE(client.answer().body == body);
  sending.wait();
}

TEST(Body, TooLargeByItsLengthIsTheHandlersToAnswer) {
  TestServer front;
  front.handler.on_plan = [](const Request&) { return BodyPlan{false, 10}; };
  front.handler.on_handle = [](Request& request) {
    EXPECT_TRUE(request.body_too_large);
    EXPECT_EQ(request.body, "");
    return Response::json(413, "mine");
  };
  front.start();
  Client client(front.port);
  client.send(post("Content-Length: 5000000000\r\n", "12345678901"));
  const Answer answer = client.answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "mine");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(Body, TheAnswerArrivesThoughTheClientSendsOn) {
  TestServer front;
  front.handler.on_handle = [](Request&) { return Response::json(413, "mine"); };
  front.start();
  Client client(front.port);
  const std::string body(8 << 20, 'x');
  client.send(post("Content-Length: 8388608\r\n"));
  EXPECT_TRUE(client.send(body));
  EXPECT_EQ(client.answer().body, "mine");
  client.end_writing();
  EXPECT_TRUE(client.ends());
}

TEST(Body, TooLargeChunksAreTheHandlersToAnswer) {
  TestServer front;
  front.handler.on_plan = [](const Request&) { return BodyPlan{false, 10}; };
  front.handler.on_handle = [](Request& request) {
    return Response::json(request.body_too_large ? 413 : 200, request.body);
  };
  front.start();
  Client client(front.port);
  client.send(post("Transfer-Encoding: chunked\r\n", "a\r\n0123456789\r\n0\r\n\r\n"));
  EXPECT_EQ(client.answer().body, "0123456789");
  client.send(post("Transfer-Encoding: chunked\r\n", "a\r\n0123456789\r\n1\r\n0"));
  const Answer answer = client.answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "");
  client.end_writing();
  EXPECT_TRUE(client.ends());
}

TEST(Body, ASmallRestIsDrained) {
  TestServer front;
  front.handler.on_plan = [](const Request&) { return BodyPlan{false, 10}; };
  front.start();
  Client client(front.port);
  client.send(post("Content-Length: 100000\r\n"));
  EXPECT_EQ(client.answer().status, 200);
  client.send(std::string(100'000, 'x'));
  EXPECT_EQ(client.get("/next").body, "GET /next ");
}

TEST(Body, ContinueIsSaidWhenTheBodyIsWanted) {
  TestServer front;
  front.handler.on_plan = [](const Request&) { return BodyPlan{false, 10}; };
  front.start();
  Client client(front.port);
  client.send(post("Expect: 100-continue\r\nContent-Length: 2\r\n"));
  EXPECT_EQ(client.answer().status, 100);
  client.send("ok");
  EXPECT_EQ(client.answer().body, "POST /p ok");
  client.send(post("Expect: 100-Continue\r\nContent-Length: 11\r\n"));
  const Answer refused = client.answer();
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(refused.headers.at("connection"), "close");
  client.end_writing();
  EXPECT_TRUE(client.ends());
}

TEST(Body, OtherExpectationsAreRefused) {
  TestServer front;
  front.start();
  Client client(front.port);
  client.send(post("Expect: miracles\r\n"));
  EXPECT_EQ(client.answer().status, 417);
  Client old(front.port);
  old.send("POST /p HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(old.answer().body, "POST /p x");
}

TEST(BodyStream, IsReadByABulkThread) {
  StreamServer front;
  front.handler.on_handle = [](Request& request) {
    const auto length = request.stream->length();
    return Response::json(200, thread_name() + " " + std::to_string(length.value_or(99)) + " " +
                                   StreamServer::slurp(request));
  };
  front.start();
  Client client(front.port);
  client.send(post("Content-Length: 3\r\n", "abc"));
  EXPECT_EQ(client.answer().body, "http-bulk 3 abc");
  client.send(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_EQ(client.answer().body, "http-bulk 99 abc");
  EXPECT_EQ(client.get("/").body, "http-bulk 0 ");
}

TEST(BodyStream, LargeBodiesKeepTheirOrder) {
  StreamServer front;
  front.start();
  const std::string body = Pattern::all(10'000'000);
  for (const bool chunked : {false, true}) {
    Client client(front.port);
    auto sending = std::async(std::launch::async, [&] {
      if (!chunked) {
        client.send(post("Content-Length: 10000000\r\n", body));
        return;
      }
      client.send(post("Transfer-Encoding: chunked\r\n"));
      for (std::size_t at = 0; at < body.size(); at += 100'000) {
        client.send("186a0\r\n" + body.substr(at, 100'000) + "\r\n");
      }
      client.send("0\r\n\r\n");
    });
    EXPECT_TRUE(client.answer().body == body);
    sending.wait();
    EXPECT_EQ(client.get("/").body, "");
  }
}

TEST(BodyStream, ContinueIsSaidAtTheFirstRead) {
  StreamServer front;
  front.handler.on_handle = [](Request& request) {
    return Response::json(200, request.path == "/read" ? StreamServer::slurp(request) : "unread");
  };
  front.start();
  Client client(front.port);
  client.send("PUT /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.answer().status, 100);
  client.send("ok");
  EXPECT_EQ(client.answer().body, "ok");
  client.send("PUT /no HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const Answer answer = client.answer();
  EXPECT_EQ(answer.body, "unread");
  EXPECT_EQ(answer.headers.at("connection"), "close");
}

TEST(BodyStream, UnreadRestsAreDrainedOrEndTheConnection) {
  StreamServer front;
  front.handler.on_handle = [](Request&) { return Response::json(200, "early"); };
  front.start();
  Client small(front.port);
  small.send(post("Content-Length: 3\r\n", "abc"));
  EXPECT_EQ(small.answer().body, "early");
  small.send(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_EQ(small.answer().body, "early");
  EXPECT_EQ(small.get("/").body, "early");

  Client large(front.port);
  large.send(post("Content-Length: 300000\r\n"));
  const Answer answer = large.answer();
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(answer.body, "early");
  large.end_writing();
  EXPECT_TRUE(large.ends());

  Client endless(front.port);
  endless.send(post("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(endless.answer().body, "early");
  for (int i = 0; i < 30; ++i) endless.send("2710\r\n" + std::string(10'000, 'x') + "\r\n");
  endless.end_writing();
  EXPECT_TRUE(endless.ends());
}

TEST(BodyStream, TooMuchIsAFault) {
  StreamServer front(1000);
  front.start();
  Client client(front.port);
  client.send(post("Transfer-Encoding: chunked\r\n", "400\r\n" + std::string(1024, 'x') + "\r\n"));
  const Answer answer = client.answer();
  EXPECT_EQ(answer.body, "The request's body is too large.");
  EXPECT_EQ(answer.headers.at("connection"), "close");

  front.handler.on_handle = [](Request& request) {
    EXPECT_EQ(request.stream, nullptr);
    return Response::json(request.body_too_large ? 413 : 200, "");
  };
  Client sized(front.port);
  sized.send(post("Content-Length: 1001\r\n"));
  EXPECT_EQ(sized.answer().status, 413);
}

TEST(BodyStream, AClientThatGoesAwayIsAFault) {
  StreamServer front;
  std::promise<std::string> seen;
  front.handler.on_handle = [&](Request& request) {
    seen.set_value(StreamServer::slurp(request));
    return Response::empty(204);
  };
  front.start();
  {
    Client client(front.port);
    client.send(post("Content-Length: 10\r\n", "abc"));
  }
  EXPECT_EQ(seen.get_future().get(), "The client went away before its request was complete.");
}

TEST(BodyStream, ASlowClientIsAFault) {
  StreamServer front;
  front.start();
  Client client(front.port);
  client.send(post("Content-Length: 10\r\n", "abc"));
  front.pass_time_until_readable(client, seconds(10));
  EXPECT_EQ(client.answer().body, "The request's body came too slowly.");
  EXPECT_TRUE(client.ends());
}

TEST(BodyStream, MalformedChunksAreAFault) {
  StreamServer front;
  front.start();
  for (const char* bad : {"x\r\n", "3\r\nabcdefgh\r\n", "3 \r\nabc", "-1\r\n", "1;\x01\r\na\r\n",
                          "fffffffffffffffff\r\n"}) {
    Client client(front.port);
    client.send(post("Transfer-Encoding: chunked\r\n", bad));
    client.end_writing();
    const Answer answer = client.answer();
    EXPECT_EQ(answer.headers.at("connection"), "close") << bad;
    EXPECT_NE(answer.body.find("malformed"), std::string::npos) << bad << answer.body;
  }
}

struct SourceServer : TestServer {
  SourceServer() {
    handler.on_handle = [this](Request&) {
      Response response = Response::empty(200);
      response.stream = make();
      return response;
    };
    start();
  }
  std::function<std::shared_ptr<BodySource>()> make;
};

TEST(AnswerStream, KnownLengths) {
  SourceServer front;
  front.make = [] { return std::make_shared<Pattern>(5'000'000, 70'000, true); };
  Client client(front.port);
  for (int i = 0; i < 2; ++i) {
    const Answer answer = client.get("/");
    EXPECT_EQ(answer.headers.at("content-length"), "5000000");
    EXPECT_TRUE(answer.body == Pattern::all(5'000'000));
  }
  front.make = [] { return std::make_shared<Pattern>(0, 1, true); };
  EXPECT_EQ(client.get("/").body, "");
  EXPECT_EQ(client.get("/").headers.at("content-length"), "0");
}

TEST(AnswerStream, UnknownLengthsAreChunked) {
  SourceServer front;
  Client client(front.port);
  for (const std::uint64_t total : {0, 1, 15, 16, 1'000'000, 3'000'000}) {
    front.make = [&] { return std::make_shared<Pattern>(total, 600'000, false); };
    const Answer answer = client.get("/");
    EXPECT_EQ(answer.headers.at("transfer-encoding"), "chunked");
    EXPECT_TRUE(answer.body == Pattern::all(total)) << total;
    EXPECT_FALSE(answer.cut);
  }
}

TEST(AnswerStream, Http10HasNoChunks) {
  SourceServer front;
  front.make = [] { return std::make_shared<Pattern>(100'000, 600, false); };
  Client client(front.port);
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Answer answer = client.answer();
  EXPECT_EQ(answer.headers.count("transfer-encoding"), 0U);
  EXPECT_TRUE(answer.body == Pattern::all(100'000));
}

TEST(AnswerStream, HeadDoesNotReadIt) {
  SourceServer front;
  front.make = [] { return std::make_shared<Pattern>(4'000'000'000, 1, true); };
  Client client(front.port);
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.answer(true).headers.at("content-length"), "4000000000");
  front.make = [] { return std::make_shared<Pattern>(3, 1, true); };
  EXPECT_EQ(client.get("/").body.size(), 3U);
}

class Failing final : public BodySource {
 public:
  explicit Failing(bool known) : known_(known) {}
  std::size_t read(char* out, std::size_t) override {
    if (done_) throw Fault::internal("the disk is gone");
    done_ = true;
    out[0] = 'x';
    return 1;
  }
  std::optional<std::uint64_t> length() const override {
    return known_ ? std::optional<std::uint64_t>(10) : std::nullopt;
  }

 private:
  const bool known_;
  bool done_ = false;
};

TEST(AnswerStream, AFailingSourceCutsTheConnection) {
  SourceServer front;
  for (const bool known : {true, false}) {
    front.make = [&] { return std::make_shared<Failing>(known); };
    Client client(front.port);
    const Answer answer = client.get("/");
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.cut);
  }
  front.make = [] { return std::make_shared<Pattern>(1, 1, true); };
  EXPECT_EQ(Client(front.port).get("/").body.size(), 1U);
}

class WhoReads final : public BodySource {
 public:
  std::size_t read(char* out, std::size_t) override {
    const std::string name = std::exchange(name_, thread_name());
    return name.empty() ? name_.copy(out, 16) : 0;
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  std::string name_;
};

TEST(AnswerStream, IsReadByABulkThread) {
  SourceServer front;
  front.make = [] { return std::make_shared<WhoReads>(); };
  EXPECT_EQ(Client(front.port).get("/").body, "http-bulk");
}

TEST(AnswerStream, ASlowReaderIsGivenUp) {
  SourceServer front;
  front.make = [] { return std::make_shared<Pattern>(1ULL << 30, 100'000, true); };
  Client client(front.port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.readable(Client::kPatienceMillis));
  for (int i = 0; i < 100'000 && front.server.stats().connections_open > 0; ++i) {
    front.clock.advance(seconds(1));
    std::this_thread::yield();
    if (client.readable(20)) continue;
  }
  EXPECT_EQ(front.server.stats().connections_open, 0U);
}

TEST(Answer, LargeOnesWaitForASlowReader) {
  TestServer front;
  const std::string body = Pattern::all(30'000'000);
  front.handler.on_handle = [&](Request&) { return Response::json(200, body); };
  front.start();
  Client slow(front.port), quick(front.port);
  slow.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(slow.readable(Client::kPatienceMillis));
  // No thread is held by the answer nobody reads.
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(quick.get("/").body == body);
  EXPECT_TRUE(slow.answer().body == body);
  EXPECT_TRUE(slow.answer().body == body);
}

TEST(Answer, AReaderThatStopsIsGivenUp) {
  TestServer front;
  front.handler.on_handle = [](Request&) { return Response::json(200, std::string(1 << 26, 'x')); };
  front.start();
  Client client(front.port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.readable(Client::kPatienceMillis));
  for (int i = 0; i < 1000 && front.server.stats().connections_open > 0; ++i) {
    front.clock.advance(seconds(10));
    pollfd nothing{-1, 0, 0};
    ::poll(&nothing, 1, 10);
  }
  EXPECT_EQ(front.server.stats().connections_open, 0U);
}

}  // namespace
}  // namespace haneul::http::test
