#include "domain/customer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"
#include "domain/customer_password.hpp"

namespace marketday::domain {
namespace {

std::string claim(std::string_view typed) {
    const auto email = EmailAddress::parse(typed);
    return email ? email->claim() : "refused";
}

TEST(EmailAddressTest, an_address_keeps_its_text_and_claims_its_folded_form) {
    const auto email = EmailAddress::parse(" \t Mina.Kim@Example.COM\n");
    ASSERT_TRUE(email);
    EXPECT_EQ(email->text(), "Mina.Kim@Example.COM");
    EXPECT_EQ(email->claim(), "mina.kim@example.com");
}

TEST(EmailAddressTest, two_spellings_of_one_text_claim_the_same) {
    // é composed and decomposed, and Hangul as syllables and as jamo, as macOS types it.
    EXPECT_EQ(claim("caf\u00e9@example.com"), claim("cafe\u0301@example.com"));
    EXPECT_EQ(claim("\uD55C\uAE00@example.com"), claim("\u1112\u1161\u11AB\u1100\u1173\u11AF@example.com"));
    EXPECT_EQ(claim("STRASSE@example.com"), claim("stra\u00dfe@example.com"));
    EXPECT_EQ(claim("\u212A@example.com"), "k@example.com");  // the Kelvin sign
    EXPECT_NE(claim("a.b@example.com"), claim("ab@example.com"));
    EXPECT_NE(claim("a+shop@example.com"), claim("a@example.com"));
}

TEST(EmailAddressTest, what_cannot_be_put_on_an_envelope_is_refused) {
    for (const std::string_view typed : {"",
                                         "@",
                                         "a",
                                         "a@",
                                         "@b",
                                         "a@b@c",
                                         "a b@example.com",
                                         "a@exa mple.com",
                                         ".a@example.com",
                                         "a.@example.com",
                                         "a..b@example.com",
                                         "a@.com",
                                         "a@com.",
                                         "a@b..c",
                                         "a@-b.com",
                                         "a@b-.com",
                                         "a@b_c.com",
                                         "\"a b\"@example.com",
                                         "a@[127.0.0.1]",
                                         "a\r\nBcc: x@example.com",
                                         "a@example.com\r\nBcc:x",
                                         "<a@example.com>",
                                         "a,b@example.com",
                                         "a\u200B@example.com",
                                         "a\u202E@example.com",
                                         "a@exam\u00ADple.com",
                                         "\xff@example.com",
                                         "a\xc0\xaf@example.com"})
        EXPECT_EQ(claim(typed), "refused") << typed;
    EXPECT_EQ(claim(std::string_view{"a\0b@example.com", 15}), "refused");
    EXPECT_EQ(claim(std::string(64, 'a') + "@example.com"), std::string(64, 'a') + "@example.com");
    EXPECT_EQ(claim(std::string(65, 'a') + "@example.com"), "refused");
    EXPECT_EQ(claim("a@" + std::string(63, 'b') + ".com"), "a@" + std::string(63, 'b') + ".com");
    EXPECT_EQ(claim("a@" + std::string(64, 'b') + ".com"), "refused");
    EXPECT_EQ(claim(std::string(1'000'000, 'a')), "refused");
}

TEST(EmailAddressTest, a_claim_is_its_own_claim) {
    SeededRandom random{7};
    for (int i = 0; i < 2000; ++i) {
        std::string typed;
        const std::size_t length = 1 + random.below(20);
        for (std::size_t at = 0; at < length; ++at) typed += static_cast<char>(random.below(256));
        typed += "@example.com";
        const auto email = EmailAddress::parse(typed);
        if (!email) continue;
        EXPECT_EQ(claim(email->claim()), email->claim());
        EXPECT_EQ(claim(email->text()), email->claim());
    }
}

TEST(BucketTest, addresses_spread_over_the_buckets_by_a_key) {
    const std::vector<std::uint8_t> key(32, 1);
    const std::vector<std::uint8_t> other(32, 2);
    std::set<Bucket> buckets;
    int moved = 0;
    for (int i = 0; i < 4000; ++i) {
        const auto email = *EmailAddress::parse("shopper-" + std::to_string(i) + "@example.com");
        const Bucket bucket = bucket_of(email, key);
        ASSERT_LT(bucket, kBucketCount);
        buckets.insert(bucket);
        moved += bucket_of(email, other) != bucket ? 1 : 0;
    }
    EXPECT_GT(buckets.size(), 2300U);  // 1 - 1/e of 4096, about
    EXPECT_GT(moved, 3900);
    EXPECT_EQ(bucket_of(*EmailAddress::parse("A@Example.com"), key),
              bucket_of(*EmailAddress::parse("a@example.com"), key));
}

TEST(PasswordTest, rules_name_what_is_wrong) {
    const auto email = *EmailAddress::parse("mina.kim@example.com");
    const auto refusal = [&email](std::string_view typed) { return check_new_password(typed, &email).error(); };
    EXPECT_EQ(refusal("1234567"), PasswordRefusal::too_short);
    EXPECT_EQ(refusal("비밀번호일곱자"), PasswordRefusal::too_short);
    EXPECT_EQ(refusal(std::string(513, 'x')), PasswordRefusal::too_long);
    EXPECT_EQ(refusal("with\nnew line"), PasswordRefusal::not_text);
    EXPECT_EQ(refusal("bad \xff utf-8"), PasswordRefusal::not_text);
    EXPECT_EQ(refusal(std::string_view{"null\0null", 9}), PasswordRefusal::not_text);
    EXPECT_EQ(refusal("PassWord123"), PasswordRefusal::too_common);
    EXPECT_EQ(refusal("zzzzzzzzzzzz"), PasswordRefusal::too_common);
    EXPECT_EQ(refusal("Mina.Kim@example.com"), PasswordRefusal::is_address);
    EXPECT_EQ(refusal("MINA.KIM"), PasswordRefusal::is_address);
    EXPECT_EQ(check_new_password("correct horse", &email), "correct horse");
    EXPECT_EQ(check_new_password("비밀번호여덟글자", &email), "비밀번호여덟글자");
}

TEST(PasswordTest, the_same_keys_on_another_system_are_the_same_password) {
    EXPECT_EQ(prepare_password("cafe\u0301 cafe\u0301"), prepare_password("caf\u00e9 caf\u00e9"));
    EXPECT_EQ(prepare_password("short"), "short") << "rules may have been milder when it was chosen";
    EXPECT_FALSE(prepare_password(std::string(600, 'x')));
    EXPECT_FALSE(prepare_password("bad \xff"));
}

TEST(PasswordHashTest, a_hash_matches_its_password_only_and_says_its_cost) {
    const PasswordCost cheap{.memory_kib = 8, .passes = 1};
    const PasswordSalt salt{1, 2, 3};
    const std::string hash = hash_password("correct horse", salt, cheap);
    EXPECT_THAT(hash, testing::StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
    EXPECT_TRUE(password_matches("correct horse", hash));
    EXPECT_FALSE(password_matches("correct horsf", hash));
    EXPECT_FALSE(password_matches("correct horse", ""));
    EXPECT_FALSE(password_matches("correct horse", "$argon2id$nonsense"));
    EXPECT_FALSE(password_matches("correct horse", unmatched_password_hash(salt, {}, cheap)));
    EXPECT_FALSE(password_needs_rehash(hash, cheap));
    EXPECT_TRUE(password_needs_rehash(hash, PasswordCost{}));
    EXPECT_TRUE(password_needs_rehash("", cheap));
    EXPECT_NE(hash_password("correct horse", PasswordSalt{9}, cheap), hash);
}

TEST(PasswordHashTest, the_default_is_the_minimum_that_owasp_asks_for) {
    const std::string hash = hash_password("correct horse", {}, PasswordCost{});
    EXPECT_THAT(hash, testing::StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_TRUE(password_matches("correct horse", hash));
}

TEST(LocaleTest, languages_have_two_letters) {
    for (const Locale locale : {Locale::ko, Locale::ja, Locale::en}) EXPECT_EQ(parse_locale(to_string(locale)), locale);
    EXPECT_FALSE(parse_locale("de"));
    EXPECT_FALSE(parse_locale(""));
}

}  // namespace
}  // namespace marketday::domain
