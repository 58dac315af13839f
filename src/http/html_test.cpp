#include "http/html.hpp"

#include <gtest/gtest.h>

#include <string>

namespace marketday::http {
namespace {

using namespace std::string_literals;

TEST(Html, writes_elements_around_what_they_hold) {
    Html html;
    html.in("ul", {cls("goods"), attr("data-count", 2)}, [&] {
        html.leaf("li", {}, "one");
        html.in("li", {},
                [&] { html.empty("img", {src("/images/a/1.webp"), attr("alt", ""), flag("hidden", false)}); });
    });
    EXPECT_EQ(html.take(),
              R"(<ul class="goods" data-count="2"><li>one</li><li><img src="/images/a/1.webp" alt=""></li></ul>)");
}

TEST(Html, text_cannot_become_markup) {
    Html html;
    html.leaf("p", {}, "<script>alert('1')</script> & \"more\"");
    EXPECT_EQ(html.take(), "<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;more&quot;</p>");
}

TEST(Html, a_value_cannot_leave_its_attribute) {
    Html html;
    html.empty("input", {attr("value", "\" autofocus onfocus=\"x")});
    EXPECT_EQ(html.take(), "<input value=\"&quot; autofocus onfocus=&quot;x\">");
}

TEST(Html, controls_that_html_does_not_allow_are_replaced) {
    Html html;
    html.text("a\0b\x1b\x7f\tc\nd\re"s);
    EXPECT_EQ(html.take(),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD\xEF\xBF\xBD\tc\nd\ne");
}

TEST(Html, only_urls_of_harmless_schemes_are_linked) {
    for (const auto* url :
         {"/p/mug", "#top", "?page=2", "https://shop.example/a?b=c", "HTTP://shop.example", "mailto:a@b.example"})
        EXPECT_TRUE(is_safe_url(url)) << url;
    for (const auto* url :
         {"javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)",
          "data:text/html,x", "//evil.example", "/\\evil.example", "/\t/evil.example", "vbscript:x", "relative", ""})
        EXPECT_FALSE(is_safe_url(url)) << url;
    Html html;
    html.leaf("a", {href("javascript:alert(1)")}, "x");
    EXPECT_EQ(html.take(), "<a href=\"#\">x</a>");
}

TEST(Html, a_set_of_pictures_is_left_out_when_one_is_elsewhere_than_it_may_be) {
    Html html;
    html.empty("img", {srcset("/a-320.webp 320w, /a-640.webp 640w")});
    html.empty("img", {srcset("/a-320.webp 320w, javascript:alert(1) 640w")});
    EXPECT_EQ(html.take(), "<img srcset=\"/a-320.webp 320w, /a-640.webp 640w\"><img>");
}

TEST(Html, json_for_search_engines_cannot_end_its_block) {
    Html html;
    html.json_ld(R"({"name":"</script><script>alert(1)</script><!--"})");
    const std::string made = html.take();
    EXPECT_EQ(made.find("</script"), made.rfind("</script"));
    EXPECT_EQ(made.find("<!--"), std::string::npos);
    EXPECT_NE(made.find("\\u003c/script\\u003e"), std::string::npos);
}

TEST(Html, queries_are_encoded_and_empty_values_left_out) {
    EXPECT_EQ(with_query("/search", {{"q", "달 & 별"}, {"sort", ""}, {"cursor", "a+b"}}),
              "/search?q=%EB%8B%AC%20%26%20%EB%B3%84&cursor=a%2Bb");
}

}  // namespace
}  // namespace marketday::http
