#include "http/server.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <sys/un.h>

#include "base/fault.h"
#include "http/test_front.h"

namespace haneul::http::test {
namespace {

using std::chrono::seconds;

TEST(Server, KeepsTheConnection) {
  TestServer front;
  front.start();
  Client client(front.port);
  const Answer first = client.get("/one");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "GET /one ");
  EXPECT_EQ(first.headers.at("content-type"), "application/json");
  EXPECT_EQ(first.headers.at("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_EQ(first.headers.count("connection"), 0U);
  EXPECT_EQ(client.get("/two").body, "GET /two ");
  EXPECT_EQ(front.server.stats().connections_total, 1U);
  EXPECT_EQ(front.server.stats().requests_total, 2U);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer front;
  front.start();
  Client client(front.port);
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client.answer().body, "POST /" + std::to_string(i) + " abc");
  }
}

TEST(Server, TakesARequestByteByByte) {
  TestServer front;
  front.start();
  Client client(front.port);
  for (const char c :
       std::string("\r\nPUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")) {
    ASSERT_TRUE(client.send({&c, 1}));
  }
  EXPECT_EQ(client.answer().body, "PUT /slow ok");
}

TEST(Server, GivesTheHandlerTheWholeRequest) {
  TestServer front;
  Request seen;
  front.handler.on_handle = [&](Request& request) {
    seen = request;
    return Response::empty(204);
  };
  front.start();
  Client client(front.port);
  client.send(
      "post /v1/a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nX-Auth-Token:  t  \r\nContent-Length: "
      "4\r\n\r\nbody");
  const Answer answer = client.answer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.count("content-length"), 0U);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/a%20b?x=1&y");
  EXPECT_EQ(seen.path, "/v1/a%20b");
  EXPECT_EQ(seen.raw_query, "x=1&y");
  EXPECT_EQ(seen.headers.get("x-auth-token"), "t");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_EQ(seen.listener, "main");
  EXPECT_FALSE(seen.tls);
  EXPECT_EQ(seen.deadline, front.clock.steady() + seconds(60));
}

TEST(Server, TakesAbsoluteTargets) {
  TestServer front;
  front.handler.on_handle = [](Request& request) {
    return Response::json(200, request.path + "|" + request.raw_query);
  };
  front.start();
  Client client(front.port);
  EXPECT_EQ(client.get("http://h:80/p?q").body, "/p|q");
  EXPECT_EQ(client.get("http://h").body, "|");
  EXPECT_EQ(client.get("*").body, "*|");
}

TEST(Server, EndsConnectionsWhenAsked) {
  TestServer front;
  front.start();
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    Client client(front.port);
    client.send(request);
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_TRUE(client.ends());
  }
}

TEST(Server, Http10MayStay) {
  TestServer front;
  front.start();
  Client client(front.port);
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.answer().headers.at("connection"), "keep-alive");
  }
}

