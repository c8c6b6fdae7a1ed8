#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace haneul::keystone {

// A request to some other service as its client signed it; names of headers as they were sent.
// upstream: openstack/python-keystoneclient:keystoneclient/contrib/ec2/utils.py
struct AwsRequest {
  std::string verb, host, path;
  std::string body_hash;  // SHA-256 of the body in hexadecimal digits; version 4
  std::map<std::string, std::string> params;   // of the query, or of the body of a POST
  std::map<std::string, std::string> headers;  // version 4
};

// What the owner of the secret would have signed it with, in the version that the request names: 0,
// 1 and 2 in base64, 4 in hexadecimal digits. Nothing where it names none that is known or lacks
// what that version signs.
std::optional<std::string> aws_signature(const AwsRequest& request, std::string_view secret);

// What the owner of the secret would have signed these bytes with, as S3's clients do: version 4
// if they begin so, else version 1. Nothing for a version 4 of another form.
// upstream: openstack/keystone:keystone/api/s3tokens.py
std::optional<std::string> s3_signature(std::string_view signed_text, std::string_view secret);

}  // namespace haneul::keystone
