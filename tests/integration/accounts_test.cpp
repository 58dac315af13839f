#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "base/text.hpp"
#include "tests/integration/accounts_site.hpp"

namespace marketday {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

std::string credentials(std::string_view email, std::string_view password) {
    return json::serialize(json::object{{"email", json::string_view{email.data(), email.size()}},
                                        {"password", json::string_view{password.data(), password.size()}}});
}
json::object parse(const http::Response& response) { return json::parse(response.body).as_object(); }
std::string member(const http::Response& response, std::string_view name) {
    const json::object object = parse(response);
    return std::string{object.at({name.data(), name.size()}).as_string()};
}
std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers) {
        if (known == name) return value;
    }
    return {};
}

constexpr std::string_view kPassword = "correct horse battery";

class AccountsTest : public testing::Test {
protected:
    AccountsSite site_;

    http::Response sign_up(std::string_view email, std::string_view password = kPassword) {
        return site_.post("/api/v1/accounts", credentials(email, password));
    }
    http::Response log_in(std::string_view email, std::string_view password = kPassword, std::uint8_t client = 1) {
        return site_.post("/api/v1/sessions", credentials(email, password), client);
    }
    http::Response verify(const std::string& token) {
        return site_.post("/api/v1/accounts/verify", json::serialize(json::object{{"token", token}}));
    }
    http::Response ask_reset(std::string_view email) {
        return site_.post("/api/v1/password-resets",
                          json::serialize(json::object{{"email", json::string_view{email.data(), email.size()}}}));
    }
    http::Response complete_reset(const std::string& token, const std::string& password) {
        return site_.post("/api/v1/password-resets/complete",
                          json::serialize(json::object{{"token", token}, {"password", password}}));
    }
    http::Response me(const std::string& token) {
        return site_.call({.method = http::Method::get,
                           .path = "/api/v1/me",
                           .body = {},
                           .token = token,
                           .client = 1,
                           .headers = {}});
    }
    http::Response log_out(const std::string& token) {
        return site_.call({.method = http::Method::del,
                           .path = "/api/v1/sessions/current",
                           .body = {},
                           .token = token,
                           .client = 1,
                           .headers = {}});
    }
    std::string session(std::string_view email, std::string_view password = kPassword) {
        return member(log_in(email, password), "session");
    }
};

TEST_F(AccountsTest, a_shopper_signs_up_verifies_logs_in_and_out) {
    EXPECT_EQ(sign_up("Mina@example.com").status, 202);
    const auto before = log_in("mina@example.com");
    EXPECT_EQ(before.status, 201);
    EXPECT_EQ(parse(before).at("verified"), false);
    const auto letters = site_.letters();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_THAT(letters[0], HasSubstr("To: Mina@example.com"));
    EXPECT_EQ(verify(site_.newest_link()).status, 200);
    EXPECT_EQ(parse(me(member(before, "session"))).at("verified"), true) << "open sessions too";

    const auto after = log_in("MINA@EXAMPLE.COM");
    ASSERT_EQ(after.status, 201);
    EXPECT_EQ(parse(after).at("verified"), true);
    EXPECT_THAT(header(after, "Set-Cookie"),
                testing::AllOf(HasSubstr("md_session=" + member(after, "session")), HasSubstr("HttpOnly"),
                               HasSubstr("SameSite=Lax"), HasSubstr("Secure"), HasSubstr("Path=/")));
    EXPECT_EQ(header(after, "Cache-Control"), "no-store");
    const auto mine = me(member(after, "session"));
    EXPECT_EQ(member(mine, "email"), "Mina@example.com");
    EXPECT_EQ(member(mine, "customer"), member(after, "customer"));
    EXPECT_EQ(member(mine, "csrf_token"), member(after, "csrf_token"));

    const auto out = log_out(member(after, "session"));
    EXPECT_EQ(out.status, 204);
    EXPECT_THAT(header(out, "Set-Cookie"), HasSubstr("Max-Age=0"));
    EXPECT_EQ(me(member(after, "session")).status, 401);
    EXPECT_EQ(me(member(before, "session")).status, 200) << "the other device stays";
}

