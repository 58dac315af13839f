// Server-sent events from a real server on loopback.

#include "http/event_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "base/async/asio_executor.hpp"
#include "base/async/wait.hpp"
#include "base/log.hpp"
#include "http/server.hpp"
#include "tests/integration/raw_client.hpp"

namespace marketday::http {
namespace {

using test::RawClient;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr int kStatuses[] = {200};
constexpr std::string_view kWatch = "GET /watch HTTP/1.1\r\nHost: shop\r\n\r\n";

Task<Response> log_twice(const Request& request) {
    log::warn("test.first");
    co_await sleep_for(20ms);
    log::warn("test.second");
    co_return json(200, "\"" + request.trace_id + "\"");
}

/// A server whose /watch gives streams that the test pushes into.
class Watched {
public:
    Watched() : guard_(io_.get_executor()) {
        ServerOptions options;
        options.limits.streams_max = 2;
        options.limits.write_timeout = 1s;
        Route watch;
        watch.pattern = "/watch";
        watch.operation_id = "watch";
        watch.statuses = kStatuses;
        watch.handle_now = [this](const Request&) -> std::optional<Response> {
            Response response;
            response.stream = std::make_shared<EventStream>();
            response.stream->push(server_sent_event("1", "sample", "{\"first\":true}"));
            streams_.push_back(response.stream);
            return response;
        };
        Route logs;
        logs.pattern = "/logs/{name}";
        logs.operation_id = "logs";
        logs.statuses = kStatuses;
        logs.handle = log_twice;
        std::vector<Route> routes;
        routes.push_back(std::move(watch));
        routes.push_back(std::move(logs));
        server_ = std::make_unique<Server>(io_, executor_, std::move(routes), std::move(options));
        server_->start();
        port = server_->port();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Watched() {
        boost::asio::post(io_, [this] {
            server_.reset();
            guard_.reset();
            io_.stop();
        });
        thread_.join();
    }

    /// Pushes to every stream; how many took it.
    int push(const std::string& bytes) {
        std::promise<int> taken;
        boost::asio::post(io_, [this, &bytes, &taken] {
            int count = 0;
            for (const auto& stream : streams_) count += stream->push(bytes) ? 1 : 0;
            taken.set_value(count);
        });
        return taken.get_future().get();
    }
    void end_all() {
        boost::asio::post(io_, [this] {
            for (const auto& stream : streams_) stream->end();
        });
    }
    std::future<bool> drain() {
        auto done = std::make_shared<std::promise<bool>>();
        auto future = done->get_future();
        spawn(executor_, "drain", drain_into(server_.get(), Instant::clock::now() + 5s, done));
        return future;
    }
    const ServerFigures& figures() const { return server_->figures(); }

    std::uint16_t port = 0;

private:
    static Task<void> drain_into(Server* server, Instant deadline, std::shared_ptr<std::promise<bool>> done) {
        const bool finished = co_await server->drain(deadline);
        done->set_value(finished);
    }

    boost::asio::io_context io_{1};
    AsioExecutor executor_{io_};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::vector<std::shared_ptr<EventStream>> streams_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

/// What has come until `patience` passes without more, or until `enough` has been seen.
std::string receive(const RawClient& client, std::string_view enough, std::chrono::milliseconds patience = 5s) {
    std::string text;
    while (text.find(enough) == std::string::npos) {
        pollfd waiting{client.native(), POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience.count())) != 1) break;
        char bytes[4096];
        const ssize_t got = ::recv(client.native(), bytes, sizeof(bytes), 0);
        if (got <= 0) break;
        text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
}

template <class Condition>
bool soon(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
}

TEST(EventStream, sends_what_is_pushed_before_and_after_the_answer_began) {
    Watched server;
    RawClient client(server.port);
    client.send(kWatch);
    const std::string head = receive(client, "first\":true}\n\n");
    EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(head, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\n\r\nid: 1\nevent: sample\ndata: {\"first\":true}\n\n"));
    EXPECT_EQ(server.push(server_sent_event("2", "sample", "2")), 1);
    EXPECT_EQ(receive(client, "\n\n"), "id: 2\nevent: sample\ndata: 2\n\n");
    EXPECT_EQ(server.figures().open_streams, 1U);
    server.end_all();
    EXPECT_TRUE(client.closes());
    EXPECT_TRUE(soon([&] { return server.figures().open_streams == 0; }));
}

TEST(EventStream, a_reader_that_leaves_ends_the_stream) {
    Watched server;
    {
        RawClient client(server.port);
        client.send(kWatch);
        receive(client, "\n\n");
    }
    EXPECT_TRUE(soon([&] { return server.figures().open_streams == 0; }));
    EXPECT_EQ(server.push("x"), 0);
}

TEST(EventStream, more_than_the_limit_are_told_to_come_later) {
    Watched server;
    std::vector<RawClient> clients;
    for (int i = 0; i < 2; ++i) {
        clients.emplace_back(server.port);
        clients.back().send(kWatch);
        receive(clients.back(), "\n\n");
    }
    RawClient third(server.port);
    const auto refused = third.ask(kWatch);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 503);
    EXPECT_TRUE(refused->headers.contains("retry-after"));
    EXPECT_EQ(server.push("x"), 2);
    clients.pop_back();
    EXPECT_TRUE(soon([&] { return server.figures().open_streams == 1; }));
    third.send(kWatch);
    EXPECT_THAT(receive(third, "\n\n"), HasSubstr("200 OK"));
}

TEST(EventStream, a_reader_that_takes_nothing_is_dropped_and_the_others_stay) {
    Watched server;
    RawClient slow(server.port);
    RawClient quick(server.port);
    slow.send(kWatch);
    quick.send(kWatch);
    receive(slow, "\n\n");
    receive(quick, "\n\n");
    const std::string event = server_sent_event("2", "sample", std::string(200'000, 'x'));
    // The socket's buffers take megabytes before the server has to keep anything.
    for (int i = 0; i < 200 && server.figures().streams_dropped_total == 0; ++i) {
        server.push(event);
        ASSERT_THAT(receive(quick, "x\n\n"), HasSubstr("xxx"));
    }
    EXPECT_EQ(server.figures().streams_dropped_total, 1U);
    EXPECT_TRUE(soon([&] { return server.figures().open_streams == 1; }));
    EXPECT_EQ(server.push("x"), 1);
}

TEST(EventStream, streams_end_when_the_server_drains) {
    Watched server;
    RawClient client(server.port);
    client.send(kWatch);
    receive(client, "\n\n");
    auto drained = server.drain();
    EXPECT_TRUE(client.closes());
    EXPECT_TRUE(drained.get());
}

TEST(EventStream, head_says_what_get_would_and_ends) {
    Watched server;
    RawClient client(server.port);
    const auto answer = client.ask("HEAD /watch HTTP/1.1\r\nHost: shop\r\n\r\n");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->headers.at("content-type"), "text/event-stream");
    EXPECT_TRUE(client.closes());
    EXPECT_EQ(server.figures().open_streams, 0U);
}

/// Keeps what was logged: event and trace.
class Seen final : public log::Tap {
public:
    Seen() { log::set_tap(this); }
    ~Seen() override { log::set_tap(nullptr); }
    void take(const log::Record& record) override {
        const std::scoped_lock lock(mutex_);
        all_.emplace_back(std::string{record.event}, std::string{record.trace_id});
    }
    std::vector<std::pair<std::string, std::string>> all() {
        const std::scoped_lock lock(mutex_);
        return all_;
    }

private:
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::string>> all_;
};

TEST(TraceIds, of_requests_that_wait_at_one_time_stay_with_their_own_log_lines) {
    Watched server;
    Seen seen;
    const std::string first_id(32, 'a');
    const std::string second_id(32, 'b');
    const auto ask = [&](RawClient& client, const std::string& id) {
        client.send("GET /logs/x HTTP/1.1\r\nHost: shop\r\ntraceparent: 00-" + id + "-0123456789abcdef-01\r\n\r\n");
    };
    RawClient first(server.port);
    RawClient second(server.port);
    ask(first, first_id);
    ask(second, second_id);
    EXPECT_EQ(first.read()->body, "\"" + first_id + "\"");
    EXPECT_EQ(second.read()->body, "\"" + second_id + "\"");
    log::warn("test.outside");
    int of_first = 0;
    int of_second = 0;
    for (const auto& [event, trace] : seen.all()) {
        if (event == "test.outside") {
            EXPECT_EQ(trace, "");
        } else {
            of_first += trace == first_id ? 1 : 0;
            of_second += trace == second_id ? 1 : 0;
        }
    }
    EXPECT_EQ(of_first, 2);
    EXPECT_EQ(of_second, 2);
}

}  // namespace
}  // namespace marketday::http
