// A real server on loopback, and clients that send raw bytes.

#include <brotli/decode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "base/async/asio_executor.hpp"
#include "base/async/wait.hpp"
#include "http/ready.hpp"
#include "http/refusals.hpp"
#include "http/server.hpp"
#include "tests/integration/raw_client.hpp"

namespace marketday::http {
namespace {

using test::RawAnswer;
using test::RawClient;
using testing::HasSubstr;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr int kStatuses[] = {200};

Response text(std::string body) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
}

Task<Response> echo(const Request& request) {
    co_await sleep_for(1ms);
    co_return text(std::string{request.body});
}
Task<Response> echo_at_once(const Request& request) { co_return text(std::string{request.body}); }
Task<Response> wait_and_say(const Request& request) {
    co_await sleep_for(300ms);
    co_return text(request.params[0]);
}
Task<Response> fail_later(const Request&) {
    co_await sleep_for(1ms);
    throw std::runtime_error("broken on purpose");
}
Task<Response> who(const Request& request) {
    co_await sleep_for(1ms);
    co_return text(request.session->customer.to_string());
}

std::string big_text() {
    std::string body;
    for (int i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i) + ' ';
    return body;
}

Route route(Method method, std::string_view pattern, Handler handle, FastHandler now = {}) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.operation_id = pattern.substr(1);
    route.statuses = kStatuses;
    route.handle = std::move(handle);
    route.handle_now = std::move(now);
    return route;
}

std::vector<Route> test_routes() {
    std::vector<Route> routes;
    routes.push_back(
        route(Method::get, "/now/{word}", {}, [](const Request& r) { return text(std::string{r.param(0)}); }));
    routes.push_back(route(Method::post, "/echo", echo));
    routes.push_back(route(Method::post, "/echo-at-once", echo_at_once));
    routes.push_back(route(Method::get, "/slow/{word}", wait_and_say));
    routes.push_back(route(Method::get, "/fails", fail_later));
    routes.push_back(route(Method::get, "/fails-now", {}, [](const Request&) -> std::optional<Response> {
        throw std::runtime_error("broken on purpose");
    }));
    routes.push_back(route(Method::get, "/big", {}, [](const Request&) { return text(big_text()); }));
    routes.push_back(route(Method::get, "/client", {}, [](const Request& r) { return text(r.client.to_string()); }));
    routes.push_back(
        route(Method::get, "/trace", {}, [](const Request& r) { return text(r.trace_id + " " + r.span_id); }));
    const auto ready = make_ready(200, "application/json", {{"Cache-Control", "public, max-age=1"}},
                                  "{\"words\":\"" + std::string(2000, 'w') + "\"}");
    routes.push_back(route(Method::get, "/ready", {}, [ready](const Request&) {
        Response response;
        response.ready = ready;
        return response;
    }));
    routes.push_back(route(Method::get, "/me", who));
    routes.back().access = Access::session;
    routes.push_back(route(Method::post, "/me", who));
    routes.back().access = Access::session;
    routes.push_back(route(Method::get, "/admin", {}, [](const Request&) { return text("operator"); }));
    routes.back().access = Access::operator_;
    routes.push_back(route(Method::post, "/orders", echo));
    routes.back().idempotency_key = true;
    routes.push_back(route(Method::post, "/small", echo));
    routes.back().body_bytes_max = 100;
    routes.push_back(route(Method::post, "/large", echo));
    routes.back().body_bytes_max = 4 * 1024 * 1024;
    return routes;
}

class OneSession final : public usecases::Authenticate {
public:
    OneSession() {
        session_.customer = *CustomerId::parse("01890000-0000-7000-8000-000000000001");
        session_.csrf_token = "csrf";
    }
    const usecases::Session* cached(std::string_view token) override { return token == "cached" ? &session_ : nullptr; }
    Task<Result<std::optional<usecases::Session>, Error>> find(std::string token) override {
        co_await sleep_for(1ms);
        if (token == "broken") co_return fail(Error::unavailable);
        if (token == "stored") co_return session_;
        co_return std::optional<usecases::Session>{};
    }

private:
    usecases::Session session_;
};

