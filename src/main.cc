#include <exception>
#include <iostream>

#include "cli/commands.h"

namespace {

int run(const haneul::cli::Options& o, const char* program) {
  using namespace haneul::cli;
  if (o.command == "up") return up(o, program);
  if (o.command == "serve") return serve(o);
  if (o.command == "agent") return agent(o);
  if (o.command == "down") return down(o);
  if (o.command == "status") return status(o);
  if (o.command == "doctor") return doctor(o);
  if (o.command == "events") return events(o);
  if (o.command == "fernet-rotate") return fernet_rotate(o);
  if (o.command == "create-jws-keypair") return create_jws_keypair(o);
  if (o.command == "adopt") return adopt(o);
  if (o.command == "routes") return routes();
  if (o.command == "reference") return reference(o);
  if (o.command == "policy") return policy(o);
  return version();
}

}  // namespace

int main(int argc, char** argv) {
  haneul::cli::Options options;
  int code = 0;
  if (!haneul::cli::parse_options(argc, argv, options, &code)) return code;
  try {
    return run(options, argv[0]);
  } catch (const std::exception& e) {
    std::cerr << "haneul: " << e.what() << "\n";
    return 1;
  }
}
