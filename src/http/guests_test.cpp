#include "http/guests.hpp"

#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"

namespace marketday::http {
namespace {

class Sessions final : public usecases::Authenticate {
public:
    const usecases::Session* cached(std::string_view token) override { return token == "known" ? &session_ : nullptr; }
    Task<Result<std::optional<usecases::Session>, Error>> find(std::string) override {
        co_return std::optional<usecases::Session>{};
    }

private:
    usecases::Session session_{.customer = {}, .verified = true, .csrf_token = "secret", .expires = {}};
};

struct GuestsTest : testing::Test {
    Sessions sessions;
    SeededRandom random{7};
    Guests guests{sessions, random, {}};

    Guest find(std::vector<Request::Header> headers) {
        request.headers = std::move(headers);
        return run_task(guests.find(request)).value();
    }
    std::string cookie_of(const Guest& guest) {
        Response response;
        guests.remember(response, guest);
        const std::string& set = response.headers.at(0).second;
        return set.substr(0, set.find(';'));
    }
    Request request;
};

TEST(FormTest, fields_are_decoded_and_keep_their_order) {
    const Form form = Form::parse("sku=a&quantity=1&sku=b%2Bc&name=%ED%99%8D+gil&empty=&&flag");
    EXPECT_EQ(form.text("sku"), "a");
    EXPECT_EQ(form.all("sku"), (std::vector<std::string_view>{"a", "b+c"}));
    EXPECT_EQ(form.text("name"), "홍 gil");
    EXPECT_EQ(form.number("quantity"), 1);
    EXPECT_TRUE(form.has("flag"));
    EXPECT_FALSE(form.has("nothing"));
}

TEST(FormTest, what_is_no_text_or_no_number_counts_for_nothing) {
    const Form form = Form::parse("bad=%ff%fe&nul=a%00b&minus=-1&long=99999999999999999999&words=12a");
    EXPECT_FALSE(form.has("bad"));
    EXPECT_FALSE(form.has("nul"));
    for (const char* name : {"minus", "long", "words", "nothing"}) EXPECT_FALSE(form.number(name)) << name;
}

TEST_F(GuestsTest, a_guest_is_known_again_by_the_cookie_and_by_no_other) {
    const Guest first = find({});
    EXPECT_TRUE(first.is_new);
    const std::string cookie = cookie_of(first);
    const Guest again = find({{"Cookie", cookie}});
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.id, first.id);
    std::string forged = cookie;
    forged[12] = forged[12] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(find({{"Cookie", forged}}).is_new);
    EXPECT_TRUE(find({{"Cookie", "md_guest=x"}}).is_new);
}

TEST_F(GuestsTest, a_form_of_somebody_signed_in_needs_the_token_unless_the_browser_vouches_for_the_page) {
    const Form with = Form::parse("csrf_token=secret");
    const Form without = Form::parse("");
    Guest guest = find({{"Cookie", "md_session=known"}});
    ASSERT_TRUE(guest.session);
    EXPECT_TRUE(Guests::is_own_form(request, with, guest, false));
    EXPECT_FALSE(Guests::is_own_form(request, without, guest, false));
    EXPECT_FALSE(Guests::is_own_form(request, without, guest, true)) << "nobody vouches";
    guest = find({{"Cookie", "md_session=known"}, {"Sec-Fetch-Site", "same-origin"}});
    EXPECT_TRUE(Guests::is_own_form(request, without, guest, true));
    EXPECT_FALSE(Guests::is_own_form(request, without, guest, false));
    guest = find({{"Cookie", "md_session=known"}, {"Host", "shop.kr"}, {"Origin", "https://shop.kr"}});
    EXPECT_TRUE(Guests::is_own_form(request, without, guest, true));
    guest = find({{"Cookie", "md_session=known"}, {"Host", "shop.kr"}, {"Origin", "https://evil.example"}});
    EXPECT_FALSE(Guests::is_own_form(request, with, guest, true));
}

TEST_F(GuestsTest, a_visitor_has_no_token_but_no_other_site_may_speak_for_him) {
    const Form form = Form::parse("sku=mug");
    EXPECT_TRUE(Guests::is_own_form(request, form, find({}), true));
    for (const char* site : {"cross-site", "same-site", "none"})
        EXPECT_FALSE(Guests::is_own_form(request, form, find({{"Sec-Fetch-Site", site}}), true)) << site;
}

}  // namespace
}  // namespace marketday::http