/// A server on a thread of its own.
class Running {
public:
    explicit Running(ServerOptions options = {}) : guard_(io_.get_executor()) {
        options.authenticate = &authenticate_;
        options.refuse_operator = [](const Request& request) -> std::optional<Response> {
            if (request.session_token() == "operator") return std::nullopt;
            return refusals::sign_in_needed();
        };
        server_ = std::make_unique<Server>(io_, executor_, test_routes(), std::move(options));
        server_->start();
        port = server_->port();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Running() {
        boost::asio::post(io_, [this] {
            server_.reset();
            guard_.reset();
            io_.stop();
        });
        thread_.join();
    }
    RawClient client() const { return RawClient(port); }
    const ServerFigures& figures() const { return server_->figures(); }
    std::future<bool> drain(std::chrono::milliseconds within) {
        auto done = std::make_shared<std::promise<bool>>();
        auto future = done->get_future();
        spawn(executor_, "drain", drain_into(server_.get(), Instant::clock::now() + within, done));
        return future;
    }

    std::uint16_t port = 0;

private:
    static Task<void> drain_into(Server* server, Instant deadline, std::shared_ptr<std::promise<bool>> done) {
        const bool finished = co_await server->drain(deadline);
        done->set_value(finished);
    }

    boost::asio::io_context io_{1};
    AsioExecutor executor_{io_};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    OneSession authenticate_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

std::string get(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: shop\r\n" + std::string{more} + "\r\n";
}
std::string post(std::string_view path, std::string_view body, std::string_view more = {}) {
    return "POST " + std::string{path} + " HTTP/1.1\r\nHost: shop\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string{more} + "\r\n" + std::string{body};
}

TEST(HttpServer, answers_and_keeps_the_connection) {
    Running server;
    RawClient client = server.client();
    for (int i = 0; i < 3; ++i) {
        const auto answer = client.ask(get("/now/%ED%95%9C"));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200);
        EXPECT_EQ(answer->body, "한");
        EXPECT_TRUE(answer->headers.contains("date"));
    }
}

TEST(HttpServer, pipelined_requests_are_answered_in_order_even_when_the_first_must_wait) {
    Running server;
    RawClient client = server.client();
    std::string all = get("/slow/first");
    for (int i = 0; i < 200; ++i)
        all += i % 2 == 0 ? get("/now/" + std::to_string(i)) : post("/echo-at-once", std::to_string(i));
    client.send(all);
    ASSERT_EQ(client.read()->body, "first");
    for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read()->body, std::to_string(i));
}

TEST(HttpServer, a_request_may_arrive_byte_by_byte) {
    Running server;
    RawClient client = server.client();
    for (const char byte : post("/echo", "slowly")) client.send({&byte, 1});
    EXPECT_EQ(client.read()->body, "slowly");
}

TEST(HttpServer, connection_close_is_honoured) {
    Running server;
    RawClient client = server.client();
    const auto answer = client.ask(get("/now/x", "Connection: close\r\n"));
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(client.closes());
}