TEST_F(AccountsTest, a_session_and_its_customer_carry_one_bucket) {
    sign_up("mina@example.com");
    const auto opened = log_in("mina@example.com");
    const auto customer = CustomerId::parse(member(opened, "customer"));
    const auto bytes = from_base64url(member(opened, "session"));
    EXPECT_EQ((*bytes)[28] << 8 | (*bytes)[29], customer->bucket());
    EXPECT_EQ(customer->bucket(), domain::bucket_of(*domain::EmailAddress::parse("mina@example.com"), Hash256{}));
}

TEST_F(AccountsTest, two_hundred_sign_ups_in_one_instant_make_one_account_and_the_mail_tells) {
    std::vector<Task<http::Response>> tasks;
    for (int i = 0; i < 200; ++i) {
        tasks.push_back(site_.task({.method = http::Method::post,
                                    .path = "/api/v1/accounts",
                                    .body = credentials(i % 2 == 0 ? "twin@example.com" : "Twin@Example.com",
                                                        "password of twin " + std::to_string(i)),
                                    .token = {},
                                    .client = 1,
                                    .headers = {}}));
    }
    const auto answers = site_.run_all(std::move(tasks));
    for (const auto& answer : answers) {
        EXPECT_EQ(answer.status, 202);
        EXPECT_EQ(answer.body, answers[0].body);
    }
    int log_ins = 0;
    for (int i = 0; i < 200; ++i) {
        // Another address and another time for each, so that the throttle stays out of it.
        site_.clock.pass(seconds{60});
        log_ins += log_in("twin@example.com", "password of twin " + std::to_string(i)).status == 201 ? 1 : 0;
    }
    EXPECT_EQ(log_ins, 1);
    const auto letters = site_.letters();
    int verifies = 0;
    for (const auto& letter : letters) verifies += letter.find("/verify?token=") != std::string::npos ? 1 : 0;
    EXPECT_EQ(verifies, 1);
    EXPECT_GT(letters.size(), 1U) << "the owner is told of the others";
    EXPECT_LE(letters.size(), 6U) << "and not two hundred times";
}

/// What an onlooker can tell apart: everything of an answer, and the work that its time comes from.
struct Seen {
    int status;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    int hashes;
    std::uint64_t writes;
    bool operator==(const Seen&) const = default;
};

TEST_F(AccountsTest, known_and_unknown_addresses_get_the_same_answer_after_the_same_work) {
    sign_up("known@example.com");
    const auto watch = [this](auto request) {
        const int hashes = site_.pool.jobs;
        const std::uint64_t writes = site_.store.database().figures().writes;
        const http::Response response = request();
        return Seen{response.status, response.body, response.headers, site_.pool.jobs - hashes,
                    site_.store.database().figures().writes - writes};
    };
    const auto up_known = watch([&] { return sign_up("known@example.com"); });
    const auto up_unknown = watch([&] { return sign_up("unknown@example.com"); });
    EXPECT_EQ(up_known, up_unknown);
    EXPECT_EQ(up_known.hashes, 1);
    EXPECT_EQ(up_known.writes, 1U);

    const auto in_known = watch([&] { return log_in("known@example.com", "another password"); });
    const auto in_unknown = watch([&] { return log_in("nobody@example.com", "another password"); });
    EXPECT_EQ(in_known, in_unknown);
    EXPECT_EQ(in_known.hashes, 1);

    const auto reset_known = watch([&] { return ask_reset("known@example.com"); });
    const auto reset_unknown = watch([&] { return ask_reset("nobody@example.com"); });
    EXPECT_EQ(reset_known, reset_unknown);
    EXPECT_EQ(reset_known.writes, 1U);
    EXPECT_EQ(reset_known.status, 202);

    // Up to and beyond the throttle's limit.
    for (int i = 0; i < 20; ++i) {
        const auto known = watch([&] { return log_in("known@example.com", "another password", 2); });
        const auto unknown = watch([&] { return log_in("nobody@example.com", "another password", 2); });
        EXPECT_EQ(known, unknown) << i;
        const auto known_again = watch([&] { return ask_reset("known@example.com"); });
        const auto unknown_again = watch([&] { return ask_reset("nobody@example.com"); });
        EXPECT_EQ(known_again.status, unknown_again.status);
        EXPECT_EQ(known_again.body, unknown_again.body);
    }
    for (const auto& letter : site_.letters()) EXPECT_THAT(letter, Not(HasSubstr("To: nobody@")));
}

