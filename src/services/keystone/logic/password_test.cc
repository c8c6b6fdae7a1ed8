#include "services/keystone/logic/password.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

struct Known {
  std::string password, hash;
};

// Made by passlib 1.7.4, which Keystone used until 2024 and whose form it still writes.
const Known kKnown[] = {
    {"secret", "$2b$04$3aJofdI1/ShfsS8pv2LCEOJ.dBn1RK4plKJJolCDvTlPxywuQOT6e"},
    {"secret",
     "$bcrypt-sha256$v=2,t=2b,r=4$XW8V6mIU8HmmB7SlrRbWDO$iLeXPFjpyJf7t7tGezT836x8fRGQRLy"},
    {"secret",
     "$scrypt$ln=4,r=8,p=1$+7+XEgIAwJhTCsF4r9Wasw$I0u04f9mvmFLJGBD1VT5KgsDpFoHv0hnHFpYUftWa/k"},
    {"secret",
     "$pbkdf2-sha512$100$QWgtpbRW6v2f09q7V0qJsQ$"
     "QFkEMxI2aYCem0DOFEkpuHkjK6Bak30MqEsp7nMmC0GZju1Hn35TfCLzEC/sCJiaw.RZBAqg8PkBNMiIaQPDZA"},
    {"", "$2b$04$CG5zBVkpR6Pw4jCg/EiN5u3ZtERuxKDhhU8SW3ggj9grGVMVjlcaK"},
    {"", "$bcrypt-sha256$v=2,t=2b,r=4$/LQPLY2oKMYmH6G4QcG/9u$9OOIIG.cxP7oxzFGu1O4Ku9yh92RJI."},
    {"", "$scrypt$ln=4,r=8,p=1$FgJACOGcsxYipDRGqNVa6w$xqMcgqnDJA9hTl6Tm2sOe7tIzXGcO1+RNdNdfgwuSiI"},
    {"",
     "$pbkdf2-sha512$100$H8OYE4JQSknpfe.dc.4dYw$TsLmJPvW0i8hVQ9cJ3DPWQU."
     "JQhya9af4CIJcIrTkY5ooq1ft54ypQ7xQueecMS8vmaYRoyu7dT8bso1aJO6pw"},
    {"p\u00e4ssw\u00f6rd \u2603", "$2b$04$4l92d/vjr9mLaw8kD.nlF.nVKppmXnn/90ecmX44QzovTYTnsgtOW"},
    {"p\u00e4ssw\u00f6rd \u2603",
     "$bcrypt-sha256$v=2,t=2b,r=4$P5hVrLFbNt2ZHzS1iGO7zO$Bb8aOgxWDWUbAhrQp.N8O/j3CIPXPaK"},
    {"p\u00e4ssw\u00f6rd \u2603",
     "$scrypt$ln=4,r=8,p=1$+3+P0brXGqO0lvK+dw7h3A$Wse44MkNuvoIf2pFrEUmUjPwaq8RDv6whp+ab/pEi4Q"},
    {"p\u00e4ssw\u00f6rd \u2603",
     "$pbkdf2-sha512$100$HCPEOCdEqHXu3RtjbG2tFQ$"
     "6At8aZS0lsbCiT6Bk6iugsydMJnacraKvzd0nYKKHXfmwkGU6K3an7YolRX0axoepk8ZdhJRxU1PD1b.FSu.Tw"},
    {std::string(72, 'x'), "$2b$04$Ij0r5TmJ/KxyWtifp13Ka.FpyXraRQom9GwcUIirUUsuabswXNmbK"},
    {std::string(72, 'x'),
     "$bcrypt-sha256$v=2,t=2b,r=4$e6buzcLjseCwgDuRDAO.1.$VGEUQnECqaewo1D4FFVTDzy1fKeeYxW"},
    {std::string(72, 'x'),
     "$scrypt$ln=4,r=8,p=1$K4XQOofw/v8f43wP4VxLSQ$hPmQTDIq4ZrDRTP2gjDfR9vpNzrWGFdAXEwS0a7NXa0"},
    {std::string(72, 'x'),
     "$pbkdf2-sha512$100$.v/"
     "fG8PY25tTqnVOidGa8w$"
     "epEOWOFhm1ceScMHZMWuMgf7gxP46wZ9hIXIUsIlf1vdCwEGowwCaaTSdyjQI46N21EtX8AoGz4q6hel4KYbbQ"},
    {std::string(100, 'x'), "$2b$04$fAtsrgtteNEQSmHXaSxHDe6qnSBJX56pHkgQVup6x9KKZML7IGRm2"},
    {std::string(100, 'x'),
     "$bcrypt-sha256$v=2,t=2b,r=4$9DCJwnUg6NOXrXQp1YDGKe$P74YwfiJEPuxPbxRpLcnvyzoeDtO3PO"},
    {std::string(100, 'x'),
     "$scrypt$ln=4,r=8,p=1$y1krpRQC4LwXorQ2phTCeA$T5rpSx07HWJ1DxR0E9XiThwdo3f6Lt24EumVxhm4hnE"},
    {std::string(100, 'x'),
     "$pbkdf2-sha512$100$JOQ8Z4wxBmAMIYQQotRaqw$0rAPf7iub7bVPsRNS/"
     "aI9raZVijUYSEr4Qab0W5FIlLoaUtS6G2qGwc4wf11V6fh79amGIvtI4S5ANCg.Db90g"},
    {"secret", "$bcrypt-sha256$2b,4$u/DzPKIiWnebPoidNPBQWu$pEFTxmN.jXamE0FG4B3F6sx3GHxpqzu"},
    {"secret", "$2a$05$xJbU9k5m11Dk4.StR.MFVu7DGuzB8HnXT48BlxNAwWzgfNKR21ype"},
    {"secret", "$2y$05$s2ru.IRqbxMdQEo2YI5cKOPWE9RojSswRXZLetOO.nAX3HFkXtO.y"},
    {"secret", "$2b$12$8m.RC6HUqZRaB/XCzfowS.GjOQeWzSrhNTjZsFA/P90WW/9FT6DFe"},
    {"secret",
     "$bcrypt-sha256$v=2,t=2b,r=12$/4.MJoQERNSA4Ar3NDZtDu$Du9y.pPoHAp9ztI542pTwXpQivPXLvi"},
    {"secret",
     "$scrypt$ln=16,r=8,p=1$z9kbYyzFGCNEiJGyVkqpdQ$czdfQvb/VAdtd2CG8jgLIiDS+wVKJriWMHS0gH3/WiE"},
    {"secret",
     "$pbkdf2-sha512$25000$iBGCcM6Zs7bWuleKEcJ4rw$tjUsESldQcsOVkSTxr5V/"
     "DIL6x.Cns8.PGpYMN7B5ncCyimOJxy7njm7lMOK5ep1rupvpfawH282LqlFoAUlbg"},
    {"secret", "$bcrypt-sha256$2b,10$PeRz5yY3awUN0hLAbRH.bO$bSB3i3PISXGPzIRfH50V.OkMnCKSxyi"},
    {"secret", "$scrypt$ln=5,r=4,p=3$$gC2vO2CBr/t9+0ezdtNj0dxs+HZ4TZ8/u804LC46548"},
    {"secret",
     "$pbkdf2-sha512$1$6N3b.3.vtRbinNOak7K2Vur9n5PSmpOS8h4DQEjJOYcQohRCKIWwtpay1nrv/"
     "R8D4Dw$bO3Vnb71Xn37LR3KvJc9oMuGskB8ZnBv9W/31KNnvJO.t/Zr..GJYWeXXddccRqOOKEHMeW7yPS.VaCnu1/"
     "1Vw"},
};

