// Base64, PEM, tokens, times.
#include "cluster/text.hpp"

#include "helpers.hpp"

using namespace cluster_test;   // NOLINT
using namespace daaa::cluster;  // NOLINT

TEST_CASE("base64 comes back as it went in, whatever its length", "[cluster][base64]") {
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\x00z"}) {
    CHECK(decode_base64(encode_base64(text)) == text);
  }
  CHECK(encode_base64("any carnal pleas") == "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST_CASE("base64 may have line breaks and blanks between its digits, and nothing else",
          "[cluster][base64]") {
  CHECK(decode_base64("YW55\r\nIGNh cm5h\nbCBwbGVhcw==\n") == std::string("any carnal pleas"));
  for (const char* bad : {"YW5", "YW55I", "YW55=", "=", "YW5_", "YW=5", "YWx=", "YQ===", "a$bc", "YWJ\x80"}) {
    INFO(bad);
    CHECK_FALSE(decode_base64(bad).has_value());
  }
}

TEST_CASE("base64 for URLs has other digits and no padding", "[cluster][base64]") {
  CHECK(decode_base64("_-8", Base64::url) == std::string("\xff\xef"));
  CHECK_FALSE(decode_base64("/+8", Base64::url).has_value());
  CHECK_FALSE(decode_base64("_-8=", Base64::url).has_value());
}

TEST_CASE("PEM of the right kind is accepted, also behind comments and beside other blocks",
          "[cluster][pem]") {
  CHECK_FALSE(pem_defect(fake_pem("CERTIFICATE"), PemKind::certificate));
  CHECK_FALSE(pem_defect("# Issuer: somebody\n" + fake_pem("CERTIFICATE"), PemKind::certificate));
  for (const char* label : {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}) {  // PKCS#8, PKCS#1, EC
    CHECK_FALSE(pem_defect(fake_pem(label), PemKind::private_key));
  }
  CHECK_FALSE(pem_defect(fake_pem("EC PARAMETERS") + fake_pem("EC PRIVATE KEY"), PemKind::private_key));
}

TEST_CASE("what is no PEM is described without being shown", "[cluster][pem][secrets]") {
  const auto told = [](const std::string& text, PemKind kind) {
    return checked(pem_defect(text, kind).value_or(""));
  };
  CHECK(contains(told("", PemKind::certificate), "it is empty"));
  CHECK(contains(told("<html>planted</html>", PemKind::certificate), "HTML"));
  CHECK(contains(told(std::string("\x30\x82\x01\x0aplanted"), PemKind::certificate), "DER"));
  CHECK(contains(told(base64(fake_pem("CERTIFICATE")), PemKind::certificate), "base64 of PEM"));
  CHECK(contains(told("cGxhbnRlZA==", PemKind::private_key), "bare base64"));
  CHECK(contains(told("planted words!", PemKind::certificate), "14 bytes of something else"));
  CHECK(contains(told("-----BEGIN CERTIFICATE-----\nplanted", PemKind::certificate), "no matching -----END"));
  CHECK(contains(told(fake_pem("PRIVATE KEY"), PemKind::certificate), "it holds a PRIVATE KEY"));
  CHECK(contains(told(fake_pem("CERTIFICATE"), PemKind::private_key), "it holds a CERTIFICATE"));
  CHECK(contains(told(fake_pem("ENCRYPTED PRIVATE KEY"), PemKind::private_key), "passphrase"));
}

TEST_CASE("a token is trimmed at its ends and refused with a line break inside",
          "[cluster][token][secrets]") {
  CHECK(clean_token("  planted-token\r\n")->reveal() == "planted-token");
  CHECK(clean_token(std::string(20 * 1024, 'x'))->reveal().size() == 20 * 1024);
  CHECK(contains(message_of(clean_token(" \n")), "empty"));
  CHECK(contains(message_of(clean_token("planted\r\nX-Evil: 1")), "at byte 8"));
  CHECK(contains(message_of(clean_token(std::string("planted\0x", 9))), "at byte 8"));
  CHECK(contains(message_of(clean_token("planted t\xc3\xb6ken")), "at byte 8"));
  CHECK(contains(message_of(clean_token(std::string(300 * 1024, 'x'))), "longer than"));
}

TEST_CASE("a JSON Web Token's end is read without verifying it", "[cluster][token]") {
  const auto jwt = [](const std::string& payload) {
    std::string body = base64(payload);
    while (!body.empty() && body.back() == '=') body.pop_back();
    return "eyJhbGciOiJSUzI1NiJ9." + body + ".c2ln";
  };
  CHECK(jwt_expiry(jwt(R"({"exp":1700003600})")) == 1700003600);
  CHECK(jwt_expiry(jwt(R"({"exp":1700003600.5})")) == 1700003600);
  CHECK_FALSE(jwt_expiry(jwt(R"({"iat":1})")));
  CHECK_FALSE(jwt_expiry(jwt(R"({"exp":"soon"})")));
  CHECK_FALSE(jwt_expiry(jwt(R"({"exp":1e300})")));
  CHECK_FALSE(jwt_expiry(jwt("no json")));
  CHECK_FALSE(jwt_expiry("sha256~planted-oauth-token"));
  CHECK_FALSE(jwt_expiry("a.b"));
  CHECK_FALSE(jwt_expiry(""));
}

TEST_CASE("RFC 3339 times are read in every zone, others are not times", "[cluster][time]") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339("2024-02-29T12:00:00Z") == 1709208000);
  CHECK(parse_rfc3339("2024-02-29T12:00:00.999999999Z") == 1709208000);
  CHECK(parse_rfc3339("2024-02-29T14:00:00+02:00") == 1709208000);
  CHECK(parse_rfc3339("2024-02-29T06:30:00-05:30") == 1709208000);
  for (const char* bad :
       {"", "soon", "2024-02-29", "2024-02-29 12:00:00Z", "2024-02-29T12:00:00", "2024-13-01T00:00:00Z",
        "2024-02-29T25:00:00Z", "2024-02-29T12:00:00.Z", "2024-02-29T12:00:00+0200"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad).has_value());
  }
}

TEST_CASE("wiping a tree leaves no text in it", "[cluster][secrets]") {
  auto tree = daaa::Json::object({{"a", "planted"}, {"b", daaa::Json::array({"planted", 1})}});
  wipe_tree(tree);
  CHECK(daaa::to_json(tree).find("planted") == std::string::npos);
}