TEST(HttpServer, http_1_0_closes_unless_asked_to_keep_alive) {
    Running server;
    RawClient closing = server.client();
    EXPECT_EQ(closing.ask("GET /now/x HTTP/1.0\r\n\r\n")->body, "x");
    EXPECT_TRUE(closing.closes());
    RawClient keeping = server.client();
    EXPECT_EQ(keeping.ask("GET /now/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->headers.at("connection"),
              "keep-alive");
    EXPECT_EQ(keeping.ask("GET /now/y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->body, "y");
}

TEST(HttpServer, chunked_bodies_are_decoded_and_the_next_request_follows) {
    Running server;
    RawClient client = server.client();
    const std::string chunked =
        "POST /echo HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: "
        "chunked\r\n\r\n4;note=x\r\nmark\r\n3\r\nday\r\n0\r\nTrailer: t\r\n\r\n";
    client.send(chunked + get("/now/next"));
    EXPECT_EQ(client.read()->body, "markday");
    EXPECT_EQ(client.read()->body, "next");
    for (const char byte : chunked) client.send({&byte, 1});
    EXPECT_EQ(client.read()->body, "markday");
}

TEST(HttpServer, large_bodies_go_both_ways) {
    Running server;
    RawClient client = server.client();
    const std::string body = big_text();
    std::thread sender([&] { client.send(post("/large", body)); });
    EXPECT_EQ(client.read()->body, body);
    sender.join();
    client.send(get("/big") + get("/big") + get("/now/after"));
    EXPECT_EQ(client.read()->body, body);
    EXPECT_EQ(client.read()->body, body);
    EXPECT_EQ(client.read()->body, "after");
}

TEST(HttpServer, a_large_chunked_body_is_held_to_the_routes_limit) {
    Running server;
    RawClient client = server.client();
    client.send("POST /small HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                std::string(101, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.read()->status, 413);
    EXPECT_TRUE(client.closes());
}

TEST(HttpServer, an_announced_body_over_the_limit_is_refused_before_it_is_read) {
    Running server;
    RawClient client = server.client();
    const auto answer = client.ask("POST /small HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000000000\r\n\r\n");
    EXPECT_EQ(answer->status, 413);
    EXPECT_THAT(answer->body, HasSubstr("/problems/body-too-large"));
    EXPECT_TRUE(client.closes());
}

TEST(HttpServer, expect_100_continue_is_answered_only_when_the_body_is_wanted) {
    Running server;
    RawClient client = server.client();
    client.send("POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read()->status, 100);
    client.send("ok");
    EXPECT_EQ(client.read()->body, "ok");
    client.send("POST /small HTTP/1.1\r\nHost: shop\r\nContent-Length: 200\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read()->status, 413);
}

struct Malformed {
    const char* name;
    std::string bytes;
    int status;
};
class MalformedRequest : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedRequest, is_refused_with_a_problem_and_the_connection_ends) {
    Running server;
    RawClient client = server.client();
    // Whatever hides behind the malformed request must not be answered as a request of its own.
    client.send(GetParam().bytes + get("/now/smuggled"));
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, GetParam().status);
    EXPECT_EQ(answer->headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(client.closes());
}

std::string echo_with(std::string_view headers, std::string_view body) {
    return "POST /echo HTTP/1.1\r\nHost: shop\r\n" + std::string{headers} + "\r\n" + std::string{body};
}

INSTANTIATE_TEST_SUITE_P(
    HttpServer, MalformedRequest,
    testing::Values(
        Malformed{"bare_lf", "GET /now/x HTTP/1.1\nHost: shop\n\n", 400},
        Malformed{"bare_lf_in_headers", "GET /now/x HTTP/1.1\r\nHost: shop\nX: y\r\n\r\n", 400},
        Malformed{"bare_cr", "GET /now/x HTTP/1.1\r\nHost: shop\r\nX: a\rb\r\n\r\n", 400},
        Malformed{"nul", "GET /now/x HTTP/1.1\r\nHost: shop\r\nX: a\0b\r\n\r\n"s, 400},
        Malformed{"folded", "GET /now/x HTTP/1.1\r\nHost: shop\r\nX: a\r\n b\r\n\r\n", 400},
        Malformed{"folded_from_nothing", "GET /now/x HTTP/1.1\r\nHost: shop\r\nX:\r\n\tb\r\n\r\n", 400},
        Malformed{"space_before_colon", "GET /now/x HTTP/1.1\r\nHost : shop\r\n\r\n", 400},
        Malformed{"space_first", "GET /now/x HTTP/1.1\r\n Host: shop\r\n\r\n", 400},
        Malformed{"no_colon", "GET /now/x HTTP/1.1\r\nHost: shop\r\nnonsense\r\n\r\n", 400},
        Malformed{"no_name", "GET /now/x HTTP/1.1\r\nHost: shop\r\n: x\r\n\r\n", 400},
        Malformed{"no_host", "GET /now/x HTTP/1.1\r\n\r\n", 400},
        Malformed{"two_hosts", "GET /now/x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Malformed{"bad_host", "GET /now/x HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        Malformed{"empty_host", "GET /now/x HTTP/1.1\r\nHost:\r\n\r\n", 400},
        Malformed{"two_spaces", "GET  /now/x HTTP/1.1\r\nHost: shop\r\n\r\n", 400},
        Malformed{"http_0_9", "GET /now/x\r\n\r\n", 400},
        Malformed{"http_2", "GET /now/x HTTP/2.0\r\nHost: shop\r\n\r\n", 505},
        Malformed{"lower_http", "GET /now/x http/1.1\r\nHost: shop\r\n\r\n", 505},
        Malformed{"unknown_method", "BREW /now/x HTTP/1.1\r\nHost: shop\r\n\r\n", 501},
        Malformed{"connect", "CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n", 501},
        Malformed{"fragment", "GET /now/x#y HTTP/1.1\r\nHost: shop\r\n\r\n", 400},
        Malformed{"cl_te", echo_with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Malformed{"te_cl", echo_with("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"), 400},
        Malformed{"two_lengths", echo_with("Content-Length: 2\r\nContent-Length: 3\r\n", "ab"), 400},
        Malformed{"length_twice", echo_with("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"), 400},
        Malformed{"length_list", echo_with("Content-Length: 2, 2\r\n", "ab"), 400},
        Malformed{"length_sign", echo_with("Content-Length: +2\r\n", "ab"), 400},
        Malformed{"length_negative", echo_with("Content-Length: -1\r\n", "ab"), 400},
        Malformed{"length_hex", echo_with("Content-Length: 0x2\r\n", "ab"), 400},
        Malformed{"length_empty", echo_with("Content-Length: \r\n", "ab"), 400},
        Malformed{"length_overflow", echo_with("Content-Length: 99999999999999999999999\r\n", "ab"), 400},
        Malformed{"te_twice", echo_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                  400},
        Malformed{"te_gzip", echo_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
        Malformed{"te_identity", echo_with("Transfer-Encoding: identity\r\n", "0\r\n\r\n"), 501},
        Malformed{"te_obscured", echo_with("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
        Malformed{"te_in_1_0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"chunk_bare_lf", echo_with("Transfer-Encoding: chunked\r\n", "1\na\n0\n\n"), 400},
        Malformed{"chunk_not_hex", echo_with("Transfer-Encoding: chunked\r\n", "zz\r\na\r\n0\r\n\r\n"), 400},
        Malformed{"chunk_too_long", echo_with("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n"), 400},
        Malformed{"chunk_overflow", echo_with("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\na\r\n"), 400},
        Malformed{"expectation", echo_with("Expect: miracles\r\nContent-Length: 0\r\n", ""), 417},
        Malformed{"tls_hello", "\x16\x03\x01\x02\r\n\r\n", 400}),
    [](const auto& instance) { return std::string{instance.param.name}; });

TEST(HttpServer, too_much_header_is_431_and_too_long_a_target_is_414) {
    Running server;
    RawClient big = server.client();
    EXPECT_EQ(big.ask(get("/now/x", "X: " + std::string(20'000, 'x') + "\r\n"))->status, 431);
    RawClient many = server.client();
    std::string lines;
    for (int i = 0; i < 120; ++i) lines += "A: b\r\n";
    EXPECT_EQ(many.ask(get("/now/x", lines))->status, 431);
    RawClient endless = server.client();
    EXPECT_EQ(endless.ask("GET /" + std::string(20'000, 'x'))->status, 414);
    RawClient longer = server.client();
    EXPECT_EQ(longer.ask(get("/now/" + std::string(9'000, 'x')))->status, 414);
    RawClient fits = server.client();
    EXPECT_EQ(fits.ask(get("/now/" + std::string(7'000, 'x')))->status, 200);
}

TEST(HttpServer, slow_headers_and_slow_bodies_get_408_and_idle_ones_are_closed) {
    ServerOptions options;
    options.limits.header_timeout = 1s;
    options.limits.body_timeout = 1s;
    options.limits.idle_timeout = 1s;
    Running server(std::move(options));
    RawClient head = server.client();
    RawClient body = server.client();
    RawClient idle = server.client();
    head.send("GET /now/x HTTP/1.1\r\nHo");
    body.send("POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(head.read()->status, 408);
    EXPECT_TRUE(head.closes());
    EXPECT_EQ(body.read()->status, 408);
    EXPECT_TRUE(body.closes());
    EXPECT_TRUE(idle.closes());
}

TEST(HttpServer, unknown_paths_methods_and_escapes_have_their_problems) {
    Running server;
    RawClient client = server.client();
    EXPECT_EQ(client.ask(get("/nowhere"))->status, 404);
    EXPECT_EQ(client.ask(post("/nowhere", "a body that is read"))->status, 404);
    const auto method = client.ask(post("/now/x", ""));
    EXPECT_EQ(method->status, 405);
    EXPECT_EQ(method->headers.at("allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(client.ask(get("/now/%zz"))->status, 400);
    const auto options = client.ask("OPTIONS /now/x HTTP/1.1\r\nHost: shop\r\n\r\n");
    EXPECT_EQ(options->status, 204);
    EXPECT_FALSE(options->headers.contains("content-length"));
    EXPECT_EQ(client.ask("GET http://shop/now/x?y=z HTTP/1.1\r\nHost: shop\r\n\r\n")->body, "x");
    EXPECT_EQ(client.ask("\r\n\r\n" + get("/now/x"))->body, "x");
}

TEST(HttpServer, head_says_what_get_would_and_sends_no_body) {
    Running server;
    RawClient client = server.client();
    for (const std::string_view path : {"/now/word", "/ready"}) {
        const auto got = client.ask(get(path));
        client.send("HEAD " + std::string{path} + " HTTP/1.1\r\nHost: shop\r\n\r\n" + get("/now/next"));
        const auto head = client.read(true);
        EXPECT_EQ(head->headers.at("content-length"), got->headers.at("content-length"));
        EXPECT_EQ(client.read()->body, "next");
    }
}

TEST(HttpServer, a_ready_response_comes_in_the_clients_encoding_and_as_304) {
    Running server;
    RawClient client = server.client();
    const auto plain = client.ask(get("/ready"));
    const auto gzipped = client.ask(get("/ready", "Accept-Encoding: gzip, deflate\r\n"));
    const auto brotlied = client.ask(get("/ready", "Accept-Encoding: gzip, br;q=0.9\r\n"));
    EXPECT_EQ(client.ask(get("/ready", "Accept-Encoding: gzip;q=0\r\n"))->body, plain->body);
    EXPECT_EQ(gzipped->headers.at("content-encoding"), "gzip");
    EXPECT_EQ(brotlied->headers.at("content-encoding"), "br");
    std::string decoded(10'000, '\0');
    std::size_t size = decoded.size();
    ASSERT_EQ(
        ::BrotliDecoderDecompress(brotlied->body.size(), reinterpret_cast<const std::uint8_t*>(brotlied->body.data()),
                                  &size, reinterpret_cast<std::uint8_t*>(decoded.data())),
        BROTLI_DECODER_RESULT_SUCCESS);
    EXPECT_EQ(decoded.substr(0, size), plain->body);
    EXPECT_EQ(plain->headers.at("vary"), "Accept-Encoding");
    EXPECT_NE(plain->headers.at("etag"), gzipped->headers.at("etag"));

    client.send(get("/ready", "If-None-Match: \"other\", " + plain->headers.at("etag") + "\r\n"));
    const auto unchanged = client.read();
    EXPECT_EQ(unchanged->status, 304);
    EXPECT_EQ(unchanged->headers.at("etag"), plain->headers.at("etag"));
    client.send(get("/ready", "Accept-Encoding: br\r\nIf-None-Match: " + brotlied->headers.at("etag") + "\r\n"));
    const auto unchanged_brotli = client.read();
    EXPECT_EQ(unchanged_brotli->status, 304);
    EXPECT_EQ(unchanged_brotli->headers.at("etag"), brotlied->headers.at("etag"));
    EXPECT_EQ(client.ask(get("/ready", "If-None-Match: \"other\"\r\n"))->status, 200);
}

TEST(HttpServer, a_large_answer_is_compressed_on_the_way) {
    Running server;
    RawClient client = server.client();
    const auto answer = client.ask(get("/big", "Accept-Encoding: gzip\r\n"));
    EXPECT_EQ(answer->headers.at("content-encoding"), "gzip");
    EXPECT_LT(answer->body.size(), 2'000'000U);
}

TEST(HttpServer, a_handler_that_throws_gives_500_and_the_connection_lives) {
    Running server;
    RawClient client = server.client();
    EXPECT_EQ(client.ask(get("/fails"))->status, 500);
    EXPECT_EQ(client.ask(get("/fails-now"))->status, 500);
    EXPECT_EQ(client.ask(get("/now/x"))->status, 200);
}

TEST(HttpServer, sessions_are_looked_up_and_cookies_need_their_csrf_token) {
    Running server;
    RawClient client = server.client();
    EXPECT_EQ(client.ask(get("/me"))->status, 401);
    EXPECT_EQ(client.ask(get("/me", "Authorization: Bearer wrong\r\n"))->status, 401);
    EXPECT_EQ(client.ask(get("/me", "Authorization: Bearer broken\r\n"))->status, 503);
    EXPECT_EQ(client.ask(get("/me", "Authorization: Bearer cached\r\n"))->status, 200);
    const auto stored = client.ask(get("/me", "Cookie: a=b; md_session=stored\r\n"));
    EXPECT_EQ(stored->body, "01890000-0000-7000-8000-000000000001");
    EXPECT_EQ(stored->headers.at("cache-control"), "no-store");
    EXPECT_EQ(client.ask(post("/me", "", "Cookie: md_session=cached\r\n"))->status, 403);
    EXPECT_EQ(client.ask(post("/me", "", "Cookie: md_session=stored\r\nX-CSRF-Token: no\r\n"))->status, 403);
    EXPECT_EQ(client.ask(post("/me", "", "Cookie: md_session=stored\r\nX-CSRF-Token: csrf\r\n"))->status, 200);
    EXPECT_EQ(client.ask(post("/me", "", "Authorization: Bearer cached\r\n"))->status, 200);
    EXPECT_EQ(client.ask(get("/admin"))->status, 401);
    EXPECT_EQ(client.ask(get("/admin", "Authorization: Bearer operator\r\n"))->status, 200);
}

TEST(HttpServer, an_idempotency_key_is_asked_for_before_the_handler) {
    Running server;
    RawClient client = server.client();
    EXPECT_THAT(client.ask(post("/orders", "x"))->body, HasSubstr("idempotency-key-missing"));
    EXPECT_EQ(client.ask(post("/orders", "x", "Idempotency-Key: " + std::string(65, 'k') + "\r\n"))->status, 400);
    EXPECT_EQ(client.ask(post("/orders", "x", "Idempotency-Key: a b\r\n"))->status, 400);
    EXPECT_EQ(client.ask(post("/orders", "x", "Idempotency-Key: k-1\r\n"))->body, "x");
}

TEST(HttpServer, a_trace_is_taken_over_or_begun) {
    Running server;
    RawClient client = server.client();
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const auto taken = client.ask(get("/trace", "traceparent: 00-" + trace + "-00f067aa0ba902b7-00\r\n"));
    EXPECT_EQ(taken->body.substr(0, 32), trace);
    EXPECT_THAT(taken->headers.at("traceparent"), testing::MatchesRegex("00-" + trace + "-[0-9a-f]{16}-00"));
    EXPECT_NE(taken->body.substr(33), "00f067aa0ba902b7");
    const auto begun = client.ask(get("/trace", "traceparent: 00-nonsense\r\n"));
    EXPECT_EQ(begun->body.size(), 49U);
    EXPECT_NE(begun->body, client.ask(get("/trace"))->body);
}

std::string proxy_header(std::string_view v4_source) {
    std::string header{"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16};
    std::array<char, 4> address{};
    ::inet_pton(AF_INET, std::string{v4_source}.c_str(), address.data());
    header.append(address.data(), 4);
    header.append("\x7f\0\0\1\x12\x34\0\x50", 8);
    return header;
}

TEST(HttpServer, the_clients_address_comes_from_listed_proxies_only) {
    const std::string forwarded = "Forwarded: for=203.0.113.9;proto=https, for=\"[2001:db8::7]:4711\"\r\n";
    {
        Running server;
        EXPECT_EQ(server.client().ask(get("/client", forwarded))->body, "127.0.0.1");
        EXPECT_EQ(server.client().ask(proxy_header("203.0.113.9") + get("/client"))->status, 400);
    }
    ServerOptions options;
    options.proxy_protocol = true;
    options.trusted_proxies = {*Network::parse("127.0.0.0/8"), *Network::parse("2001:db8::/32")};
    Running server(std::move(options));
    EXPECT_EQ(server.client().ask(proxy_header("203.0.113.9") + get("/client"))->body, "203.0.113.9");
    // The proxy's word for the peer is not a listed proxy itself, so what that peer forwards is not believed.
    EXPECT_EQ(server.client().ask(proxy_header("203.0.113.8") + get("/client", forwarded))->body, "203.0.113.8");
    EXPECT_EQ(server.client().ask(proxy_header("127.0.0.3") + get("/client", forwarded))->body, "203.0.113.9");
    RawClient without = server.client();
    without.send(get("/client"));
    EXPECT_FALSE(without.read());
    RawClient piecewise = server.client();
    for (const char byte : proxy_header("203.0.113.7") + get("/client")) piecewise.send({&byte, 1});
    EXPECT_EQ(piecewise.read()->body, "203.0.113.7");
}

TEST(HttpServer, drain_finishes_what_was_accepted_and_refuses_the_rest) {
    Running server;
    RawClient idle = server.client();
    ASSERT_EQ(idle.ask(get("/now/x"))->status, 200);
    RawClient busy = server.client();
    busy.send(get("/slow/kept") + get("/now/behind"));
    std::this_thread::sleep_for(100ms);
    auto drained = server.drain(8s);
    EXPECT_TRUE(idle.closes());
    const auto kept = busy.read();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->body, "kept");
    EXPECT_EQ(kept->headers.at("connection"), "close");
    EXPECT_TRUE(busy.closes());
    ::shutdown(busy.native(), SHUT_WR);
    EXPECT_TRUE(drained.get());
    EXPECT_FALSE(server.client().connected());
}

TEST(HttpServer, drain_gives_up_at_its_deadline) {
    Running server;
    RawClient busy = server.client();
    busy.send(get("/slow/late"));
    std::this_thread::sleep_for(100ms);
    EXPECT_FALSE(server.drain(50ms).get());
    EXPECT_FALSE(busy.read());
}

TEST(HttpServer, a_client_that_leaves_while_its_handler_runs_harms_nobody) {
    Running server;
    for (int i = 0; i < 20; ++i) {
        RawClient leaving = server.client();
        leaving.send(get("/slow/x"));
        linger reset{1, 0};
        ::setsockopt(leaving.native(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    std::this_thread::sleep_for(600ms);
    EXPECT_EQ(server.client().ask(get("/now/x"))->status, 200);
}

TEST(HttpServer, the_server_may_end_while_handlers_run) {
    std::optional<RawClient> client;
    {
        Running server;
        client.emplace(server.port);
        client->send(get("/slow/x"));
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_FALSE(client->read());
}

TEST(HttpServer, idle_connections_make_room_for_new_ones) {
    ServerOptions options;
    options.limits.connections_max = 20;
    Running server(std::move(options));
    std::vector<RawClient> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(server.client());
        ASSERT_EQ(clients.back().ask(get("/now/x"))->status, 200) << i;
    }
    EXPECT_LE(server.figures().open_connections.load(), 20U);
    EXPECT_GE(server.figures().shed_total.load(), 80U);
    EXPECT_TRUE(clients.front().closes());
    EXPECT_EQ(clients.back().ask(get("/now/x"))->status, 200);
}

TEST(HttpServer, when_all_are_busy_a_new_connection_is_told_so) {
    ServerOptions options;
    options.limits.connections_max = 10;
    options.full_answer =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\nfull";
    Running server(std::move(options));
    std::vector<RawClient> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(server.client());
        clients.back().send(get("/slow/x"));
    }
    std::this_thread::sleep_for(50ms);
    // What they sent must not make the kernel take the answer back.
    for (int i = 0; i < 5; ++i) {
        RawClient late = server.client();
        late.send(get("/now/x"));
        const auto refused = late.read();
        ASSERT_TRUE(refused) << i;
        EXPECT_EQ(refused->status, 503);
        EXPECT_EQ(refused->body, "full");
    }
    for (RawClient& client : clients) EXPECT_EQ(client.read()->status, 200);
}

/// Runs in a process of its own, whose descriptors are few; the exit code says what went wrong.
int serve_without_descriptors() {
    ServerOptions options;
    options.limits.connections_max = 1000;  // So that only EMFILE can stop it.
    Running server(std::move(options));
    std::vector<RawClient> clients;
    // Both ends live in this process: each connection takes two descriptors.
    rlimit limit{60, 60};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    for (int i = 0; i < 60; ++i) {
        RawClient client = server.client();
        if (!client.connected() || !client.ask(get("/now/x"))) break;
        clients.push_back(std::move(client));
    }
    std::this_thread::sleep_for(600ms);
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    std::this_thread::sleep_for(1s);
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    const auto used_ms = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000 +
                         (after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1000;
    if (used_ms > 300) return 2;  // It spins.
    if (server.figures().shed_total.load() == 0) return 3;
    clients.clear();
    std::this_thread::sleep_for(600ms);
    RawClient client = server.client();
    const auto answer = client.ask(get("/now/x"));
    return answer && answer->status == 200 ? 0 : 4;
}

TEST(HttpServer, out_of_descriptors_it_sheds_and_does_not_spin) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(serve_without_descriptors());
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(HttpServer, a_port_in_use_is_named) {
    Running server;
    boost::asio::io_context io;
    AsioExecutor executor(io);
    ServerOptions options;
    options.port = server.port;
    Server second(io, executor, {}, options);
    try {
        second.start();
        FAIL() << "two servers on one port";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr(std::to_string(server.port)));
    }
}

}  // namespace
}  // namespace marketday::http