PasswordOptions options(PasswordAlgorithm algorithm, std::uint32_t rounds) {
  PasswordOptions made;
  made.algorithm = algorithm;
  made.rounds = rounds;
  return made;
}

const PasswordOptions kCheap[] = {
    options(PasswordAlgorithm::bcrypt, 4), options(PasswordAlgorithm::bcrypt_sha256, 4),
    options(PasswordAlgorithm::scrypt, 4), options(PasswordAlgorithm::pbkdf2_sha512, 10)};

TEST(Password, VerifiesWhatPasslibMade) {
  const PasswordOptions whole = options(PasswordAlgorithm::bcrypt_sha256, 4);
  for (const Known& known : kKnown) {
    EXPECT_TRUE(verify_password(known.password, known.hash, whole)) << known.hash;
    EXPECT_FALSE(verify_password("y" + known.password, known.hash, whole)) << known.hash;
  }
}

TEST(Password, VerifiesItsOwn) {
  for (const PasswordOptions& o : kCheap) {
    const std::string hash = hash_password("s\u00e9cret", o).value();
    EXPECT_TRUE(verify_password("s\u00e9cret", hash)) << hash;
    EXPECT_FALSE(verify_password("s\u00e9cre", hash)) << hash;
    EXPECT_FALSE(verify_password("", hash)) << hash;
    EXPECT_NE(hash, hash_password("s\u00e9cret", o).value());
    EXPECT_TRUE(verify_password("", hash_password("", o).value()));
  }
}

