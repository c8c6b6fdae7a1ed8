#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "http/loop.h"

namespace haneul::http {

class Connection;
struct Front;
struct Origin;

// A loop and the connections that live on it from accept to close. All but the constructor, loop()
// and adopt_later() are for the loop's thread.
class Lane {
 public:
  Lane(Front& front, std::size_t number);

  Loop& loop() { return loop_; }
  // Takes over an accepted socket; from any thread.
  void adopt_later(int fd, std::shared_ptr<const Origin> origin, std::string peer);
  void adopt(int fd, std::shared_ptr<const Origin> origin, std::string peer);

  // Ends connections once they are between requests; those of one origin, or all if null.
  void retire(const Origin* origin);
  // The server is going. Cuts all connections; those lent to a pool thread close when that comes
  // back. No more time-outs.
  void abort();

 private:
  friend class Connection;
  using Connections = std::list<std::shared_ptr<Connection>>;
  bool make_room();  // false if there is none
  void remove(Connections::iterator place);
  void schedule_tick();
  void tick();
  template <class Visit>
  void each(Visit visit);

  Front& front_;
  Loop loop_;
  Connections connections_;
  bool ticking_ = false;
};

}  // namespace haneul::http