TEST_F(AccountsTest, a_reset_changes_the_password_and_ends_every_session) {
    sign_up("mina@example.com");
    const std::string phone = session("mina@example.com");
    const std::string laptop = session("mina@example.com");
    EXPECT_EQ(me(phone).status, 200);
    EXPECT_EQ(ask_reset("MINA@example.com").status, 202);
    const std::string link = site_.newest_link();
    EXPECT_EQ(complete_reset(link, "short").status, 400);
    EXPECT_EQ(complete_reset(link, "mina@example.com").status, 400);
    EXPECT_EQ(complete_reset(link, "quite another password").status, 200);
    EXPECT_EQ(me(phone).status, 401);
    EXPECT_EQ(me(laptop).status, 401);
    EXPECT_EQ(log_in("mina@example.com").status, 401);
    const auto opened = log_in("mina@example.com", "quite another password");
    ASSERT_EQ(opened.status, 201);
    EXPECT_EQ(parse(opened).at("verified"), true) << "the link came by mail";
    EXPECT_EQ(complete_reset(link, "a third password here").status, 400) << "a link works once";
    EXPECT_THAT(site_.letters().back(), Not(HasSubstr("token=")));
}

TEST_F(AccountsTest, whoever_took_an_address_first_loses_it_to_its_owner) {
    sign_up("victim@example.com", "password of a squatter");
    const std::string squatter = session("victim@example.com", "password of a squatter");
    sign_up("victim@example.com", "password of the owner");
    EXPECT_THAT(site_.letters().back(), HasSubstr("/reset?token="));
    EXPECT_EQ(complete_reset(site_.newest_link(), "password of the owner").status, 200);
    EXPECT_EQ(me(squatter).status, 401);
    EXPECT_EQ(log_in("victim@example.com", "password of a squatter").status, 401);
    EXPECT_EQ(log_in("victim@example.com", "password of the owner").status, 201);
}

TEST_F(AccountsTest, mail_goes_to_the_address_that_is_stored_and_not_to_one_that_folds_to_it) {
    sign_up("kim@example.com");
    EXPECT_EQ(ask_reset("\u212Aim@example.com").status, 202);  // the Kelvin sign folds to k
    EXPECT_THAT(site_.letters().back(), HasSubstr("To: kim@example.com\r\n"));
}

TEST_F(AccountsTest, links_expire_and_foreign_ones_do_nothing) {
    sign_up("mina@example.com");
    const std::string link = site_.newest_link();
    EXPECT_EQ(complete_reset(link, "quite another password").status, 400) << "a link does what it is for";
    for (const std::string bad : {"", "x", "' OR 1=1 --", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
        EXPECT_EQ(verify(bad).status, 400);
        EXPECT_EQ(complete_reset(bad, "quite another password").status, 400);
    }
    site_.clock.pass(std::chrono::hours{48});
    EXPECT_EQ(verify(link).status, 400);
}

TEST_F(AccountsTest, failed_log_ins_are_throttled_by_account_and_forgotten_with_time) {
    sign_up("mina@example.com");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("mina@example.com", "wrong password", 4).status, 401);
    const auto refused = log_in("mina@example.com", kPassword, 4);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(header(refused, "Retry-After"), "30");
    EXPECT_EQ(log_in("other@example.com", "wrong password", 3).status, 401);
    site_.clock.pass(seconds{30});
    EXPECT_EQ(log_in("mina@example.com", kPassword, 4).status, 201);
    EXPECT_EQ(log_in("mina@example.com", "wrong password", 4).status, 401) << "a good log-in clears the count";
}