TEST(Server, TheHandlerMayEndTheConnection) {
  TestServer front;
  front.handler.on_handle = [](Request&) {
    Response response = Response::json(200, "{}");
    response.headers.add("Connection", "close");
    return response;
  };
  front.start();
  Client client(front.port);
  EXPECT_EQ(client.get("/").headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(Server, HeadSendsTheHeadAlone) {
  TestServer front;
  front.handler.on_handle = [](Request& request) {
    Response response = Response::json(200, request.path == "/known" ? "" : "12345");
    if (request.path == "/known") response.headers.add("Content-Length", "777");
    return response;
  };
  front.start();
  Client client(front.port);
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nHEAD /known HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.answer(true).headers.at("content-length"), "5");
  EXPECT_EQ(client.answer(true).headers.at("content-length"), "777");
  EXPECT_EQ(client.get("/").body, "12345");
}

TEST(Server, NobodyCanSplitAnAnswer) {
  TestServer front;
  front.handler.on_handle = [](Request&) {
    Response response = Response::json(200, "{}");
    response.headers.add("X-Name", std::string("a\r\nX-Evil: 1\r\n\r\n<html>\0b", 25));
    response.headers.add("X-Bad\r\nX-Evil2", "1");
    response.headers.add("", "1");
    response.headers.add("Content-Length", "9999");
    response.headers.add("Transfer-Encoding", "chunked");
    return response;
  };
  front.start();
  Client client(front.port);
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(answer.headers.at("x-name"), "a  X-Evil: 1    <html> b");
  EXPECT_EQ(answer.headers.count("x-evil"), 0U);
  EXPECT_EQ(answer.headers.count("x-evil2"), 0U);
  EXPECT_EQ(answer.headers.at("content-length"), "2");
  EXPECT_EQ(answer.headers.count("transfer-encoding"), 0U);
  EXPECT_EQ(client.get("/").status, 200);
}

TEST(Server, AThrowingHandlerIsA500) {
  TestServer front;
  front.handler.on_handle = [](Request& request) -> Response {
    if (request.path == "/status") return Response::empty(99);
    throw Fault::not_found("secret detail");
  };
  front.start();
  Client client(front.port);
  const Answer answer = client.get("/");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(client.get("/status").status, 500);
}

TEST(Server, AThrowingPlanIsA500) {
  TestServer front;
  front.handler.on_plan = [](const Request&) -> BodyPlan { throw Fault::internal("a bug"); };
  front.start();
  EXPECT_EQ(Client(front.port).get("/").status, 500);
  EXPECT_EQ(Client(front.port).get("/").status, 500);
  EXPECT_EQ(front.handler.handled, 0);
}

// One api thread is held by a request, one more waits in the queue.
struct FullServer : TestServer {
  FullServer() : TestServer(options()) {
    handler.on_handle = [this](Request& request) {
      if (request.path == "/hold") {
        started.set_value();
        go.get_future().wait_for(seconds(20));
      }
      return Response::json(200, request.path);
    };
    start();
    holding.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(started.get_future().wait_for(seconds(20)), std::future_status::ready);
    waiting.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(eventually([this] { return server.stats().api_queued == 1; }));
  }
  static ServerOptions options() {
    ServerOptions options;
    options.api_threads = options.api_queue_max = 1;
    return options;
  }
  std::promise<void> started, go;
  Client holding{port}, waiting{port};
};

TEST(Server, AFullQueueIsA503) {
  FullServer front;
  Client client(front.port);
  // Many pipelined ones, since refusals must not pile up on the stack.
  for (int i = 0; i < 500; ++i) client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 500; ++i) {
    const Answer answer = client.answer();
    ASSERT_EQ(answer.status, 503);
    ASSERT_EQ(answer.headers.at("retry-after"), "1");
  }
  EXPECT_EQ(front.server.stats().refused_busy_total, 500U);
  front.go.set_value();
  EXPECT_EQ(front.holding.answer().body, "/hold");
  EXPECT_EQ(front.waiting.answer().body, "/wait");
  EXPECT_EQ(client.get("/later").body, "/later");
}

TEST(Server, SlowRequestsLeaveTheQuickOnesTheirThreads) {
  FullServer front;
  front.handler.on_plan = [](const Request& head) {
    return BodyPlan{.slow = head.path == "/slow"};
  };
  EXPECT_EQ(Client(front.port).get("/slow").body, "/slow");
  EXPECT_EQ(Client(front.port).get("/quick").status, 503);
  front.go.set_value();
  EXPECT_EQ(front.holding.answer().body, "/hold");
}

