#include "usecases/relay_webhook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::usecases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Listener final : public ports::Webhook {
public:
    Task<Result<std::monostate, Error>> post(Notice notice) override {
        posted.push_back(std::move(notice));
        if (down) co_return fail(Error::not_taken);
        co_return std::monostate{};
    }
    std::vector<Notice> posted;
    bool down = false;
};

// The example of the specification's own libraries.
constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class WebhookTest : public testing::Test {
protected:
    static ShopEvent paid(std::string id) {
        ShopEvent event;
        event.id = std::move(id);
        event.type = "order.paid";
        event.at = from_unix_ms(1'614'265'330'000);
        event.order = OrderId::parse("01890a5d-ac96-774b-bcce-b302099a8057");
        event.total = Money{39'000, *Currency::parse("KRW")};
        return event;
    }
    ManualClock clock_;
    Listener listener_;
    NotifyWebhook notify_{
        listener_, clock_, {.name = "webhook-x", .types = {"order.paid"}, .keys = {*parse_webhook_secret(kSecret)}}};
};

TEST_F(WebhookTest, signatures_are_those_of_the_specification) {
    const auto key = *parse_webhook_secret(kSecret);
    constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    constexpr std::string_view kBody = R"({"test": 2432232314})";
    const std::string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    EXPECT_EQ(sign_webhook({key}, kId, 1'614'265'330, kBody), signature);
    const auto other = *parse_webhook_secret("whsec_" + to_base64(std::vector<std::uint8_t>(32, 7)));
    const std::string both = sign_webhook({other, key}, kId, 1'614'265'330, kBody);
    EXPECT_THAT(both, testing::EndsWith(" " + signature));
    EXPECT_NE(both.substr(0, signature.size()), signature);
}

TEST_F(WebhookTest, what_is_no_secret_is_refused) {
    EXPECT_FALSE(parse_webhook_secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    EXPECT_FALSE(parse_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La!aSw"));
    EXPECT_FALSE(parse_webhook_secret("whsec_" + to_base64(std::vector<std::uint8_t>(23, 1))));
    EXPECT_FALSE(parse_webhook_secret("whsec_" + to_base64(std::vector<std::uint8_t>(65, 1))));
    EXPECT_TRUE(parse_webhook_secret("whsec_" + to_base64(std::vector<std::uint8_t>(64, 1))));
}

TEST_F(WebhookTest, a_notice_says_what_happened_to_which_order) {
    EXPECT_TRUE(run_task(notify_.handle(paid("batch-3"))));
    const auto& notice = listener_.posted.at(0);
    EXPECT_EQ(notice.id, "batch-3");
    EXPECT_EQ(notice.at_s, to_unix_ms(clock_.wall_now()) / 1000);
    EXPECT_EQ(notice.body, R"({"type":"order.paid","timestamp":"2021-02-25T15:02:10.000Z","data":)"
                           R"({"order":"01890a5d-ac96-774b-bcce-b302099a8057",)"
                           R"("total":{"amount_minor":39000,"currency":"KRW"}}})");
    EXPECT_EQ(notice.signatures, sign_webhook({*parse_webhook_secret(kSecret)}, "batch-3", notice.at_s, notice.body));
    EXPECT_EQ(notify_.figures().taken_total, 1U);
}

TEST_F(WebhookTest, an_address_that_does_not_answer_is_left_alone_for_a_while) {
    listener_.down = true;
    EXPECT_FALSE(run_task(notify_.handle(paid("a"))));
    EXPECT_FALSE(run_task(notify_.handle(paid("b"))));
    EXPECT_EQ(listener_.posted.size(), 1U);
    listener_.down = false;
    EXPECT_FALSE(run_task(notify_.handle(paid("b"))));
    clock_.pass(seconds{6});
    EXPECT_TRUE(run_task(notify_.handle(paid("b"))));
    EXPECT_EQ(listener_.posted.size(), 2U);
    EXPECT_EQ(notify_.figures().failures_total, 1U);
}

TEST_F(WebhookTest, it_wants_only_the_topics_that_its_types_are_in) {
    EXPECT_THAT(notify_.group().topics, ElementsAre("orders"));
    NotifyWebhook all{listener_, clock_, {.name = "webhook-y", .types = webhook_types(), .keys = {}}};
    EXPECT_THAT(all.group().topics, ElementsAre("orders", "reservations", "sales"));
}

}  // namespace
}  // namespace marketday::usecases
