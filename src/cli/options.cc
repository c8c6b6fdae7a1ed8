#include "cli/options.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "drivers/net/address.h"

namespace haneul::cli {
namespace {

// What is wrong with it; empty: nothing.
std::string refuse_cidr(const std::string& text) {
  const auto length = net::prefix_length(text);
  if (net::first_host(text) && *length >= 8 && *length <= 29) return "";
  return text + " is no IPv4 network of /8 to /29, as 172.24.4.0/24 (no bits behind its prefix)";
}

// What clients put paths behind.
std::string refuse_url(const std::string& text) {
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  const std::string rest = http ? text.substr(text.find("://") + 3) : "";
  const bool plain = rest.find_first_of(" \t?#\"'\\@") == std::string::npos;
  if (http && plain && !rest.empty() && rest.front() != '/' && !rest.ends_with('/')) return "";
  return text + " is no URL as https://cloud.example.com:5000 (no slash at its end)";
}

void add_state(CLI::App& app, Options& o) {
  app.add_option("--state", o.state, "Directory that holds the cloud")->type_name("DIR");
  app.add_flag("--simulated", o.simulated, "The simulated cloud of this user");
}

void add_serving(CLI::App& app, Options& o) {
  add_state(app, o);
  app.add_option("--config", o.config, "Configuration instead of DIR/haneul.conf")
      ->type_name("FILE");
  app.add_option("--hosts", o.hosts, "Simulated hosts")->check(CLI::Range(1, 10'000));
  app.add_option("--listen", o.listen, "Address to listen on")->type_name("ADDR");
  app.add_option("--port", o.port, "Port to listen on")->check(CLI::Range(1, 65'535));
  app.add_option(
         "--public-url", o.public_url,
         "What clients reach it by, for the catalog and clouds.yaml; without it the address "
         "it listens on, of 0.0.0.0 and :: the one that the default route leaves by")
      ->check(refuse_url)
      ->type_name("URL");
  app.add_option("--tls-cert", o.tls_cert, "Certificate chain, PEM")->type_name("FILE");
  app.add_option("--tls-key", o.tls_key, "Private key, PEM")->type_name("FILE");
  app.add_option("--tls-client-ca", o.tls_client_ca,
                 "Authorities of certificates that clients may bring, PEM")
      ->type_name("FILE");
  app.add_option("--guest-image", o.guest_image, "qcow2 that becomes the image haneul-guest")
      ->type_name("FILE");
  app.add_option("--public-cidr", o.public_cidr, "Addresses of the external network")
      ->check(refuse_cidr)
      ->type_name("CIDR");
  app.add_flag("--no-local-host", o.no_local_host, "Guests only on hosts that have an agent");
}

void add_agent(CLI::App& app, Options& o) {
  app.add_option("--controller", o.controller, "The cloud's URL")->type_name("URL")->required();
  app.add_option("--join", o.join, "A copy of the controller's agent.join")
      ->type_name("FILE")
      ->required();
  app.add_option("--state", o.state, "Directory of this host's guests")
      ->type_name("DIR")
      ->required();
  app.add_option("--host", o.host, "Name of this host, if not the kernel's")->type_name("NAME");
  app.add_flag("--simulated", o.simulated, "A simulated host");
  app.add_option("--switch-database", o.switch_database, "This host's Open vSwitch")
      ->type_name("ENDPOINT");
  app.add_option("--integration-bridge", o.integration_bridge, "OVN's bridge on this host")
      ->type_name("NAME");
}

void add_events(CLI::App& app, Options& o) {
  add_state(app, o);
  EventsQuestion& q = o.events;
  app.add_flag("--follow,-f", q.follow, "Go on with what happens from now on");
  app.add_option("--limit", q.limit, "So many of the last")->check(CLI::Range(0, 1000));
  app.add_option("--type", q.type, "Of this kind: identity, identity.user, identity.user.created");
  app.add_option("--subject", q.subject, "About the thing with this id")->type_name("ID");
  app.add_option("--project", q.project, "About this project's things")->type_name("ID");
  app.add_option("--user", q.user, "By this user")->type_name("ID");
  app.add_option("--request", q.request, "By this request: X-Openstack-Request-Id")
      ->type_name("ID");
  app.add_option("--format", q.format, "text, json or cadf")
      ->check(CLI::IsMember({"text", "json", "cadf"}));
}

void add_adopt(CLI::App& app, Options& o) {
  app.require_subcommand(1);
  CLI::App& keystone =
      *app.add_subcommand("keystone", "Copy its database, and let it log people in");
  add_state(keystone, o);
  keystone
      .add_option("--database-url", o.adoption.database_url,
                  "mysql://USER:PASSWORD@HOST[:PORT]/NAME or sqlite:///PATH")
      ->type_name("URL")
      ->required();
  keystone.add_option("--fernet-keys", o.adoption.fernet_keys, "So that its tokens stay good")
      ->type_name("DIR");
  keystone
      .add_option("--credential-keys", o.adoption.credential_keys, "Without them no credentials")
      ->type_name("DIR");
  keystone.add_flag("--dry-run", o.adoption.dry_run, "Say what would happen and write nothing");
}

void add_policy(CLI::App& app, Options& o) {
  PolicyQuestion& q = o.question;
  app.require_subcommand(1);
  CLI::App& check = *app.add_subcommand("check", "May this caller, and which rule says so");
  add_state(check, o);
  check.add_option("rule", q.rule, "Name of a policy: identity:get_user")->required();
  check.add_option("--service", q.service, "Of this service only")->type_name("NAME");
  check.add_option("--user", q.user, "The caller's id")->type_name("ID");
  check.add_option("--roles", q.roles, "The token's roles, those implied as well")
      ->type_name("ROLE,…");
  auto* project = check.add_option("--project", q.project, "The token's project")->type_name("ID");
  auto* domain = check.add_option("--domain", q.domain, "… or its domain")->type_name("ID");
  auto* system = check.add_flag("--system", q.system, "… or the system");
  project->excludes(domain)->excludes(system);
  domain->excludes(system);
  check
      .add_option("--target", q.targets,
                  "An attribute of what is acted upon; else it is the "
                  "caller's own")
      ->type_name("NAME=VALUE");
}

}  // namespace

bool parse_options(int argc, char** argv, Options& o, int* code) {
  CLI::App app("haneul: the whole of OpenStack in one program", "haneul");
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  const auto add = [&](const char* name, const char* help) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&o, name] { o.command = name; });
    return sub;
  };
  add_serving(*add("up", "Start the cloud in the background and return when it answers"), o);
  CLI::App* serve = add("serve", "Run the cloud in the foreground, for a service manager");
  add_serving(*serve, o);
  serve->add_option("--ready-fd", o.ready_fd)->group("");
  add_agent(*add("agent", "Be a host of another machine's cloud, in the foreground"), o);
  add_state(*add("down", "Stop the cloud, its guests and all it started"), o);
  add_state(*add("status", "One screen: services, hosts, guests, flows, disk"), o);
  add_state(*add("doctor", "Compare rows with what the drivers report; exit 1 if they differ"), o);
  add_events(*add("events", "Who changed what, and who logged in"), o);
  add_state(*add("fernet-rotate", "Sign tokens with a new key; those of the last few stay good"),
            o);
  CLI::App& jws = *add("create-jws-keypair", "Make keys for [keystone.token] provider = jws");
  add_state(jws, o);
  jws.add_flag("--force", o.force, "In the place of those that are there");
  add_adopt(*add("adopt", "Take over a running Keystone's users, projects, roles, keys and more"),
            o);
  // These look at no cloud; like all others they take its directory.
  add_state(*add("routes", "One line a route: SERVICE METHOD PATH [ACTION]"), o);
  CLI::App* reference =
      add("reference", "Print a page of the manual: options, metrics, flows or policies");
  reference->add_option("topic", o.topic)->required();
  add_state(*reference, o);
  add_policy(*add("policy", "Ask the policies: policy check RULE"), o);
  add_state(*add("version", "Print the version"), o);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const bool help = e.get_exit_code() == 0;
    if (help) {
      *code = app.exit(e);
    } else {
      std::cerr << "haneul: " << e.what()
                << "\nusage: haneul up|down|status|serve|agent|doctor|events|fernet-rotate|"
                   "create-jws-keypair|adopt|routes|"
                   "reference|policy|version "
                   "[--state DIR] [--simulated] …  (haneul COMMAND --help says more)\n";
      *code = 2;
    }
    return false;
  }
  return true;
}

}  // namespace haneul::cli