TEST(Server, UploadsLeaveSlowRequestsTheirThreads) {
  ServerOptions options;
  options.bulk_threads = options.bulk_queue_max = 1;
  TestServer front(options);
  std::promise<void> started;
  front.handler.on_plan = [](const Request& head) {
    return BodyPlan{.stream = head.path == "/upload", .slow = head.path == "/slow"};
  };
  front.handler.on_handle = [&](Request& request) {
    char byte = 0;
    if (request.stream) started.set_value(), request.stream->read(&byte, 1);
    return Response::json(200, request.path);
  };
  front.start();
  Client upload(front.port);
  upload.send("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(started.get_future().wait_for(seconds(20)), std::future_status::ready);
  EXPECT_EQ(Client(front.port).get("/slow").body, "/slow");
  upload.send("x");
  EXPECT_EQ(upload.answer().body, "/upload");
}

TEST(Server, ARequestThatWaitedTooLongIsNotStarted) {
  FullServer front;
  front.clock.advance(seconds(61));
  front.go.set_value();
  EXPECT_EQ(front.holding.answer().status, 200);
  EXPECT_EQ(front.waiting.answer().status, 503);
  EXPECT_EQ(front.handler.handled, 1);
}

TEST(Server, TooManyConnectionsAreClosed) {
  ServerOptions options;
  options.connections_max = 2;
  TestServer front(options);
  front.start();
  Client first(front.port), second(front.port);
  first.send("GET / ");
  second.send("GET / ");
  EXPECT_TRUE(eventually([&] { return front.server.stats().bytes_in_total == 12; }));
  Client third(front.port);
  EXPECT_TRUE(third.ends());
  first.close();
  EXPECT_TRUE(eventually([&] { return front.server.stats().connections_open == 1; }));
  EXPECT_EQ(Client(front.port).get("/").status, 200);
}

TEST(Server, TheOldestIdleConnectionGivesWay) {
  ServerOptions options;
  options.connections_max = 3;
  options.api_threads = 1;  // which is done with one answer before it begins another
  TestServer front(options);
  front.start();
  Client busy(front.port), idle(front.port), used(front.port);
  busy.send("GET / ");
  EXPECT_TRUE(eventually([&] { return front.server.stats().bytes_in_total == 6; }));
  EXPECT_EQ(idle.get("/").status, 200);
  EXPECT_EQ(used.get("/").status, 200);
  EXPECT_TRUE(eventually([&] { return front.server.stats().connections_open == 3; }));
  EXPECT_EQ(Client(front.port).get("/").status, 200);
  EXPECT_TRUE(idle.ends());
  EXPECT_EQ(used.get("/").status, 200);
  busy.send("HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(busy.answer().status, 200);
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer front;
  try {
    front.server.listen("127.0.0.1", front.port, "again");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_EQ(std::string(e.what()), "Cannot listen on 127.0.0.1 port " +
                                         std::to_string(front.port) + ": Address already in use");
  }
  EXPECT_THROW(front.server.listen("no such host!", 0, "x"), std::runtime_error);
  EXPECT_THROW(front.server.listen("192.0.2.1", 0, "x"), std::runtime_error);
}

TEST(Server, ListensOnIPv6) {
  TestServer front;
  front.handler.on_handle = [](Request& request) { return Response::json(200, request.peer); };
  const std::uint16_t port = front.server.listen("::1", 0, "six");
  front.start();
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(port);
  Client client(reinterpret_cast<sockaddr*>(&address), sizeof(address));
  EXPECT_EQ(client.get("/").body, "::1");
}

TEST(Server, ListensMoreWhileItRuns) {
  TestServer front;
  front.handler.on_handle = [](Request& request) { return Response::json(200, request.listener); };
  front.start();
  const std::uint16_t port = front.server.listen("127.0.0.1", 0, "second");
  EXPECT_EQ(Client(port).get("/").body, "second");
  EXPECT_EQ(Client(front.port).get("/").body, "main");
}

TEST(Server, AdoptsAUnixSocket) {
  TestServer front;
  front.handler.on_handle = [](Request& request) {
    return Response::json(200, request.listener + "," + request.peer);
  };
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Abstract: no file to clean up.
  const std::string name = "haneul-test-" + std::to_string(::getpid());
  name.copy(address.sun_path + 1, sizeof(address.sun_path) - 2);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  front.server.adopt(fd, "metadata");
  front.start();
  Client client(reinterpret_cast<sockaddr*>(&address), sizeof(address));
  EXPECT_EQ(client.get("/").body, "metadata,");
}

TEST(Server, ForgetsAListener) {
  TestServer front;
  std::promise<void> started, go;
  front.handler.on_handle = [&](Request& request) {
    if (request.path == "/hold") {
      started.set_value();
      go.get_future().wait_for(seconds(20));
    }
    return Response::json(200, request.listener);
  };
  const std::uint16_t port = front.server.listen("127.0.0.1", 0, "old");
  front.start();
  Client idle(port), busy(port), other(front.port);
  EXPECT_EQ(idle.get("/").body, "old");
  EXPECT_EQ(other.get("/").body, "main");
  busy.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(started.get_future().wait_for(seconds(20)), std::future_status::ready);

  front.server.forget("old");
  EXPECT_THROW(Client{port}, std::runtime_error);
  EXPECT_TRUE(idle.ends());
  go.set_value();
  const Answer last = busy.answer();
  EXPECT_EQ(last.body, "old");
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_TRUE(busy.ends());
  EXPECT_EQ(other.get("/").body, "main");
  front.server.forget("never there");
}

TEST(Server, StopLetsARunningRequestFinish) {
  TestServer front;
  std::promise<void> started, go;
  front.handler.on_handle = [&](Request&) {
    started.set_value();
    go.get_future().wait_for(seconds(20));
    return Response::json(200, "done");
  };
  front.start();
  Client client(front.port), idle(front.port);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(started.get_future().wait_for(seconds(20)), std::future_status::ready);
  auto stopping = std::async(std::launch::async, [&] { front.server.stop(seconds(20)); });
  EXPECT_TRUE(idle.ends());
  go.set_value();
  const Answer answer = client.answer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(stopping.wait_for(seconds(20)), std::future_status::ready);
  EXPECT_EQ(front.server.stats().connections_open, 0U);
  EXPECT_THROW(Client{front.port}, std::runtime_error);
  EXPECT_THROW(front.server.listen("127.0.0.1", 0, "late"), std::runtime_error);
  front.server.stop();
}

TEST(Server, StopCutsWhatDoesNotEnd) {
  TestServer front;
  front.handler.on_plan = [](const Request&) { return BodyPlan{true, 100}; };
  std::promise<void> started;
  std::promise<std::string> why;
  front.handler.on_handle = [&](Request& request) {
    char byte = 0;
    started.set_value();
    try {
      request.stream->read(&byte, 1);
      why.set_value("read");
    } catch (const Fault& fault) {
      why.set_value(fault.message());
    }
    return Response::empty(204);
  };
  front.start();
  Client client(front.port), half(front.port);
  half.send("GET / HT");
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
  ASSERT_EQ(started.get_future().wait_for(seconds(20)), std::future_status::ready);
  front.server.stop(Duration(1000));
  EXPECT_NE(why.get_future().get(), "read");
  EXPECT_EQ(front.server.stats().connections_open, 0U);
}

TEST(Server, NeedNotBeStarted) {
  TestServer front;
  Client client(front.port);
  front.server.forget("main");
}

TEST(Server, SpreadsConnectionsOverLoops) {
  ServerOptions options;
  options.loop_threads = 3;
  TestServer front(options);
  front.start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(std::make_unique<Client>(front.port));
  for (int round = 0; round < 20; ++round) {
    for (auto& client : clients) client->send("GET /r HTTP/1.1\r\nHost: x\r\n\r\n");
    for (auto& client : clients) EXPECT_EQ(client->answer().body, "GET /r ");
  }
  EXPECT_EQ(front.server.stats().connections_open, 30U);
  EXPECT_EQ(front.server.stats().requests_total, 600U);
}

TEST(Server, ManyClientsAtOnceWhileItStops) {
  TestServer front;
  front.start();
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      try {
        for (;;) {
          Client client(front.port);
          for (int k = 0; k < 10 && client.get("/").status == 200; ++k) ++answered;
        }
      } catch (const std::runtime_error&) {  // it has stopped
      }
    });
  }
  while (answered < 200) std::this_thread::yield();
  front.server.stop(seconds(5));
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(front.server.stats().connections_open, 0U);
}

}  // namespace
}  // namespace haneul::http::test
