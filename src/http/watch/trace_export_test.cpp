// Traces that go to a collector: a small real HTTP server on loopback.

#include "http/watch/trace_export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <thread>

namespace marketday::http {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// Takes calls and answers each with `status`.
class Collector {
public:
    Collector() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
        EXPECT_EQ(::listen(socket_, 16), 0);
        socklen_t size = sizeof(address);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Collector() {
        stopping_ = true;
        thread_.join();
        ::close(socket_);
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/traces"; }
    std::vector<std::string> calls() {
        const std::scoped_lock lock(mutex_);
        return calls_;
    }

    std::atomic<int> status{200};
    std::atomic<bool> silent{false};

private:
    static bool readable(int socket) {
        pollfd waiting{socket, POLLIN, 0};
        return ::poll(&waiting, 1, 50) == 1;
    }

    void run() {
        while (!stopping_) {
            if (!readable(socket_)) continue;
            const int client = ::accept(socket_, nullptr, nullptr);
            const std::string call = receive(client);
            {
                const std::scoped_lock lock(mutex_);
                calls_.push_back(call);
            }
            while (silent && !stopping_) std::this_thread::sleep_for(10ms);
            const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                                       " X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
            static_cast<void>(::send(client, answer.data(), answer.size(), MSG_NOSIGNAL));
            ::close(client);
        }
    }

    std::string receive(int client) {
        std::string text;
        std::size_t wanted = std::string::npos;
        while (!stopping_ && text.size() < wanted) {
            if (!readable(client)) continue;
            char bytes[65536];
            const ssize_t got = ::recv(client, bytes, sizeof(bytes), 0);
            if (got <= 0) break;
            text.append(bytes, static_cast<std::size_t>(got));
            const std::size_t head = text.find("\r\n\r\n");
            const std::size_t length = text.find("Content-Length: ");
            if (head != std::string::npos && length != std::string::npos)
                wanted = head + 4 + std::strtoull(text.c_str() + length + 16, nullptr, 10);
        }
        return text;
    }

    int socket_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::vector<std::string> calls_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

boost::json::string json_text(const std::string& text) { return boost::json::string(text.data(), text.size()); }

FinishedRequest slow_order() {
    FinishedRequest request;
    request.start_unix_us = 1'800'000'000'000'000;
    request.took_us = 300'000;
    request.trace_id.fill('a');
    request.span_id.fill('b');
    request.parent_span_id.fill('0');
    request.listener = "shop";
    request.route = "/api/v1/orders";
    request.method = Method::post;
    request.status = 503;
    request.spans[request.spans_count++] = {"lane wait", 1'000, 200'000};
    return request;
}

template <class Condition>
bool soon(Condition condition) {
    for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
}

TraceExport::Options options_for(const Collector& collector) {
    TraceExport::Options options;
    options.url = collector.url();
    options.version = "1.2.3";
    options.every = 20ms;
    options.timeout = 300ms;
    options.try_again_after = 10ms;
    return options;
}

TEST(TraceExport, a_request_arrives_at_the_collector_with_its_spans) {
    Collector collector;
    TraceExport exporter(options_for(collector));
    exporter.add(slow_order());
    ASSERT_TRUE(soon([&] { return exporter.figures().sent_total == 1; }));
    const std::string call = collector.calls().at(0);
    EXPECT_TRUE(call.starts_with("POST /v1/traces HTTP/1.1\r\n"));
    EXPECT_THAT(call, HasSubstr("Content-Type: application/json\r\n"));
    const auto body = boost::json::parse(call.substr(call.find("\r\n\r\n") + 4));
    const auto& resource = body.at("resourceSpans").at(0);
    EXPECT_EQ(resource.at("resource").at("attributes").at(0).at("value").at("stringValue"), "marketday");
    const auto& spans = resource.at("scopeSpans").at(0).at("spans").as_array();
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(spans[0].at("traceId").as_string(), json_text(std::string(32, 'a')));
    EXPECT_EQ(spans[0].at("spanId").as_string(), json_text(std::string(16, 'b')));
    EXPECT_FALSE(spans[0].as_object().contains("parentSpanId"));
    EXPECT_EQ(spans[0].at("name"), "POST /api/v1/orders");
    EXPECT_EQ(spans[0].at("kind"), 2);
    EXPECT_EQ(spans[0].at("startTimeUnixNano"), "1800000000000000000");
    EXPECT_EQ(spans[0].at("endTimeUnixNano"), "1800000000300000000");
    EXPECT_EQ(spans[0].at("status").at("code"), 2);
    EXPECT_EQ(spans[1].at("parentSpanId").as_string(), json_text(std::string(16, 'b')));
    EXPECT_EQ(spans[1].at("name"), "lane wait");
    EXPECT_EQ(spans[1].at("startTimeUnixNano"), "1800000000001000000");
    EXPECT_EQ(spans[1].at("spanId").as_string().size(), 16U);
    EXPECT_NE(spans[1].at("spanId"), spans[0].at("spanId"));
}

TEST(TraceExport, a_busy_collector_is_asked_again_and_one_that_refuses_is_not) {
    Collector collector;
    collector.status = 503;
    TraceExport exporter(options_for(collector));
    exporter.add(slow_order());
    ASSERT_TRUE(soon([&] { return exporter.figures().failures_total >= 2; }));
    collector.status = 200;
    ASSERT_TRUE(soon([&] { return exporter.figures().sent_total == 1; }));
    collector.status = 400;
    const std::uint64_t failures = exporter.figures().failures_total;
    exporter.add(slow_order());
    ASSERT_TRUE(soon([&] { return exporter.figures().dropped_total == 1; }));
    EXPECT_EQ(exporter.figures().failures_total, failures + 1);
}

TEST(TraceExport, a_silent_collector_holds_nobody_up_and_what_does_not_fit_is_counted) {
    Collector collector;
    collector.silent = true;
    TraceExport::Options options = options_for(collector);
    options.queue_max = 100;
    TraceExport exporter(options);
    exporter.add(slow_order());
    ASSERT_TRUE(soon([&] { return collector.calls().size() == 1; }));
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 10'000; ++i) exporter.add(slow_order());
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 200ms);
    EXPECT_GE(exporter.figures().dropped_total, 9'000U);
    collector.silent = false;
    EXPECT_TRUE(soon([&] { return exporter.figures().sent_total > 0; }));
}

TEST(TraceExport, ends_soon_though_the_collector_is_gone) {
    TraceExport::Options options;
    options.url = "http://127.0.0.1:1";
    const auto begun = std::chrono::steady_clock::now();
    {
        TraceExport exporter(options);
        exporter.add(slow_order());
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
}

TEST(TraceExport, samples_by_the_trace_so_that_all_services_choose_the_same) {
    Collector collector;
    TraceExport::Options options = options_for(collector);
    options.sample_percent = 50;
    const TraceExport half(options);
    EXPECT_TRUE(half.samples("00000000000000000000000000000001"));
    EXPECT_FALSE(half.samples("000000000000000000000000ffffffff"));
    options.sample_percent = 0;
    EXPECT_FALSE(TraceExport(options).samples("00000000000000000000000000000001"));
    options.sample_percent = 100;
    EXPECT_TRUE(TraceExport(options).samples("000000000000000000000000ffffffff"));
}

TEST(TraceExport, an_address_that_cannot_be_used_is_refused_with_what_would_do) {
    for (const char* url : {"https://collector/v1/traces", "collector:4318", "http://", "http://host:port/"}) {
        TraceExport::Options options;
        options.url = url;
        EXPECT_THROW(TraceExport{options}, std::runtime_error) << url;
    }
}

}  // namespace
}  // namespace marketday::http
