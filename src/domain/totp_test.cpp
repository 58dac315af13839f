#include "domain/totp.hpp"

#include <gtest/gtest.h>

namespace marketday::domain {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

constexpr std::string_view kRfcSecret = "12345678901234567890";

TEST(Totp, the_codes_are_those_of_rfc_6238) {
    // Appendix B, SHA-1, the last six of its eight digits.
    EXPECT_EQ(totp_code(bytes(kRfcSecret), totp_step(from_unix_ms(59'000))), "287082");
    EXPECT_EQ(totp_code(bytes(kRfcSecret), totp_step(from_unix_ms(1'111'111'109'000))), "081804");
    EXPECT_EQ(totp_code(bytes(kRfcSecret), totp_step(from_unix_ms(1'234'567'890'000))), "005924");
    EXPECT_EQ(totp_code(bytes(kRfcSecret), totp_step(from_unix_ms(20'000'000'000'000))), "353130");
}

TEST(Totp, a_code_of_the_step_beside_is_taken_and_one_farther_off_is_not) {
    const WallTime now = from_unix_ms(1'234'567'890'000);
    const std::int64_t step = totp_step(now);
    for (const std::int64_t off : {-1, 0, 1})
        EXPECT_EQ(totp_match(bytes(kRfcSecret), totp_code(bytes(kRfcSecret), step + off), now, 0), step + off);
    EXPECT_FALSE(totp_match(bytes(kRfcSecret), totp_code(bytes(kRfcSecret), step - 2), now, 0));
    EXPECT_FALSE(totp_match(bytes(kRfcSecret), totp_code(bytes(kRfcSecret), step + 2), now, 0));
    EXPECT_FALSE(totp_match(bytes(kRfcSecret), "", now, 0));
    EXPECT_FALSE(totp_match(bytes(kRfcSecret), "05924", now, 0));
}

TEST(Totp, a_code_that_was_used_does_not_work_again) {
    const WallTime now = from_unix_ms(1'234'567'890'000);
    const std::int64_t step = totp_step(now);
    EXPECT_FALSE(totp_match(bytes(kRfcSecret), totp_code(bytes(kRfcSecret), step), now, step));
    EXPECT_FALSE(totp_match(bytes(kRfcSecret), totp_code(bytes(kRfcSecret), step - 1), now, step));
    EXPECT_EQ(totp_match(bytes(kRfcSecret), totp_code(bytes(kRfcSecret), step + 1), now, step), step + 1);
}

TEST(Totp, base_32_is_that_of_rfc_4648) {
    EXPECT_EQ(to_base32(bytes("")), "");
    EXPECT_EQ(to_base32(bytes("f")), "MY");
    EXPECT_EQ(to_base32(bytes("foob")), "MZXW6YQ");
    EXPECT_EQ(to_base32(bytes("foobar")), "MZXW6YTBOI");
    EXPECT_EQ(to_base32(bytes(kRfcSecret)), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

TEST(Totp, an_app_can_read_the_address) {
    EXPECT_EQ(otpauth_uri("Marketday", "mina", TotpSecret{}),
              "otpauth://totp/Marketday:mina?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&issuer=Marketday&algorithm=SHA1"
              "&digits=6&period=30");
}

}  // namespace
}  // namespace marketday::domain
