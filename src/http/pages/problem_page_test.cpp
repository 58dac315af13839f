#include "http/pages/problem_page.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

constexpr EmbeddedAsset kAssets[] = {
    {"shop.css", "shop.1.css", "text/css; charset=utf-8", "", "", ""},
    {"shop.js", "shop.2.js", "text/javascript; charset=utf-8", "", "", ""},
    {"favicon.svg", "favicon.3.svg", "image/svg+xml", "", "", ""},
};

struct ProblemPage : testing::Test {
    Assets assets{{}, kAssets};
    Site site{.base_url = "https://shop.example", .assets = &assets};

    Response dressed(Response response, std::string_view path, std::string_view accept) {
        Request request;
        request.path = request.target = path;
        request.headers = {{"Accept", accept}, {"Accept-Language", "en"}};
        dress_problem(site, request, response);
        return response;
    }
};

std::string header_of(const Response& response, std::string_view name) {
    for (const auto& [have, value] : response.headers)
        if (have == name) return value;
    return {};
}

TEST_F(ProblemPage, a_full_house_is_told_in_every_language_and_tried_again) {
    const std::string answer = full_house_answer(site);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    for (const auto* part : {"지금 손님이 많습니다", "ただいま混み合っています", "We are very busy right now",
                             R"(<meta http-equiv="refresh" content="5">)", "Retry-After: 5\r\n"})
        EXPECT_NE(answer.find(part), std::string::npos) << part;
    const std::string html = answer.substr(answer.find("\r\n\r\n") + 4);
    EXPECT_NE(answer.find(fmt::format("Content-Length: {}\r\n", html.size())), std::string::npos);
    EXPECT_LT(answer.size(), 4096U);  // fits an empty socket's buffer whole
    const std::size_t begin = html.find("<style>") + 7;
    const std::string style = html.substr(begin, html.find("</style>") - begin);
    EXPECT_NE(answer.find("style-src '" + integrity_of(style) + "'"), std::string::npos);
}

TEST_F(ProblemPage, a_browser_is_told_what_it_can_do_now) {
    const Response busy = dressed(problem(store_unavailable()), "/p/mug", "text/html,*/*");
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(busy.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(header_of(busy, "Retry-After"), "2");
    EXPECT_NE(busy.body.find("try again in 2 seconds"), std::string::npos);
    EXPECT_NE(busy.body.find(R"(href="/p/mug")"), std::string::npos);
}

TEST_F(ProblemPage, programs_and_the_api_get_the_problem_itself) {
    EXPECT_EQ(dressed(problem(not_found("product")), "/p/none", "application/json").content_type,
              "application/problem+json");
    EXPECT_EQ(dressed(problem(not_found("product")), "/api/v1/products/none", "text/html").content_type,
              "application/problem+json");
}

TEST_F(ProblemPage, a_page_that_needs_a_session_leads_to_the_log_in_and_back) {
    const Response response =
        dressed(problem({401, "sign-in-needed", "Sign in first.", {}, {}, {}}), "/orders", "text/html");
    EXPECT_EQ(response.status, 303);
    EXPECT_EQ(header_of(response, "Location"), "/log-in?next=%2Forders");
}

}  // namespace
}  // namespace marketday::http::pages