TEST(Password, IsCutWhereUpstreamCutsIt) {
  EXPECT_EQ(password_bytes_max({}), 72u);
  EXPECT_EQ(password_bytes_max({.length_bytes_max = 20}), 20u);
  EXPECT_EQ(password_bytes_max({.algorithm = PasswordAlgorithm::scrypt}), 4096u);
  const std::string longer(73, 'x'), cut(72, 'x');
  for (const PasswordOptions& o : kCheap) {
    const std::string hash = hash_password(longer, o).value();
    EXPECT_EQ(verify_password(cut, hash, o), o.algorithm == PasswordAlgorithm::bcrypt) << hash;
    EXPECT_TRUE(verify_password(longer, hash, o)) << hash;
  }
}

TEST(Password, BcryptTakesNoNul) {
  const std::string with_nul("abc\0def", 7);
  EXPECT_FALSE(hash_password(with_nul, kCheap[0]));
  EXPECT_FALSE(verify_password(with_nul, hash_password("abc", kCheap[0]).value()));
  for (const auto& o : {kCheap[1], kCheap[2], kCheap[3]}) {
    const std::string hash = hash_password(with_nul, o).value();
    EXPECT_TRUE(verify_password(with_nul, hash)) << hash;
    EXPECT_FALSE(verify_password("abc", hash)) << hash;
  }
}

TEST(Password, MalformedHashesAreNeverRight) {
  for (const char* bad :
       {"",
        "$",
        "$2b$",
        "$2b$04$",
        "$2b$99$LoB6UBMEo93qv6n6bZpsCe5EjCMiQr0FcgbH3dmeVx/Mf9wKc4LVK",
        "*0",
        "secret",
        "$1$abc$def",
        "$6$abc$def",
        "$y$j9T$a$b",
        "$bcrypt-sha256$",
        "$scrypt$",
        "$scrypt$ln=4,r=8,p=1$$",
        "$scrypt$ln=64,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=30,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=4,r=0,p=1$AAAA$AAAA",
        "$scrypt$ln=4,r=8,p=2147483647$AAAA$AAAA",
        "$scrypt$ln=-4,r=8,p=1$AAAA$AAAA",
        "$pbkdf2-sha512$0$AAAA$AAAA",
        "$pbkdf2-sha512$99999999999$AAAA$AAAA",
        "$pbkdf2-sha512$10$A$AAAA",
        "$pbkdf2-sha512$10$AAAA$",
        "$pbkdf2-sha512$10$AAAA",
        "$bcrypt-sha256$v=2,t=1,r=4$o01VBNUcAx4kv.LxF0RcA.$vA5PKvMefVM/YqdEV.cRNXBux3VDj7q",
        "$bcrypt-sha256$v=2,t=2b$o01VBNUcAx4kv.LxF0RcA.$vA5PKvMefVM/YqdEV.cRNXBux3VDj7q"}) {
    EXPECT_FALSE(verify_password("secret", bad)) << bad;
    EXPECT_FALSE(verify_password("", bad)) << bad;
  }
  EXPECT_FALSE(verify_password("secret", std::string(100'000, '$')));
}

TEST(Password, SurvivesEveryCutAndEveryChange) {
  for (const PasswordOptions& o : kCheap) {
    const std::string hash = hash_password("secret", o).value();
    for (std::size_t length = 0; length < hash.size(); ++length) {
      EXPECT_FALSE(verify_password("secret", hash.substr(0, length), o)) << hash << length;
    }
    // Where numbers stand, a change would cost time only.
    for (std::size_t at = hash.rfind('$') + 1; at < hash.size(); ++at) {
      std::string bad = hash;
      bad[at] = '$';
      EXPECT_FALSE(verify_password("secret", bad, o)) << bad;
    }
  }
}

TEST(Password, OptionsHaveRanges) {
  EXPECT_THROW(hash_password("x", options(PasswordAlgorithm::bcrypt, 3)), std::invalid_argument);
  EXPECT_THROW(hash_password("x", options(PasswordAlgorithm::bcrypt, 32)), std::invalid_argument);
  EXPECT_THROW(hash_password("x", options(PasswordAlgorithm::scrypt, 40)), std::invalid_argument);
  EXPECT_THROW(hash_password("x", {.algorithm = PasswordAlgorithm::scrypt, .salt_bytes = 97}),
               std::invalid_argument);
  EXPECT_EQ(password_algorithm("pbkdf2_sha512"), PasswordAlgorithm::pbkdf2_sha512);
  EXPECT_FALSE(password_algorithm("md5"));
}

}  // namespace
}  // namespace haneul::keystone
