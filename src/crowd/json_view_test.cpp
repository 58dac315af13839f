#include "crowd/json_view.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace marketday::crowd {
namespace {

TEST(JsonView, finds_members_at_any_depth) {
    const JsonView view(R"( {"a":{"b":[1,{"c":"}]"}]}, "n" : -12 ,"t":true,"z":null,"s":"x\"y"} )");
    EXPECT_EQ(view["n"].integer(), -12);
    EXPECT_TRUE(view["t"].is_true());
    EXPECT_TRUE(view["z"].absent());
    EXPECT_TRUE(view["nothing"].absent());
    EXPECT_EQ(view["s"].text(), "x\"y");
    JsonWalk walk(view["a"]["b"]);
    ASSERT_TRUE(walk.next());
    EXPECT_EQ(walk.value().integer(), 1);
    ASSERT_TRUE(walk.next());
    EXPECT_EQ(walk.value()["c"].bare(), "}]");
    EXPECT_FALSE(walk.next());
}

TEST(JsonView, escapes_become_their_characters) {
    EXPECT_EQ(JsonView(R"("\u00e9 \ud55c \ud83c\udf81 \n\\")").text(), "é 한 🎁 \n\\");
}

TEST(JsonView, what_is_not_json_is_absent) {
    for (const char* text : {"", " ", "{", "[", "\"", "{\"a\"", "{\"a\":", "{\"a\":\"", "]", "{]", "nul", "{\"a\" 1"}) {
        const JsonView view(text);
        EXPECT_FALSE(view["a"].integer() == 2) << text;
        for (JsonWalk walk(view); walk.next();) (void)walk.value().text();
    }
}

TEST(JsonView, random_bytes_never_lead_it_astray) {
    SeededRandom random(11);
    constexpr std::string_view kAlphabet = "{}[]\":,\\u12ae ntf";
    for (int round = 0; round < 50'000; ++round) {
        std::string text;
        for (std::uint64_t i = random.below(24); i-- > 0;) text += kAlphabet[random.below(kAlphabet.size())];
        const JsonView view(text);
        (void)view["a"].text();
        int steps = 0;
        for (JsonWalk walk(view); walk.next();) ASSERT_LT(++steps, 100) << text;
    }
}

}  // namespace
}  // namespace marketday::crowd
