// The parts of the server that need no socket.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "base/random.hpp"
#include "http/client_address.hpp"
#include "http/head_parser.hpp"
#include "http/negotiation.hpp"
#include "http/ready.hpp"
#include "http/router.hpp"
#include "http/trace_context.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

Route route(Method method, std::string_view pattern) {
    Route made;
    made.method = method;
    made.pattern = pattern;
    return made;
}

std::vector<Route> some_routes() {
    return {route(Method::get, "/orders"),
            route(Method::post, "/orders"),
            route(Method::get, "/orders/{order}"),
            route(Method::get, "/orders/export"),
            route(Method::post, "/orders/{order}/ship"),
            route(Method::get, "/a/{x}/b/{y}/{z}"),
            route(Method::get, "/files/{path...}"),
            route(Method::get, "/")};
}

class RouterTest : public testing::Test {
protected:
    std::string_view pattern_of(Method method, std::string_view path) {
        for (auto& param : params) param.clear();
        const auto match = router.find(method, path, params);
        return match.kind == Router::Match::Kind::found ? match.route->pattern : std::string_view{};
    }
    Router router{some_routes()};
    std::array<std::string, 3> params;
};

TEST_F(RouterTest, literal_segments_win_over_parameters) {
    EXPECT_EQ(pattern_of(Method::get, "/orders/export"), "/orders/export");
    EXPECT_EQ(pattern_of(Method::get, "/orders/exports"), "/orders/{order}");
    // A literal that leads nowhere does not hide the parameter.
    EXPECT_EQ(pattern_of(Method::post, "/orders/export/ship"), "/orders/{order}/ship");
    EXPECT_EQ(params[0], "export");
}

TEST_F(RouterTest, parameters_are_decoded_in_the_order_of_the_braces) {
    EXPECT_EQ(pattern_of(Method::get, "/a/1%2F2/b/%EA%B0%80/+"), "/a/{x}/b/{y}/{z}");
    EXPECT_THAT(params, testing::ElementsAre("1/2", "가", "+"));
    EXPECT_EQ(pattern_of(Method::get, "/files/css/site.css"), "/files/{path...}");
    EXPECT_EQ(params[0], "css/site.css");
}

