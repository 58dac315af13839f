#include "http/session_positions.hpp"

#include <gtest/gtest.h>

#include "base/async/sim_executor.hpp"
#include "http/message.hpp"

namespace marketday::http {
namespace {

using ports::Freshness;
using ports::Position;

struct History final : ports::WriteHistory {
    Position newest() const override { return at; }
    Task<std::optional<Position>> ask() override {
        ++asked;
        co_return answers;
    }
    Position at{1, 500};
    std::optional<Position> answers = Position{1, 700};
    int asked = 0;
};

class SessionPositionsTest : public testing::Test {
protected:
    static Request request(Method method, std::vector<Request::Header> headers) {
        Request made;
        made.method = method;
        made.headers = std::move(headers);
        return made;
    }
    /// The place that the answer to a write tells a session.
    Position told(const Request& write, int status = 201) {
        std::vector<Route> routes(1);
        routes[0].method = write.method;
        routes[0].handle = [status](const Request&) -> Task<Response> {
            Response made;
            made.status = status;
            co_return made;
        };
        routes = telling_positions(std::move(routes), positions);
        SimExecutor sim{1};
        Response response;
        spawn(sim, "handle", handle(routes[0].handle, write, response));
        sim.run_for(milliseconds{1});
        EXPECT_EQ(response.headers.size(), 1U);
        std::string_view text = response.headers.front().second;
        if (response.headers.front().first == "Set-Cookie") {
            EXPECT_TRUE(text.starts_with("md_position="));
            EXPECT_NE(text.find("; HttpOnly; SameSite=Lax; Secure"), std::string_view::npos);
            text = text.substr(12, text.find(';') - 12);
        }
        return positions.verify(text).value_or(Position{});
    }

    static Task<void> handle(const Handler& handler, const Request& request, Response& into) {
        into = co_await handler(request);
    }

    History history;
    SessionPositions positions{history, {.key = {1, 2, 3}}};
};

TEST_F(SessionPositionsTest, what_was_signed_here_is_believed_and_nothing_else) {
    const std::string text = positions.sign({2, 0xABCDEF0123});
    EXPECT_EQ(positions.verify(text), (Position{2, 0xABCDEF0123}));
    EXPECT_EQ(positions.verify(positions.sign(Position::unknown())), Position::unknown());
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == '1' ? '2' : '1';
        EXPECT_EQ(positions.verify(changed), std::nullopt) << changed;
    }
    for (const char* wrong : {"", "-", "--", "1-2", "1-2-", "x-y-z", "1--2", "99999999999-1-00", "1-2-3-4"})
        EXPECT_EQ(positions.verify(wrong), std::nullopt) << wrong;
    const SessionPositions others{history, {.key = {9}}};
    EXPECT_EQ(others.verify(text), std::nullopt);
}

TEST_F(SessionPositionsTest, who_brings_a_place_reads_after_it_and_who_brings_none_reads_strictly) {
    const std::string text = positions.sign({1, 77});
    const std::string cookies = "md_session=tok; md_position=" + text;
    const auto by_cookie = positions.of(request(Method::get, {{"Cookie", cookies}}));
    EXPECT_EQ(by_cookie.kind(), Freshness::Kind::own_writes);
    EXPECT_EQ(by_cookie.position(), (Position{1, 77}));
    const auto by_header =
        positions.of(request(Method::get, {{"Authorization", "Bearer tok"}, {"Marketday-Position", text}}));
    EXPECT_EQ(by_header.kind(), Freshness::Kind::own_writes);
    const auto strict = [this](Method method, std::vector<Request::Header> headers) {
        return positions.of(request(method, std::move(headers))).kind() == Freshness::Kind::strict;
    };
    EXPECT_TRUE(strict(Method::get, {{"Cookie", "md_session=tok"}}));
    EXPECT_TRUE(strict(Method::get, {{"Cookie", "md_session=tok; md_position=1-77-0011"}}));
    EXPECT_TRUE(strict(Method::get, {{"Authorization", "Bearer tok"}}));
    // A cookie of a browser says nothing of what a bearer has written, nor the other way round.
    EXPECT_TRUE(strict(Method::get, {{"Authorization", "Bearer tok"}, {"Cookie", cookies}}));
    EXPECT_TRUE(strict(Method::get, {{"Cookie", "md_session=tok"}, {"Marketday-Position", text}}));
    // What decides a write.
    EXPECT_TRUE(strict(Method::post, {{"Cookie", cookies}}));
    EXPECT_EQ(own_writes(nullptr, request(Method::get, {{"Cookie", cookies}})).kind(), Freshness::Kind::strict);
}

TEST_F(SessionPositionsTest, the_answer_to_a_write_tells_how_far_the_store_is) {
    EXPECT_EQ(told(request(Method::post, {{"Cookie", "md_session=tok"}})), (Position{1, 500}));
    EXPECT_EQ(told(request(Method::post, {{"Authorization", "Bearer tok"}})), (Position{1, 500}));
    Response read;
    positions.note(request(Method::get, {{"Cookie", "md_session=tok"}}), read);
    EXPECT_TRUE(read.headers.empty());
    // Whoever logs in may be a browser or not.
    Response opened;
    positions.note(request(Method::post, {}), opened);
    EXPECT_EQ(opened.headers.size(), 2U);
}

TEST_F(SessionPositionsTest, a_session_is_never_told_less_than_it_has_been_told_by_another_process) {
    const std::string further = "md_session=tok; md_position=" + positions.sign({1, 900});
    EXPECT_EQ(told(request(Method::post, {{"Cookie", further}})), (Position{1, 900}));
    const std::string behind = "md_session=tok; md_position=" + positions.sign({1, 100});
    EXPECT_EQ(told(request(Method::post, {{"Cookie", behind}})), (Position{1, 500}));
}

TEST_F(SessionPositionsTest, a_place_that_nobody_could_tell_is_known_again_when_the_store_says_so_and_not_before) {
    const std::string unknown = "md_session=tok; md_position=" + positions.sign(Position::unknown());
    for (const int status : {201, 303, 409, 503}) {
        SCOPED_TRACE(status);
        // Not by what this process knows: it may be another that has written.
        history.answers = std::nullopt;
        EXPECT_EQ(told(request(Method::post, {{"Cookie", unknown}}), status), Position::unknown());
        history.answers = Position{1, 700};
        EXPECT_EQ(told(request(Method::post, {{"Cookie", unknown}}), status), (Position{1, 700}));
    }
    history.at = Position::unknown();
    EXPECT_EQ(told(request(Method::post, {{"Cookie", "md_session=tok"}}), 503), Position::unknown());
    EXPECT_EQ(told(request(Method::post, {{"Cookie", unknown}}), 201), Position::unknown())
        << "this very request may have written what nobody could tell";
}

TEST_F(SessionPositionsTest, what_was_refused_may_have_written_all_the_same) {
    for (const int status : {400, 409, 422, 500, 503})
        EXPECT_EQ(told(request(Method::post, {{"Cookie", "md_session=tok"}}), status), (Position{1, 500}));
    EXPECT_EQ(history.asked, 0) << "what is known is not asked for";
}

}  // namespace
}  // namespace marketday::http
