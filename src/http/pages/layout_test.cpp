#include "http/pages/layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

namespace marketday::http::pages {
namespace {

using domain::Language;

constexpr EmbeddedAsset kAssets[] = {
    {"shop.css", "shop.1.css", "text/css; charset=utf-8", "", "", ""},
    {"shop.js", "shop.2.js", "text/javascript; charset=utf-8", "", "", ""},
    {"hosts.js", "hosts.4.js", "text/javascript; charset=utf-8", "", "", ""},
    {"favicon.svg", "favicon.3.svg", "image/svg+xml", "", "", ""},
};

struct Layout : testing::Test {
    Assets assets{{}, kAssets};
    Site site{.base_url = "https://shop.example", .assets = &assets};

    std::string made(Language language, const PageHead& head) {
        return page(site, language, head, [](Html& html) { html.leaf("h1", {}, "Body"); });
    }
};

bool has(const std::string& page, std::string_view part) { return page.find(part) != std::string::npos; }

Request request_with(std::vector<Request::Header> headers, std::string_view query = {}) {
    Request request;
    request.headers = std::move(headers);
    request.query = query;
    return request;
}

TEST_F(Layout, a_page_says_where_its_other_languages_are) {
    const std::string page = made(Language::ja, {.title = "月壺", .path = "/p/moon-jar"});
    EXPECT_TRUE(has(page, "<html lang=\"ja\">"));
    EXPECT_TRUE(has(page, R"(<link rel="canonical" href="https://shop.example/p/moon-jar?lang=ja">)"));
    EXPECT_TRUE(has(page, R"(<link rel="alternate" hreflang="ko" href="https://shop.example/p/moon-jar?lang=ko">)"));
    EXPECT_TRUE(has(page, R"(hreflang="x-default" href="https://shop.example/p/moon-jar")"));
    EXPECT_TRUE(has(page, R"(<a href="/p/moon-jar?lang=en" lang="en" hreflang="en">English</a>)"));
    EXPECT_TRUE(has(page, R"(href="/assets/shop.1.css")"));
}

TEST_F(Layout, what_is_not_for_search_engines_says_so) {
    const std::string page = made(Language::en, {.title = "Basket", .indexed = false});
    EXPECT_TRUE(has(page, R"(<meta name="robots" content="noindex">)"));
    EXPECT_FALSE(has(page, "canonical"));
}

TEST_F(Layout, titles_and_descriptions_are_escaped) {
    const std::string page = made(Language::en, {.title = "</title><script>", .description = "\"><script>"});
    EXPECT_FALSE(has(page, "<script>"));
}

TEST_F(Layout, nothing_in_a_page_is_inline) {
    const std::string page = made(Language::ko, {.title = "홈"});
    EXPECT_FALSE(has(page, " style="));
    EXPECT_FALSE(has(page, "<style"));
    EXPECT_FALSE(has(page, " onclick="));
}

TEST_F(Layout, another_host_of_assets_is_checked_by_hash_and_watched_from_the_shop) {
    site.asset_host = "https://cdn.example/a";
    site.image_host = "https://pics.example";
    const std::string page = made(Language::ko, {.title = "홈"});
    EXPECT_TRUE(
        has(page, R"(<script src="/assets/hosts.4.js" data-hosts="https://cdn.example/a https://pics.example">)"));
    EXPECT_TRUE(
        has(page, R"(href="https://cdn.example/a/assets/shop.1.css" crossorigin="anonymous" integrity="sha256-)"));
    EXPECT_TRUE(
        has(page, R"(src="https://cdn.example/a/assets/shop.2.js" crossorigin="anonymous" integrity="sha256-)"));
    EXPECT_LT(page.find("hosts.4.js"), page.find("shop.1.css"));
    const Response response = page_response(site, 200, page);
    const auto policy =
        std::ranges::find(response.headers, "Content-Security-Policy", [](const auto& h) { return h.first; });
    EXPECT_TRUE(has(policy->second,
                    "script-src 'self' https://cdn.example/a/assets/; "
                    "style-src 'self' https://cdn.example/a/assets/; "
                    "img-src 'self' data: https://pics.example/images/;"));
}

TEST_F(Layout, pictures_of_the_shop_are_asked_of_the_image_host_and_others_where_they_are) {
    site.image_host = "https://pics.example";
    const std::string ours = "/images/mug/0123456789abcdef-1280.webp";
    const std::string page = pages::page(site, Language::en, {.title = "Home"}, [&](Html& html) {
        write_picture(html, {.url = ours, .alt = ""});
        write_picture(html, {.url = "/elsewhere.png", .alt = ""});
    });
    EXPECT_TRUE(has(page, "src=\"https://pics.example" + ours));
    EXPECT_TRUE(has(page, "https://pics.example/images/mug/0123456789abcdef-320.webp 320w"));
    EXPECT_TRUE(has(page, R"(src="/elsewhere.png")"));
    EXPECT_TRUE(has(page, R"(href="/assets/shop.1.css")"));
}

TEST(Language, the_address_wins_over_the_cookie_and_the_cookie_over_the_browser) {
    EXPECT_EQ(choose_language(request_with({})).language, Language::ko);
    EXPECT_EQ(choose_language(request_with({{"Accept-Language", "ja,en;q=0.5"}})).language, Language::ja);
    const auto by_cookie = choose_language(request_with({{"Cookie", "md_lang=en"}, {"Accept-Language", "ja"}}));
    EXPECT_EQ(by_cookie.language, Language::en);
    EXPECT_FALSE(by_cookie.by_address);
    const auto by_address = choose_language(request_with({{"Cookie", "md_lang=en"}}, "a=b&lang=ja"));
    EXPECT_EQ(by_address.language, Language::ja);
    EXPECT_TRUE(by_address.by_address && by_address.remember);
    EXPECT_FALSE(choose_language(request_with({{"Cookie", "md_lang=ja"}}, "lang=ja")).remember);
    EXPECT_EQ(choose_language(request_with({}, "lang=xx")).language, Language::ko);
}

TEST(Language, accept_language_is_weighed) {
    EXPECT_EQ(accepted_language("fr, en;q=0.3, ko-KR;q=0.9"), Language::ko);
    EXPECT_EQ(accepted_language("EN-us"), Language::en);
    EXPECT_EQ(accepted_language("jazz, en;q=0"), std::nullopt);
    EXPECT_EQ(accepted_language(",;q=,,ja;q=0.001"), Language::ja);
    EXPECT_EQ(accepted_language(""), std::nullopt);
}

TEST(Pages, every_page_has_the_headers_that_a_scanner_expects) {
    const Response response = page_response(Site{}, 200, "");
    for (const auto* name :
         {"Content-Security-Policy", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy",
          "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "X-Permitted-Cross-Domain-Policies"}) {
        bool found = false;
        for (const auto& header : response.headers) found = found || header.first == name;
        EXPECT_TRUE(found) << name;
    }
    for (const auto& [name, value] : response.headers)
        EXPECT_EQ(value.find("unsafe-inline"), std::string::npos) << name;
}

}  // namespace
}  // namespace marketday::http::pages
