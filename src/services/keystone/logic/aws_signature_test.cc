#include "services/keystone/logic/aws_signature.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "services/keystone/logic/digest.h"

// The expected signatures were made by python3-keystoneclient's Ec2Signer.
namespace haneul::keystone {
namespace {

constexpr std::string_view kSecret = "966afbde20b84200ae4e62e09acf46b2";

AwsRequest with_version(const char* version) {
  AwsRequest r{
      .verb = "GET", .host = "h", .path = "/", .body_hash = {}, .params = {}, .headers = {}};
  r.params = {{"SignatureVersion", version},
              {"AWSAccessKeyId", "k"},
              {"Timestamp", "2012-08-27T12:38:58Z"},
              {"Action", "Foo"}};
  return r;
}

AwsRequest version_4() {
  AwsRequest r{.verb = "GET",
               .host = "h",
               .path = "/p",
               .body_hash = to_hex(sha256("x")),
               .params = {{"a", "b c"}},
               .headers = {}};
  r.headers = {{"Content-type", "application/x-www-form-urlencoded; charset=utf-8"},
               {"X-Amz-Date", "20110909T233600Z"},
               {"Host", " iam.amazonaws.com:80 "},
               {"Authorization",
                "AWS4-HMAC-SHA256 Credential=k/20110909/us-east-1/iam/aws4_request,"
                "SignedHeaders=content-type;host;x-amz-date,Signature=ced6"}};
  return r;
}

TEST(AwsSignature, OfTheFirstVersions) {
  EXPECT_EQ(aws_signature(with_version("0"), kSecret), "n/Clfz2SOiYizB97es1LZNdfbI8=");
  auto request = with_version("1");
  request.params["zeta"] = "ä ~*";
  request.params["Alpha"] = "1";
  EXPECT_EQ(aws_signature(request, kSecret), "0Yv4Bt7/DcbmdpoRmNWg/HjceMg=");
  request.params["SignatureVersion"] = "2";
  request.host = "127.0.0.1:8773";
  request.path = "/services/Cloud/";
  EXPECT_EQ(aws_signature(request, kSecret), "kad+Gz5voNmwIjJGLcdAZnWaRVluEbjEX9o49ClMQZQ=");
}

TEST(AwsSignature, OfVersionFour) {
  auto request = version_4();
  EXPECT_EQ(aws_signature(request, kSecret),
            "b25a4d97e016c9154bc77f5d256600565a7d4b16536b509a47b7214d4b28e7fa");
  request.headers["User-Agent"] = "Boto/2.9.2 (x)";
  EXPECT_EQ(aws_signature(request, kSecret),
            "02f16af1da5d72ca0356fd608d3b0dbcc8855b423b5b2a10f029c6df7441258e");
  auto post = version_4();
  post.verb = "post";
  post.path = "/";
  EXPECT_EQ(aws_signature(post, kSecret),
            "36634a22e4dd20bdb713fdc8e0c64a625dcb519d25e4b84a3c20d6980c355eb6");
  auto query = version_4();
  query.headers = {{"Host", "a"}};
  query.params = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                  {"X-Amz-Credential", "k/20110909/us-east-1/iam/aws4_request"},
                  {"X-Amz-Date", "20110909T233600Z"},
                  {"X-Amz-SignedHeaders", "host"}};
  EXPECT_EQ(aws_signature(query, kSecret),
            "f9450f7a7bf0f87899b230e429aaa17641e35c8c52ad327acae8a1a4ab63e395");
}

TEST(AwsSignature, NeedsAllThatItsVersionSigns) {
  EXPECT_FALSE(aws_signature(with_version("3"), kSecret));
  auto old = with_version("0");
  old.params.erase("Action");
  EXPECT_FALSE(aws_signature(old, kSecret));
  auto other_day = version_4();
  other_day.headers["X-Amz-Date"] = "20110910T000000Z";
  EXPECT_FALSE(aws_signature(other_day, kSecret));
  auto undated = version_4();
  undated.headers.erase("X-Amz-Date");
  EXPECT_FALSE(aws_signature(undated, kSecret));
  auto short_scope = version_4();
  short_scope.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=k/20110909";
  EXPECT_FALSE(aws_signature(short_scope, kSecret));
}

TEST(S3Signature, IsOfTheBytesAsTheyWereSigned) {
  EXPECT_EQ(s3_signature("GET\n\n\n\n/bucket", "secret"),
            base64_encode(hmac_sha1("secret", "GET\n\n\n\n/bucket")));
  const auto four = [](const char* service) {
    return s3_signature(
        "AWS4-HMAC-SHA256\n20110909T233600Z\n20110909/eu/" + std::string(service) + "\nabc",
        "secret");
  };
  ASSERT_TRUE(four("s3/aws4_request"));
  EXPECT_EQ(four("s3/aws4_request")->size(), 64u);
  EXPECT_TRUE(four("sts/aws4_request"));
  EXPECT_FALSE(four("ec2/aws4_request"));
  EXPECT_FALSE(four("s3/other"));
  EXPECT_FALSE(s3_signature("AWS4-HMAC-SHA256\nonly", "secret"));
}

}  // namespace
}  // namespace haneul::keystone
