#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace haneul::cli {

// `haneul policy check`: who asks for what, as a token would say it.
struct PolicyQuestion {
  std::string rule, service, user = "user", project, domain, roles;
  bool system = false;
  std::vector<std::string> targets;  // NAME=VALUE
};

// `haneul events`: what to show of the history of changes.
struct EventsQuestion {
  std::string type, subject, project, user, request;
  std::string format = "text";  // or json, cadf: one object a line
  std::int64_t limit = 50;
  bool follow = false;
};

// `haneul adopt keystone`: where from.
struct AdoptionWanted {
  std::string database_url, fernet_keys, credential_keys;
  bool dry_run = false;
};

// What the command line says; one struct for all subcommands.
struct Options {
  std::string command;
  std::string state;  // empty: the standard directory
  bool simulated = false;
  int hosts = 1;  // simulated hosts
  std::string listen = "127.0.0.1";
  std::uint16_t port = 5000;
  std::string public_url;  // empty: of the address it listens on
  std::string tls_cert, tls_key, tls_client_ca;
  std::string config;  // empty: haneul.conf in the state directory, if there is one
  std::string topic;   // of `reference`
  PolicyQuestion question;
  EventsQuestion events;
  AdoptionWanted adoption;
  std::string guest_image;  // qcow2 that becomes the image haneul-guest
  std::string public_cidr = "172.24.4.0/24";
  int ready_fd = -1;           // set by `up` for the process it starts
  bool no_local_host = false;  // guests are on agents' hosts only

  // Of `agent`.
  std::string controller, join, host;
  std::string switch_database = "unix:/run/openvswitch/db.sock", integration_bridge = "br-int";

  bool force = false;  // of `create-jws-keypair`: in the place of those that are there
};

// Parses, or prints usage or help and gives the exit code in *code (2 for a wrong command line).
bool parse_options(int argc, char** argv, Options& out, int* code);

}  // namespace haneul::cli
