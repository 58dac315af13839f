// A real server whose thread has more to do than it has time for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

#include "base/async/asio_executor.hpp"
#include "base/async/wait.hpp"
#include "http/server.hpp"
#include "tests/integration/raw_client.hpp"

namespace marketday::http {
namespace {

using test::RawClient;
using namespace std::chrono_literals;

constexpr int kStatuses[] = {200};
constexpr std::string_view kOrder = "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
constexpr std::string_view kPage = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kWork = "GET /work HTTP/1.1\r\nHost: a\r\n\r\n";

Route route(Method method, std::string_view pattern, std::chrono::milliseconds work, bool refused_when_behind) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.operation_id = pattern.substr(1);
    route.statuses = kStatuses;
    route.refused_when_behind = refused_when_behind;
    route.handle_now = [work](const Request&) {
        std::this_thread::sleep_for(work);
        return Response{};
    };
    return route;
}

Task<Response> store_is_slow() {
    co_await sleep_for(milliseconds{1});
    co_return problem({503, "busy", "More orders wait than can be taken.", "Try again.", {}, seconds{1}});
}

/// A server on a thread of its own, and clients who each ask again as soon as they are answered: the last in the row
/// waits for the work of all.
class Busy {
public:
    explicit Busy(milliseconds unread_max, double refusals_per_s = 5000) : guard_(io_.get_executor()) {
        ServerOptions options;
        options.limits.unread_max = unread_max;
        options.limits.refusals_per_s = refusals_per_s;
        std::vector<Route> routes;
        routes.push_back(route(Method::post, "/orders", 0ms, true));
        routes.push_back(route(Method::post, "/store-is-away", 0ms, true));
        routes.back().handle_now = [](const Request&) {
            return problem({503, "unavailable", "The store does not answer.", "Try again.", {}, seconds{2}});
        };
        routes.push_back(route(Method::post, "/store-is-slow", 0ms, true));
        routes.back().handle_now = nullptr;
        routes.back().handle = [](const Request&) { return store_is_slow(); };
        options.observe = [this](const Request& request, const Route*, int, std::chrono::nanoseconds) {
            if (request.trace != nullptr) spans_seen_ += request.trace->spans().size();
        };
        routes.push_back(route(Method::get, "/page", 0ms, false));
        routes.push_back(route(Method::get, "/work", 10ms, false));
        server_ = std::make_unique<Server>(io_, executor_, std::move(routes), std::move(options));
        server_->start();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Busy() {
        leave();
        boost::asio::post(io_, [this] {
            server_.reset();
            guard_.reset();
            io_.stop();
        });
        thread_.join();
    }
    void crowd_comes() {
        for (int i = 0; i < 20; ++i)
            crowd_.emplace_back([this] {
                RawClient client(server_->port());
                while (!over_ && client.ask(kWork)) {
                }
            });
    }
    void leave() {
        over_ = true;
        for (auto& one : crowd_) one.join();
        crowd_.clear();
    }
    RawClient client() const { return RawClient(server_->port()); }
    const ServerFigures& figures() const { return server_->figures(); }

private:
    boost::asio::io_context io_{1};
    AsioExecutor executor_{io_};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
    std::vector<std::thread> crowd_;
    std::atomic<bool> over_{false};
    std::atomic<std::size_t> spans_seen_{0};
};

/// The first answer to an order that is no 200, out of so many.
std::optional<test::RawAnswer> first_refusal(RawClient& shopper, int orders) {
    for (int i = 0; i < orders; ++i) {
        auto answer = shopper.ask(kOrder);
        if (answer && answer->status != 200) return answer;
    }
    return std::nullopt;
}

TEST(Overload, orders_that_would_wait_too_long_to_be_read_are_refused_and_pages_are_not) {
    Busy server{50ms};
    auto shopper = server.client();
    EXPECT_EQ(shopper.ask(kOrder)->status, 200);
    server.crowd_comes();
    const auto refusal = first_refusal(shopper, 50);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 503);
    EXPECT_EQ(refusal->headers.at("retry-after"), "1");
    EXPECT_THAT(refusal->body, testing::HasSubstr("/problems/busy"));
    EXPECT_EQ(shopper.ask(kPage)->status, 200);
    EXPECT_GT(server.figures().behind_total, 0U);
    server.leave();
    EXPECT_EQ(shopper.ask(kPage)->status, 200);
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(shopper.ask(kOrder)->status, 200);
}

TEST(Overload, more_refusals_than_may_go_at_once_wait_for_their_turn_and_nobody_else_does) {
    constexpr std::string_view kRefused = "POST /store-is-away HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    Busy server{0ms, 1};
    auto first = server.client();
    EXPECT_EQ(first.ask(kRefused)->status, 503);
    EXPECT_EQ(server.figures().refusals_waiting, 0U);
    auto second = server.client();
    const auto begun = std::chrono::steady_clock::now();
    second.send(kRefused);
    while (server.figures().refusals_waiting == 0) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(first.ask(kPage)->status, 200);
    EXPECT_EQ(first.ask(kOrder)->status, 200);
    const auto refusal = second.read();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 503);
    EXPECT_EQ(refusal->headers.at("retry-after"), "2");
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 500ms);
    EXPECT_EQ(second.ask(kPage)->status, 200) << "the connection goes on";
    // And of one that was refused only after a while.
    EXPECT_EQ(second.ask("POST /store-is-slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")->status, 503);
    EXPECT_EQ(second.ask(kPage)->status, 200);
}

TEST(Overload, a_client_that_leaves_while_its_refusal_waits_takes_nothing_with_it) {
    constexpr std::string_view kRefused = "POST /store-is-away HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    Busy server{0ms, 1};
    auto first = server.client();
    EXPECT_EQ(first.ask(kRefused)->status, 503);
    {
        auto second = server.client();
        second.send(kRefused);
        while (server.figures().refusals_waiting == 0) std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(first.ask(kRefused)->status, 503);
    EXPECT_EQ(first.ask(kPage)->status, 200);
}

TEST(Overload, without_the_limit_everybody_waits) {
    Busy server{0ms};
    auto shopper = server.client();
    server.crowd_comes();
    EXPECT_FALSE(first_refusal(shopper, 8));
    EXPECT_EQ(server.figures().behind_total, 0U);
}

}  // namespace
}  // namespace marketday::http
