#include "services/neutron/errors.h"

#include <fmt/format.h>

#include "resource/problem.h"

namespace haneul::neutron {

Fault invalid_input(std::string_view why) {
  return Fault::bad_request(fmt::format("Invalid input for operation: {}.", why))
      .named("InvalidInput");
}

Fault bad_request(std::string_view resource, std::string_view why) {
  return Fault::bad_request(fmt::format("Bad {} request: {}.", resource, why)).named("BadRequest");
}

Fault http_bad_request(std::string_view message) {
  return Fault::bad_request(std::string(message)).named("HTTPBadRequest");
}

Fault hidden() {
  return Fault::not_found("The resource could not be found.").named("HTTPNotFound");
}

Fault network_not_found(std::string_view id) {
  return Fault::not_found(fmt::format("Network {} could not be found.", id))
      .named("NetworkNotFound");
}

Fault subnet_not_found(std::string_view id) {
  return Fault::not_found(fmt::format("Subnet {} could not be found.", id)).named("SubnetNotFound");
}

Fault port_not_found(std::string_view id) {
  return Fault::not_found(fmt::format("Port {} could not be found.", id)).named("PortNotFound");
}

Fault router_not_found(std::string_view id) {
  return Fault::not_found(fmt::format("Router {} could not be found", id)).named("RouterNotFound");
}

Fault security_group_not_found(std::string_view id) {
  return Fault::not_found(fmt::format("Security group {} does not exist", id))
      .named("SecurityGroupNotFound");
}

Fault ip_in_use(std::string_view network_id, std::string_view address) {
  return Fault::conflict(fmt::format("Unable to complete operation for network {}. The IP address "
                                     "{} is in use.",
                                     network_id, address))
      .named("IpAddressInUse");
}

Fault no_more_addresses(std::string_view network_id) {
  return Fault::conflict(fmt::format("No more IP addresses available on network {}.", network_id))
      .named("IpAddressGenerationFailure");
}

std::string shown(const json::Value& value) {
  return value.text() ? *value.text() : resource::python_repr(value);
}

}  // namespace haneul::neutron
