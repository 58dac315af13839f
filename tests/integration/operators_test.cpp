#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "tests/integration/accounts_site.hpp"

namespace marketday {
namespace {

namespace json = boost::json;
using http::Method;

class OperatorsTest : public testing::Test {
protected:
    AccountsSite site_;

    http::Response call(Method method, const std::string& path, const json::object& body,
                        const std::string& token = {}) {
        return site_.call({.method = method,
                           .path = path,
                           .body = json::serialize(body),
                           .token = token,
                           .client = 1,
                           .headers = {}});
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
    EXPECT_EQ(call(Method::post, "/admin/v1/operators", {{"name", "x"}, {"role", "viewer"}}, viewer).status, 401);

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