TEST_F(RouterTest, what_is_not_there_is_told_apart) {
    EXPECT_EQ(router.find(Method::get, "/nope", params).kind, Router::Match::Kind::no_such_path);
    EXPECT_EQ(router.find(Method::get, "/orders/", params).kind, Router::Match::Kind::no_such_path);
    EXPECT_EQ(router.find(Method::get, "/orders//ship", params).kind, Router::Match::Kind::no_such_path);
    EXPECT_EQ(router.find(Method::get, "*", params).kind, Router::Match::Kind::no_such_path);
    EXPECT_EQ(router.find(Method::get, "/orders/%4", params).kind, Router::Match::Kind::bad_escape);
    const auto match = router.find(Method::del, "/orders", params);
    EXPECT_EQ(match.kind, Router::Match::Kind::no_such_method);
    EXPECT_EQ(Router::allow(*match.of_path), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(pattern_of(Method::head, "/orders"), "/orders");
    EXPECT_EQ(pattern_of(Method::get, "/"), "/");
}

TEST_F(RouterTest, a_table_that_contradicts_itself_is_refused) {
    EXPECT_THROW(Router({route(Method::get, "/a/{x}"), route(Method::get, "/a/{y}")}), std::invalid_argument);
    EXPECT_THROW(Router({route(Method::get, "a")}), std::invalid_argument);
    EXPECT_THROW(Router({route(Method::get, "/{a}/{b}/{c}/{d}")}), std::invalid_argument);
}

TEST(HeadScanner, finds_the_end_however_the_head_is_cut) {
    const std::string_view head = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
    HeadScanner scanner;
    SyntaxError error = SyntaxError::none;
    for (std::size_t n = 0; n < head.size(); ++n) ASSERT_EQ(scanner.scan(head.substr(0, n), error), 0U) << n;
    EXPECT_EQ(scanner.scan(head, error), head.size());
    EXPECT_EQ(error, SyntaxError::none);
}

TEST(HeadScanner, sees_folding_across_two_reads) {
    HeadScanner scanner;
    SyntaxError error = SyntaxError::none;
    EXPECT_EQ(scanner.scan("GET / HTTP/1.1\r\nX: y\r\n", error), 0U);
    EXPECT_EQ(error, SyntaxError::none);
    EXPECT_EQ(scanner.scan("GET / HTTP/1.1\r\nX: y\r\n z\r\n", error), 0U);
    EXPECT_EQ(error, SyntaxError::folded_header);
}

TEST(Negotiation, follows_rfc_9110) {
    struct Case {
        std::string_view header;
        bool gzip;
        bool brotli;
    };
    for (const Case& c :
         {Case{"", false, false}, Case{"gzip", true, false}, Case{"br, gzip;q=0.5", true, true}, Case{"*", true, true},
          Case{"*;q=0, gzip", true, false}, Case{"br;q=0, *", true, false}, Case{"gzip;q=0.000", false, false},
          Case{"GZIP ; Q=0.1", true, false}, Case{"identity", false, false}}) {
        EXPECT_EQ(acceptable_encodings(c.header).gzip, c.gzip) << c.header;
        EXPECT_EQ(acceptable_encodings(c.header).brotli, c.brotli) << c.header;
    }
}

TEST(Negotiation, if_none_match_compares_weakly_and_across_encodings) {
    EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
    EXPECT_TRUE(etag_matches("W/\"a\"", "\"a\""));
    EXPECT_TRUE(etag_matches("\"x\", \"a-gz\"", "\"a\""));
    EXPECT_TRUE(etag_matches(" * ", "\"a\""));
    EXPECT_FALSE(etag_matches("\"b\"", "\"a\""));
    EXPECT_FALSE(etag_matches("a", "\"a\""));
    EXPECT_FALSE(etag_matches("", "\"a\""));
}

TEST(ReadyResponse, holds_complete_answers_and_skips_what_does_not_shrink) {
    const auto small = make_ready(200, "application/json", {{"Surrogate-Key", "x"}}, "{}");
    EXPECT_TRUE(small->gzip.empty());
    EXPECT_THAT(small->identity, HasSubstr("Content-Length: 2\r\n\r\n{}"));
    EXPECT_THAT(small->identity, HasSubstr("Surrogate-Key: x\r\n"));
    EXPECT_THAT(small->not_modified, HasSubstr("ETag: " + small->etag));
    EXPECT_THAT(small->not_modified, Not(HasSubstr("Content-Length")));
    const auto large = make_ready(200, "application/json", {}, std::string(5000, ' '));
    EXPECT_LT(large->gzip.size(), 600U);
    EXPECT_LT(large->brotli.size(), 600U);
    EXPECT_EQ(split_ready(large->identity).body.size(), 5000U);
    EXPECT_EQ(make_ready(200, "text/plain", {{"ETag", "\"v7\""}}, "x")->etag, "\"v7\"");
}

TEST(ClientAddress, networks_take_in_what_they_cover) {
    const auto in = [](std::string_view network, std::string_view address) {
        return Network::parse(network)->contains(*parse_address(address));
    };
    EXPECT_TRUE(in("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(in("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(in("10.128.0.0/9", "10.200.0.1"));
    EXPECT_FALSE(in("10.128.0.0/9", "10.1.0.1"));
    EXPECT_TRUE(in("192.0.2.7", "192.0.2.7"));
    EXPECT_TRUE(in("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(in("::/0", "192.0.2.7"));
    EXPECT_FALSE(Network::parse("10.0.0.0/33"));
    EXPECT_FALSE(Network::parse("10.0.0/8"));
    EXPECT_FALSE(Network::parse("10.0.0.0/"));
    EXPECT_EQ(parse_address("::ffff:192.0.2.7")->to_string(), "192.0.2.7");
}

TEST(ClientAddress, forwarded_is_read_from_the_right_as_far_as_proxies_are_listed) {
    const std::vector<Network> proxies{*Network::parse("10.0.0.0/8")};
    const ClientAddress peer = *parse_address("10.0.0.1");
    const auto client = [&](std::string_view header) { return forwarded_client(header, proxies, peer).to_string(); };
    EXPECT_EQ(client("for=192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(client("for=1.1.1.1, For=\"192.0.2.1:4711\";proto=https, for=10.0.0.9"), "192.0.2.1");
    EXPECT_EQ(client("for=\"[2001:db8::1]:80\""), "2001:db8::1");
    EXPECT_EQ(client("for=unknown"), "10.0.0.1");
    EXPECT_EQ(client("for=_hidden, for=10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(client("proto=https"), "10.0.0.1");
    EXPECT_EQ(client(",,,"), "10.0.0.1");
}

TEST(ProxyProtocol, version_2_is_parsed_and_anything_else_refused) {
    std::string v6{"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x27", 16};
    v6 += std::string(32, '\0') + "\0\0\0\0"s + "abc";
    v6[16 + 15] = 1;
    const auto parsed = parse_proxy_v2(v6);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->bytes, v6.size());
    EXPECT_EQ(parsed->source->to_string(), "::1");
    for (std::size_t n = 0; n < v6.size(); ++n)
        EXPECT_EQ(parse_proxy_v2(std::string_view{v6}.substr(0, n))->bytes, 0U) << n;

    const std::string local{"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0", 16};
    EXPECT_EQ(parse_proxy_v2(local)->bytes, 16U);
    EXPECT_FALSE(parse_proxy_v2(local)->source);

    EXPECT_EQ(parse_proxy_v2("GET / HTTP/1.1").error(), ProxyError::not_a_proxy_header);
    std::string broken = v6;
    broken[12] = 0x31;
    EXPECT_EQ(parse_proxy_v2(broken).error(), ProxyError::malformed);
    broken = v6;
    broken[15] = 12;  // too short for two IPv6 addresses
    EXPECT_EQ(parse_proxy_v2(broken).error(), ProxyError::malformed);
    broken[14] = 0x7f;
    EXPECT_EQ(parse_proxy_v2(broken).error(), ProxyError::too_long);
}

TEST(TraceContext, only_a_valid_traceparent_is_taken_over) {
    SeededRandom random(7);
    std::string trace;
    std::string span;
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    EXPECT_EQ(continue_trace(good, random, trace, span)[1], '0');
    EXPECT_EQ(trace, good.substr(3, 32));
    for (std::string bad :
         {good.substr(1), good + "-x", "ff" + good.substr(2), "00-" + std::string(32, '0') + good.substr(35),
          good.substr(0, 36) + std::string(16, '0') + "-00", "00-4BF9" + good.substr(7)}) {
        continue_trace(bad, random, trace, span);
        EXPECT_NE(trace, good.substr(3, 32)) << bad;
        EXPECT_EQ(trace.size(), 32U);
    }
    continue_trace("01" + good.substr(2) + "-more", random, trace, span);
    EXPECT_EQ(trace, good.substr(3, 32));
}

TEST(Request, cookies_queries_and_tokens_are_found) {
    Request request;
    request.headers = {{"COOKIE", "a=1; md_session=tok; md=2"}, {"X-One", "1"}};
    request.query = "q=%ED%95%9C+%EA%B8%80&empty=&flag&broken=%zz&q=second";
    EXPECT_EQ(request.cookie("md_session"), "tok");
    EXPECT_EQ(request.cookie("session"), "");
    EXPECT_EQ(request.session_token(), "tok");
    EXPECT_TRUE(request.session_by_cookie());
    EXPECT_EQ(request.header("x-one"), "1");
    EXPECT_EQ(request.query_param("q"), "한 글");
    EXPECT_EQ(request.query_param("empty"), "");
    EXPECT_EQ(request.query_param("flag"), "");
    EXPECT_EQ(request.query_param("broken"), "%zz");
    EXPECT_EQ(request.query_param("none"), std::nullopt);
    request.headers.push_back({"Authorization", "bearer  other "});
    EXPECT_EQ(request.session_token(), "other");
    EXPECT_FALSE(request.session_by_cookie());
}

TEST(Problem, is_rendered_as_rfc_9457_says) {
    const Response response = problem({.status = 409,
                                       .type = "sold-out",
                                       .title = "Say \"sold\"",
                                       .detail = "",
                                       .extra_json = "\"lines\":[]",
                                       .retry_after = seconds{3}});
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.body, R"({"type":"/problems/sold-out","title":"Say \"sold\"","status":409,"lines":[]})");
    EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Retry-After", "3")));
}

TEST(Url, encoding_round_trips) {
    std::string decoded;
    ASSERT_TRUE(percent_decode_into(percent_encode("한/ %+?"), decoded));
    EXPECT_EQ(decoded, "한/ %+?");
    EXPECT_FALSE(percent_decode_into("a%", decoded));
    EXPECT_FALSE(percent_decode_into("a%1", decoded));
    EXPECT_FALSE(percent_decode_into("a%g1", decoded));
}

}  // namespace
}  // namespace marketday::http
