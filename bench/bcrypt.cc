// Processor seconds of one crypt(3) with bcrypt at cost 12, on two threads at once, as two logins
// are: what no login can go below.
//
//   bcrypt [times a thread]
#include <crypt.h>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <thread>

namespace {

constexpr char kSetting[] = "$2b$12$abcdefghijklmnopqrstuu";

double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

void hash(int times) {
  crypt_data data{};
  for (int i = 0; i < times; ++i) {
    if (crypt_r("a password of usual length", kSetting, &data) == nullptr) std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int times = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10;
  const double begun = processor_seconds();
  std::thread other(hash, times);
  hash(times);
  other.join();
  std::cout << (processor_seconds() - begun) / (2 * times) << "\n";
}
