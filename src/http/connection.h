#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/front.h"
#include "http/input_buffer.h"
#include "http/loop.h"
#include "http/message.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/transport.h"

namespace haneul::http {

class Lane;

// One client. Exactly one thread works on it at a time: the loop, or the pool thread it is lent to
// while a handler runs. The pool thread reads and writes the socket itself, so that a request costs
// one wake-up of the loop and one of the pool, and streamed bodies need no buffers in between.
class Connection final : public Readiness, public std::enable_shared_from_this<Connection> {
 public:
  using Place = std::list<std::shared_ptr<Connection>>::iterator;

  // Takes over the descriptor, even if it throws.
  Connection(Front& front, Lane& lane, int fd, std::shared_ptr<const Origin> origin,
             std::string peer);
  ~Connection() override;

  const Origin& origin() const { return *origin_; }

  // Loop thread.
  void start(Place place);
  void ready() override;
  void tick(Duration now);  // notices time-outs
  void retire();            // the server or the listening socket is going
  bool give_way();          // ends it if it is between requests
  void abort();             // now

 private:
  friend class SocketBody;

  enum class State {
    handshake,
    head,    // between requests, or a head has begun to arrive
    body,    // into request_.body
    lent,    // a pool thread has it
    flush,   // the rest of an answer that the socket would not take
    drain,   // what the handler left of the body
    linger,  // the answer is sent, the client may still be sending
    closed
  };

  // connection.cc: the loop's side. The mutex is held.
  bool is_idle() const { return state_ == State::head && !parser_.started(); }
  void shake();
  void next_head();
  void rest();  // until the next request comes
  void clear_exchange();
  void read_head();
  void advance_head();
  void begin_request();
  bool ask_plan();
  void begin_body();
  void read_body();
  void take_body();
  void take_chunked_body();
  void lend(bool bulk);
  void refuse(int status, std::string_view why);  // and close
  void flush();
  void settle();  // an answer is composed: send the rest, then whatever comes next
  void settle_soon();
  void drain();
  bool drain_buffered();
  void linger();
  void discard();
  void close();
  bool fill(std::size_t bytes);  // false: waits for more, or closed
  void await(IoResult::State what);
  void set_deadline(Duration from_now);
  void set_body_deadline();

  // exchange.cc: whoever has it. Only run…() and give_back() are for pool threads alone.
  void run();
  void run_bulk();    // the handler with the body as a stream
  void run_stream();  // the answer in response_
  void run_upgrade(Response response);
  void hand_over(const std::function<void(Upgraded)>& taker);
  void give_back();
  Response call_handler();
  static Response plain(int status, std::string_view why);
  Response busy();
  bool is_streamed(const Response& response) const;
  void answer(Response response);
  void compose();
  bool is_worth_a_line() const;
  void log_answer() const;
  Framing framing_for(const Response& response) const;
  bool must_close() const;
  void send_composed();  // what the socket takes without waiting
  std::size_t unsent() const { return out_.size() + response_.body.size() - sent_; }
  bool pump(BodySource& source, const Framing& framing);
  // These wait, at most Options::body_gap_max for each byte; false if it takes longer.
  bool send_all(std::string_view first, std::string_view second);
  bool wait_for(IoResult::State what);

  // A body's rest up to this size is read and dropped to keep the connection.
  static constexpr std::uint64_t kDrainBytesMax = 256 * 1024;

  Front& front_;
  Lane& lane_;
  const std::shared_ptr<const Origin> origin_;
  const std::string peer_;
  Descriptor descriptor_;
  Transport io_;
  Place place_;

  std::mutex mutex_;  // guards state_, deadline_ and what hangs on them while it changes hands
  State state_ = State::head;
  Duration deadline_{};  // by the steady clock; 0: none
  Duration body_end_{};  // of a body that is held in memory
  std::shared_ptr<Connection> lent_self_;

  InputBuffer in_;
  RequestParser parser_;
  Request request_;
  BodyPlan plan_;
  std::uint64_t body_left_ = 0;  // of a body with a length
  std::uint64_t drained_ = 0;
  bool body_done_ = true;       // nothing of the request is left on the wire
  bool continue_owed_ = false;  // the client waits for 100 Continue
  bool broken_ = false;         // nothing more can be sent
  bool close_after_ = false;

  std::string out_;       // head of the answer, and the body if it is small
  Response response_;     // holds a large body until it is sent
  std::size_t sent_ = 0;  // of both together
  Framing framing_;
};

}  // namespace haneul::http