TEST_F(AccountsTest, strangers_who_guess_do_not_lock_the_owner_out) {
    sign_up("mina@example.com");
    ASSERT_EQ(log_in("mina@example.com", kPassword, 9).status, 201);
    for (int i = 0; i < 20; ++i) log_in("mina@example.com", "wrong password", 3);
    EXPECT_EQ(log_in("mina@example.com", kPassword, 4).status, 201) << "one stranger stops nobody else";
    int wrong = 0;
    for (int i = 0; i < 300; ++i)
        wrong +=
            log_in("mina@example.com", "wrong password", static_cast<std::uint8_t>(20 + i % 30)).status == 401 ? 1 : 0;
    EXPECT_LE(wrong, 100) << "many addresses together have a limit too";
    EXPECT_EQ(log_in("mina@example.com", kPassword, 60).status, 429);
    EXPECT_EQ(log_in("mina@example.com", kPassword, 9).status, 201) << "where she has logged in before, she gets in";
}

TEST_F(AccountsTest, failed_log_ins_are_throttled_by_network_address_and_good_ones_never) {
    sign_up("mina@example.com");
    for (int i = 0; i < 400; ++i) ASSERT_EQ(log_in("mina@example.com", kPassword, 5).status, 201);
    int refused = 0;
    for (int i = 0; i < 400; ++i)
        refused += log_in("guess-" + std::to_string(i) + "@example.com", "wrong password", 6).status == 429 ? 1 : 0;
    EXPECT_EQ(refused, 100);
    EXPECT_EQ(log_in("mina@example.com", kPassword, 5).status, 201);
}

TEST_F(AccountsTest, attempts_at_one_time_do_not_slip_past_the_throttle) {
    sign_up("mina@example.com");
    std::vector<Task<http::Response>> tasks;
    for (int i = 0; i < 100; ++i)
        tasks.push_back(site_.task({.method = http::Method::post,
                                    .path = "/api/v1/sessions",
                                    .body = credentials("mina@example.com", "guess number " + std::to_string(i)),
                                    .token = {},
                                    .client = 1,
                                    .headers = {}}));
    int wrong = 0;
    for (const auto& answer : site_.run_all(std::move(tasks))) wrong += answer.status == 401 ? 1 : 0;
    EXPECT_EQ(wrong, 10);
}

TEST_F(AccountsTest, a_full_hashing_queue_is_busy_and_counts_against_nobody) {
    sign_up("mina@example.com");
    site_.pool.full = true;
    for (int i = 0; i < 30; ++i) {
        const auto refused = log_in("mina@example.com");
        ASSERT_EQ(refused.status, 503);
        EXPECT_THAT(refused.body, HasSubstr("/problems/busy"));
        EXPECT_EQ(header(refused, "Retry-After"), "1");
    }
    EXPECT_EQ(sign_up("other@example.com").status, 503);
    site_.pool.full = false;
    EXPECT_EQ(log_in("mina@example.com").status, 201);
}

TEST_F(AccountsTest, letters_speak_the_readers_language) {
    const auto sign_up_in = [this](std::string_view email, std::string_view locale) {
        json::object body{{"email", json::string_view{email.data(), email.size()}},
                          {"password", "correct horse battery"}};
        body["locale"] = json::string_view{locale.data(), locale.size()};
        return site_.post("/api/v1/accounts", json::serialize(body)).status;
    };
    EXPECT_EQ(sign_up_in("ko@example.com", "ko"), 202);
    EXPECT_EQ(sign_up_in("ja@example.com", "ja"), 202);
    EXPECT_EQ(sign_up_in("de@example.com", "de"), 400);
    EXPECT_EQ(site_
                  .call({.method = http::Method::post,
                         .path = "/api/v1/accounts",
                         .body = credentials("browser@example.com", kPassword),
                         .token = {},
                         .client = 1,
                         .headers = {{"accept-language", "fr-FR, ja-JP;q=0.8, en;q=0.5"}}})
                  .status,
              202);
    const auto letters = site_.letters();
    ASSERT_EQ(letters.size(), 3U);
    for (const auto& letter : letters) {
        const bool korean = letter.find("To: ko@") != std::string::npos;
        EXPECT_THAT(letter, HasSubstr(korean ? "안녕하세요" : "ご登録いただきありがとうございます"));
    }
}

