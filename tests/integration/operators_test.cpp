#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "domain/totp.hpp"
#include "tests/integration/accounts_site.hpp"

namespace marketday {
namespace {

namespace json = boost::json;
using http::Method;

class OperatorsTest : public testing::Test {
protected:
    AccountsSite site_;

    http::Response call(Method method, const std::string& path, const json::object& body, const std::string& token = {},
                        std::vector<std::string> params = {}, std::vector<http::Request::Header> headers = {}) {
        return site_.call({.method = method,
                           .path = path,
                           .body = body.empty() ? "" : json::serialize(body),
                           .token = token,
                           .client = 1,
                           .headers = std::move(headers),
                           .params = std::move(params)});
    }
    static std::string header(const http::Response& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return {};
    }
    static std::string problem_of(const http::Response& response) { return member(response, "type").substr(10); }
    json::array log(const std::string& token, const std::string& query = "") {
        return json::parse(call(Method::get, "/admin/v1/operators-log" + query, {}, token).body)
            .as_object()
            .at("items")
            .as_array();
    }
    /// What an authenticator app that has read `enrolment` shows now.
    std::string app_code(const http::Response& enrolment) {
        constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        std::vector<std::uint8_t> secret;
        std::uint32_t bits = 0;
        int have = 0;
        for (const char c : member(enrolment, "secret")) {
            bits = bits << 5 | static_cast<std::uint32_t>(kDigits.find(c));
            have += 5;
            if (have < 8) continue;
            have -= 8;
            secret.push_back(static_cast<std::uint8_t>(bits >> have));
        }
        return domain::totp_code(secret, domain::totp_step(site_.clock.wall_now()));
    }
    http::Response log_in(const std::string& name, const std::string& password) {
        return call(Method::post, "/admin/v1/sessions", {{"name", name}, {"password", password}});
    }
    static std::string member(const http::Response& response, std::string_view name) {
        return std::string{json::parse(response.body).as_object().at({name.data(), name.size()}).as_string()};
    }
    std::string first_password() { return site_.run(site_.operators.ensure_first_operator()).value().value(); }
    std::string token(const std::string& name, const std::string& password) {
        return member(log_in(name, password), "token");
    }
};

TEST_F(OperatorsTest, the_first_operator_is_made_once_with_a_password_shown_once) {
    const std::string password = first_password();
    EXPECT_GE(password.size(), 16U);
    EXPECT_FALSE(site_.run(site_.operators.ensure_first_operator()).value());
    const auto opened = log_in("admin", password);
    EXPECT_EQ(opened.status, 201);
    EXPECT_EQ(member(opened, "role"), "owner");
    EXPECT_EQ(log_in("admin", "wrong password").status, 401);
    EXPECT_EQ(log_in("nobody", "wrong password").status, 401);
}

TEST_F(OperatorsTest, owners_add_operators_and_others_do_not) {
    const std::string owner = token("admin", first_password());
    const auto added = call(Method::post, "/admin/v1/operators", {{"name", "mina"}, {"role", "manager"}}, owner);
    ASSERT_EQ(added.status, 201);
    const std::string manager = token("mina", member(added, "password"));
    EXPECT_EQ(call(Method::post, "/admin/v1/operators", {{"name", "aki"}, {"role", "viewer"}}, manager).status, 403);
    const auto with_password = call(Method::post, "/admin/v1/operators",
                                    {{"name", "aki"}, {"role", "viewer"}, {"password", "correct horse"}}, owner);
    ASSERT_EQ(with_password.status, 201);
    EXPECT_FALSE(json::parse(with_password.body).as_object().contains("password"));
    const std::string viewer = token("aki", "correct horse");
    EXPECT_EQ(call(Method::get, "/admin/v1/operators", {}, viewer).status, 200);
    EXPECT_EQ(problem_of(call(Method::post, "/admin/v1/operators", {{"name", "x"}, {"role", "viewer"}}, viewer)),
              "role-needed");

    EXPECT_EQ(call(Method::post, "/admin/v1/operators", {{"name", "mina"}, {"role", "viewer"}}, owner).status, 409);
    EXPECT_EQ(call(Method::post, "/admin/v1/operators", {{"name", "A b"}, {"role", "viewer"}}, owner).status, 400);
    EXPECT_EQ(call(Method::post, "/admin/v1/operators", {{"name", "c"}, {"role", "king"}}, owner).status, 400);
    EXPECT_EQ(
        call(Method::post, "/admin/v1/operators", {{"name", "c"}, {"role", "viewer"}, {"password", "short"}}, owner)
            .status,
        400);
    EXPECT_EQ(call(Method::get, "/admin/v1/operators", {}).status, 401);
    EXPECT_THAT(call(Method::get, "/admin/v1/operators", {}, owner).body, testing::Not(testing::HasSubstr("argon2id")));
}

TEST_F(OperatorsTest, logging_out_and_a_new_password_end_sessions) {
    const std::string password = first_password();
    const std::string one = token("admin", password);
    const std::string two = token("admin", password);
    EXPECT_EQ(call(Method::del, "/admin/v1/sessions/current", {}, one).status, 204);
    EXPECT_EQ(call(Method::get, "/admin/v1/operators", {}, one).status, 401);
    EXPECT_EQ(call(Method::get, "/admin/v1/operators", {}, two).status, 200);
    const std::string path = "/admin/v1/operators/me/password";
    EXPECT_EQ(call(Method::post, path, {{"old_password", "wrong"}, {"new_password", "quite another one"}}, two).status,
              401);
    EXPECT_EQ(call(Method::post, path, {{"old_password", password}, {"new_password", "quite another one"}}, two).status,
              204);
    EXPECT_EQ(call(Method::get, "/admin/v1/operators", {}, two).status, 401);
    EXPECT_EQ(log_in("admin", password).status, 401);
    EXPECT_EQ(log_in("admin", "quite another one").status, 201);
}

TEST_F(OperatorsTest, sessions_survive_a_restart_and_end_with_their_time) {
    const std::string owner = token("admin", first_password());
    CountingPool pool;
    usecases::Passwords passwords{pool, site_.random, {.memory_kib = 8, .passes = 1}};
    usecases::Operators restarted{site_.operator_rows, passwords, site_.clock, site_.random, {}};
    EXPECT_FALSE(restarted.allows(owner, false));
    EXPECT_FALSE(site_.run(restarted.ensure_first_operator()).value());
    EXPECT_TRUE(restarted.allows(owner, true));
    EXPECT_TRUE(restarted.allows(restarted.machine_token(), true));
    EXPECT_FALSE(restarted.allows(site_.operators.machine_token(), true));
    site_.clock.pass(std::chrono::hours{12});
    EXPECT_FALSE(restarted.allows(owner, false));
    EXPECT_TRUE(restarted.allows(restarted.machine_token(), true));
}

TEST_F(OperatorsTest, guessing_an_operators_password_is_throttled) {
    const std::string password = first_password();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("admin", "wrong password").status, 401);
    EXPECT_EQ(log_in("admin", password).status, 429);
    site_.clock.pass(seconds{30});
    EXPECT_EQ(log_in("admin", password).status, 201);
}

TEST_F(OperatorsTest, a_browser_is_logged_in_by_cookie_and_changes_need_the_csrf_token) {
    const auto opened = log_in("admin", first_password());
    const std::string set = header(opened, "Set-Cookie");
    EXPECT_THAT(set, testing::StartsWith("md_operator=" + member(opened, "token") +
                                         "; Path=/; HttpOnly; "
                                         "SameSite=Strict; Max-Age=43200"));
    const std::string cookie = set.substr(0, set.find(';'));
    const auto me = call(Method::get, "/admin/v1/me", {}, {}, {}, {{"Cookie", cookie}});
    ASSERT_EQ(me.status, 200);
    EXPECT_EQ(member(me, "name"), "admin");
    EXPECT_EQ(member(me, "role"), "owner");
    EXPECT_EQ(member(me, "csrf_token"), member(opened, "csrf_token"));
    const json::object body{{"name", "mina"}, {"role", "manager"}};
    const std::string path = "/admin/v1/operators";
    EXPECT_EQ(problem_of(call(Method::post, path, body, {}, {}, {{"Cookie", cookie}})), "csrf-token-wrong");
    EXPECT_EQ(problem_of(call(Method::post, path, body, {}, {}, {{"Cookie", cookie}, {"X-CSRF-Token", "guess"}})),
              "csrf-token-wrong");
    const std::string csrf = member(opened, "csrf_token");
    EXPECT_EQ(call(Method::post, path, body, {}, {}, {{"Cookie", cookie}, {"X-CSRF-Token", csrf}}).status, 201);
    const auto out =
        call(Method::del, "/admin/v1/sessions/current", {}, {}, {}, {{"Cookie", cookie}, {"X-CSRF-Token", csrf}});
    EXPECT_EQ(out.status, 204);
    EXPECT_THAT(header(out, "Set-Cookie"), testing::HasSubstr("Max-Age=0"));
    EXPECT_EQ(call(Method::get, "/admin/v1/me", {}, {}, {}, {{"Cookie", cookie}}).status, 401);
    EXPECT_EQ(call(Method::post, "/admin/v1/sessions", {{"name", "admin"}, {"password", "x"}}, {}, {},
                   {{"Sec-Fetch-Site", "cross-site"}})
                  .status,
              403);
}

TEST_F(OperatorsTest, roles_change_at_once_and_the_last_owner_stays) {
    const std::string owner = token("admin", first_password());
    const auto added = call(Method::post, "/admin/v1/operators", {{"name", "mina"}, {"role", "manager"}}, owner);
    const std::string password = member(added, "password");
    const std::string mina = token("mina", password);
    const std::string path = "/admin/v1/operators/{name}";
    const auto change = [&](const char* name, const json::object& body, const std::string& by) {
        return call(Method::patch, path, body, by, {name});
    };
    EXPECT_EQ(problem_of(change("mina", {{"role", "owner"}}, mina)), "not-allowed");
    EXPECT_EQ(change("mina", {{"role", "king"}}, owner).status, 400);
    EXPECT_EQ(change("mina", {{"x", 1}}, owner).status, 400);
    EXPECT_EQ(change("nobody", {{"role", "viewer"}}, owner).status, 404);
    EXPECT_EQ(change("mina", {{"role", "viewer"}}, owner).status, 200);
    EXPECT_EQ(member(call(Method::get, "/admin/v1/me", {}, mina), "role"), "viewer");
    EXPECT_EQ(problem_of(change("mina", {{"role", "owner"}}, mina)), "role-needed");
    EXPECT_EQ(problem_of(change("admin", {{"disabled", true}}, owner)), "last-owner");
    EXPECT_EQ(change("mina", {{"disabled", true}}, owner).status, 200);
    EXPECT_EQ(call(Method::get, "/admin/v1/me", {}, mina).status, 401);
    EXPECT_EQ(log_in("mina", password).status, 401);
    EXPECT_EQ(change("mina", {{"disabled", false}}, owner).status, 200);
    EXPECT_EQ(log_in("mina", password).status, 201);
}

TEST_F(OperatorsTest, a_second_factor_is_asked_for_once_it_is_confirmed_and_no_code_works_twice) {
    const std::string password = first_password();
    const std::string owner = token("admin", password);
    const std::string path = "/admin/v1/operators/me/totp";
    const auto with_code = [&](const std::string& code) {
        return call(Method::post, "/admin/v1/sessions", {{"name", "admin"}, {"password", password}, {"totp", code}});
    };
    const auto enrolment = call(Method::post, path, {}, owner);
    ASSERT_EQ(enrolment.status, 201);
    EXPECT_THAT(member(enrolment, "otpauth_uri"), testing::HasSubstr("secret=" + member(enrolment, "secret")));
    EXPECT_EQ(log_in("admin", password).status, 201) << "not confirmed yet";
    EXPECT_EQ(problem_of(call(Method::post, path + "/confirm", {{"code", "000000"}}, owner)), "totp-wrong");
    const auto confirmed = call(Method::post, path + "/confirm", {{"code", app_code(enrolment)}}, owner);
    ASSERT_EQ(confirmed.status, 200);
    const auto codes = json::parse(confirmed.body).as_object().at("recovery_codes").as_array();
    EXPECT_EQ(codes.size(), 10U);

    EXPECT_EQ(problem_of(log_in("admin", password)), "totp-needed");
    EXPECT_EQ(problem_of(with_code(app_code(enrolment))), "totp-wrong") << "it has confirmed the enrolment";
    site_.clock.pass(seconds{30});
    EXPECT_EQ(with_code(app_code(enrolment)).status, 201);
    EXPECT_EQ(problem_of(with_code(app_code(enrolment))), "totp-wrong");
    const std::string recovery{codes[0].as_string()};
    EXPECT_EQ(with_code(recovery).status, 201);
    EXPECT_EQ(problem_of(with_code(recovery)), "totp-wrong");
    const auto me = json::parse(call(Method::get, "/admin/v1/me", {}, owner).body).as_object();
    EXPECT_TRUE(me.at("totp").as_bool());
    EXPECT_EQ(me.at("recovery_codes").as_int64(), 9);

    EXPECT_EQ(problem_of(call(Method::post, path, {}, owner)), "totp-exists");
    EXPECT_EQ(problem_of(call(Method::del, path, {{"code", "000000"}}, owner)), "totp-wrong");
    site_.clock.pass(seconds{30});
    EXPECT_EQ(call(Method::del, path, {{"code", app_code(enrolment)}}, owner).status, 204);
    EXPECT_EQ(log_in("admin", password).status, 201);
    EXPECT_EQ(problem_of(call(Method::del, path, {{"code", "000000"}}, owner)), "totp-missing");
    const std::string& machine = site_.operators.machine_token();
    EXPECT_EQ(call(Method::post, path, {}, machine).status, 404) << "the machine's token has no second factor";
}

TEST_F(OperatorsTest, guessing_codes_is_throttled_and_an_owner_helps_who_lost_the_phone) {
    const std::string owner = token("admin", first_password());
    const auto added = call(Method::post, "/admin/v1/operators", {{"name", "mina"}, {"role", "manager"}}, owner);
    const std::string password = member(added, "password");
    const std::string mina = token("mina", password);
    const std::string path = "/admin/v1/operators/me/totp";
    const auto enrolment = call(Method::post, path, {}, mina);
    ASSERT_EQ(call(Method::post, path + "/confirm", {{"code", app_code(enrolment)}}, mina).status, 200);
    const auto guess = [&](const std::string& code) {
        return call(Method::post, "/admin/v1/sessions", {{"name", "mina"}, {"password", password}, {"totp", code}});
    };
    for (int i = 0; i < 5; ++i) EXPECT_EQ(problem_of(guess("00000" + std::to_string(i))), "totp-wrong");
    site_.clock.pass(seconds{30});
    EXPECT_EQ(guess(app_code(enrolment)).status, 429);
    const std::string reset = "/admin/v1/operators/{name}/totp";
    EXPECT_EQ(problem_of(call(Method::del, reset, {}, mina, {"mina"})), "not-allowed");
    EXPECT_EQ(call(Method::del, reset, {}, owner, {"mina"}).status, 204);
    EXPECT_EQ(log_in("mina", password).status, 201);
}

TEST_F(OperatorsTest, every_change_is_in_the_operators_log_and_no_secret_is) {
    const std::string owner = token("admin", first_password());
    const auto added = call(Method::post, "/admin/v1/operators",
                            {{"name", "mina"}, {"role", "viewer"}, {"password", "correct horse"}}, owner);
    ASSERT_EQ(added.status, 201);
    const std::string mina = token("mina", "correct horse");
    EXPECT_EQ(call(Method::post, "/admin/v1/operators", {{"name", "x"}, {"role", "viewer"}}, mina).status, 403);
    EXPECT_EQ(log_in("mina", "wrong password").status, 401);
    EXPECT_EQ(call(Method::patch, "/admin/v1/operators/{name}", {{"role", "manager"}}, owner, {"mina"}).status, 200);

    const auto all = log(owner);
    ASSERT_EQ(all.size(), 6U);
    const auto is = [](const json::value& entry, const char* who, const char* operation, const char* target,
                       const char* outcome, int status) {
        const auto& one = entry.as_object();
        EXPECT_EQ(one.at("operator"), who);
        EXPECT_EQ(one.at("operation"), operation);
        EXPECT_EQ(one.at("target"), target);
        EXPECT_EQ(one.at("outcome"), outcome);
        EXPECT_EQ(one.at("status"), status);
        EXPECT_FALSE(one.at("trace_id").as_string().empty());
    };
    is(all[5], "admin", "operatorLogIn", "10.0.0.1", "done", 201);
    is(all[4], "admin", "addOperator", "mina", "done", 201);
    is(all[3], "mina", "operatorLogIn", "10.0.0.1", "done", 201);
    is(all[2], "mina", "addOperator", "x", "refused", 403);
    EXPECT_EQ(all[2].as_object().at("problem"), "role-needed");
    is(all[1], "?", "operatorLogIn", "10.0.0.1", "refused", 401);
    is(all[0], "admin", "changeOperator", "mina", "done", 200);
    EXPECT_EQ(all[0].as_object().at("details").as_object().at("role"), "manager");
    EXPECT_THAT(json::serialize(all), testing::Not(testing::HasSubstr("horse")));

    EXPECT_EQ(log(owner, "?operator=mina").size(), 2U);
    EXPECT_EQ(log(owner, "?target=mina").size(), 2U);
    EXPECT_EQ(log(owner, "?operation=addOperator&operator=admin").size(), 1U);
    EXPECT_EQ(log(owner, "?from=2100-01-01").size(), 0U);
    const auto page = json::parse(call(Method::get, "/admin/v1/operators-log?limit=4", {}, owner).body).as_object();
    EXPECT_EQ(page.at("items").as_array().size(), 4U);
    EXPECT_EQ(log(owner, "?cursor=" + std::string{page.at("next_cursor").as_string()}).size(), 2U);
    for (const char* wrong : {"?limit=0", "?cursor=x", "?from=yesterday", "?to=1"})
        EXPECT_EQ(call(Method::get, std::string{"/admin/v1/operators-log"} + wrong, {}, owner).status, 400) << wrong;
}

TEST_F(OperatorsTest, rehearsal_sessions_are_verified_and_usable_at_once) {
    const std::string& token = site_.operators.machine_token();
    const std::string path = "/admin/v1/rehearsal/sessions";
    EXPECT_EQ(call(Method::post, path, {{"count", 10}, {"prefix", "crowd"}}).status, 401);
    EXPECT_EQ(call(Method::post, path, {{"count", 0}, {"prefix", "crowd"}}, token).status, 400);
    EXPECT_EQ(call(Method::post, path, {{"count", 50'001}, {"prefix", "crowd"}}, token).status, 400);
    EXPECT_EQ(call(Method::post, path, {{"count", 1}, {"prefix", "Ba d@"}}, token).status, 400);

    const auto begun = std::chrono::steady_clock::now();
    const auto made = call(Method::post, path, {{"count", 20'000}, {"prefix", "crowd"}}, token);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    ASSERT_EQ(made.status, 200);
    RecordProperty("rehearsal_20000_s", std::to_string(took.count()));
    const auto sessions = json::parse(made.body).as_object().at("sessions").as_array();
    ASSERT_EQ(sessions.size(), 20'000U);
    EXPECT_EQ(call(Method::post, path, {{"count", 100}, {"prefix", "crowd"}}, token).status, 200) << "can be repeated";
    site_.run(site_.mailer.send_due());  // Gives the shop's executor its turn.
    const auto& last = sessions.back().as_object();
    const usecases::Session* cached = site_.cache.cached(std::string_view{last.at("token").as_string()});
    ASSERT_NE(cached, nullptr);
    EXPECT_TRUE(cached->verified);
    EXPECT_EQ(cached->customer.to_string(), last.at("customer").as_string());
    EXPECT_EQ(cached->csrf_token, last.at("csrf_token").as_string());
    for (std::size_t i = 0; i < sessions.size(); i += 1000) {
        usecases::SessionCache cold{site_.session_rows, site_.clock, {}};
        const auto& one = sessions[i].as_object();
        const auto found = site_.run(cold.find(std::string{one.at("token").as_string()})).value();
        ASSERT_TRUE(found);
        EXPECT_EQ(found->customer.to_string(), one.at("customer").as_string());
        EXPECT_TRUE(found->verified);
    }
}

}  // namespace
}  // namespace marketday
