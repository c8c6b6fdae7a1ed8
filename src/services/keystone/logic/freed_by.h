#pragma once

namespace haneul::keystone {

// A deleter for what a C library frees with a function of its own.
template <auto Function>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};

}  // namespace haneul::keystone