TEST_F(AccountsTest, another_sites_page_logs_nobody_in) {
    sign_up("mina@example.com");
    const auto refused = site_.call({.method = http::Method::post,
                                     .path = "/api/v1/sessions",
                                     .body = credentials("mina@example.com", kPassword),
                                     .token = {},
                                     .client = 1,
                                     .headers = {{"sec-fetch-site", "cross-site"}}});
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(header(refused, "Set-Cookie"), "");
}

TEST_F(AccountsTest, bodies_that_are_no_json_or_lack_members_are_refused) {
    for (const char* path : {"/api/v1/accounts", "/api/v1/sessions", "/api/v1/password-resets",
                             "/api/v1/accounts/verify", "/api/v1/password-resets/complete"}) {
        EXPECT_THAT(site_.post(path, "{\"email\":").body, HasSubstr("malformed-json"));
        EXPECT_EQ(site_.post(path, "{}").status, 400);
        EXPECT_EQ(site_.post(path, R"({"email":1,"password":[],"token":{}})").status, 400);
        EXPECT_EQ(site_.post(path, "").status, 400);
    }
}

std::vector<std::string> naughty_strings() {
    std::ifstream in(std::string{MARKETDAY_SHARED_DATA} + "/bad-input/blns/blns.json");
    if (!in) return {};
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>{}};
    std::vector<std::string> strings;
    const json::value parsed = json::parse(text);
    for (const auto& value : parsed.as_array()) strings.emplace_back(value.as_string());
    return strings;
}

TEST_F(AccountsTest, naughty_strings_come_back_unchanged_or_are_refused) {
    const auto strings = naughty_strings();
    if (strings.empty()) GTEST_SKIP() << "no " << MARKETDAY_SHARED_DATA;
    int passwords = 0;
    int addresses = 0;
    int number = 0;
    std::map<std::string, std::string> claimed;
    for (const std::string& naughty : strings) {
        site_.clock.pass(seconds{60});
        const std::string plain = "shopper-" + std::to_string(++number) + "@example.com";
        const auto with_password = sign_up(plain, naughty);
        ASSERT_TRUE(with_password.status == 202 || with_password.status == 400) << naughty;
        EXPECT_EQ(log_in(plain, naughty).status, with_password.status == 202 ? 201 : 401) << naughty;
        passwords += with_password.status == 202 ? 1 : 0;

        for (const std::string& address : {naughty, naughty + "@example.com", "shopper@" + naughty}) {
            const auto with_address = sign_up(address);
            ASSERT_TRUE(with_address.status == 202 || with_address.status == 400) << address;
            if (with_address.status == 400) {
                EXPECT_EQ(log_in(address).status, 401);
                EXPECT_EQ(ask_reset(address).status, 400);
                continue;
            }
            const auto opened = log_in(address);
            ASSERT_EQ(opened.status, 201) << address;
            const auto mine = me(member(opened, "session"));
            const auto parsed = domain::EmailAddress::parse(address);
            // An address that differs only in case belongs to whoever came first.
            const auto [first, fresh] = claimed.try_emplace(parsed->claim(), parsed->text());
            EXPECT_EQ(member(mine, "email"), first->second);
            ++addresses;
        }
        const auto bad_session = me(naughty);
        EXPECT_EQ(bad_session.status, 401);
    }
    EXPECT_GT(passwords, 300);
    EXPECT_GT(addresses, 20);
}

}  // namespace
}  // namespace marketday
