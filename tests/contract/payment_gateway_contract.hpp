#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/payment_gateway.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// A gateway with test cards: one that it takes and one that it declines.
struct GatewayUnderTest {
    virtual ~GatewayUnderTest() = default;
    virtual ports::PaymentGateway& gateway() = 0;
    virtual std::string good_token() = 0;
    virtual std::string declined_token() = 0;
    /// The shop dies and comes back; what the gateway knows stays.
    virtual void restart() = 0;
};

struct GatewayFactory {
    std::string name;
    std::function<std::unique_ptr<GatewayUnderTest>()> make;
};

class PaymentGatewayContract : public testing::TestWithParam<GatewayFactory> {
protected:
    using Gateway = ports::PaymentGateway;
    using Status = Gateway::Status;

    void SetUp() override { under_test_ = GetParam().make(); }
    Gateway& gateway() { return under_test_->gateway(); }
    static PaymentId payment(std::uint8_t number) {
        PaymentId id;
        id.uuid.bytes[0] = number;
        return id;
    }
    static Instant soon() { return std::chrono::steady_clock::now() + seconds{10}; }
    Status authorise(std::uint8_t number, const std::string& token) {
        Gateway::Charge charge{.payment = payment(number),
                               .order = OrderId{payment(number).uuid},
                               .amount = {12'000, *Currency::parse("KRW")},
                               .token = token};
        return run_task(gateway().authorise(std::move(charge), soon())).value();
    }
    Status authorise(std::uint8_t number) { return authorise(number, under_test_->good_token()); }
    Status capture(std::uint8_t number) { return run_task(gateway().capture(payment(number), soon())).value(); }
    Status void_it(std::uint8_t number) { return run_task(gateway().void_payment(payment(number), soon())).value(); }
    Status refund(std::uint8_t number) { return run_task(gateway().refund(payment(number), soon())).value(); }
    Status query(std::uint8_t number) { return run_task(gateway().query(payment(number), soon())).value(); }

    std::unique_ptr<GatewayUnderTest> under_test_;
};

TEST_P(PaymentGatewayContract, a_good_card_is_authorised_and_captured_once_however_often_it_is_asked) {
    EXPECT_EQ(query(1), Status::not_known);
    EXPECT_EQ(authorise(1), Status::authorised);
    EXPECT_EQ(authorise(1), Status::authorised);
    EXPECT_EQ(capture(1), Status::captured);
    EXPECT_EQ(capture(1), Status::captured);
    EXPECT_EQ(authorise(1), Status::captured);
    EXPECT_EQ(query(1), Status::captured);
}

TEST_P(PaymentGatewayContract, a_declined_card_stays_declined) {
    EXPECT_EQ(authorise(1, under_test_->declined_token()), Status::declined);
    EXPECT_EQ(authorise(1), Status::declined);
    EXPECT_EQ(capture(1), Status::declined);
    EXPECT_EQ(void_it(1), Status::declined);
    EXPECT_EQ(refund(1), Status::declined);
}

TEST_P(PaymentGatewayContract, what_was_voided_is_never_captured_even_when_the_charge_comes_later) {
    EXPECT_EQ(authorise(1), Status::authorised);
    EXPECT_EQ(void_it(1), Status::voided);
    EXPECT_EQ(capture(1), Status::voided);
    EXPECT_EQ(void_it(2), Status::voided);
    EXPECT_EQ(authorise(2), Status::voided);
    EXPECT_EQ(capture(2), Status::voided);
    EXPECT_EQ(query(2), Status::voided);
}

TEST_P(PaymentGatewayContract, a_capture_cannot_be_voided_and_is_refunded_once) {
    authorise(1);
    capture(1);
    EXPECT_EQ(void_it(1), Status::captured);
    EXPECT_EQ(refund(1), Status::refunded);
    EXPECT_EQ(refund(1), Status::refunded);
    EXPECT_EQ(capture(1), Status::refunded);
    EXPECT_EQ(void_it(1), Status::refunded);
}

TEST_P(PaymentGatewayContract, there_is_nothing_to_refund_before_a_capture) {
    EXPECT_EQ(refund(1), Status::not_known);
    authorise(1);
    EXPECT_EQ(refund(1), Status::authorised);
}

TEST_P(PaymentGatewayContract, a_capture_is_told_again_until_it_is_acknowledged) {
    authorise(1);
    capture(1);
    const auto news = run_task(gateway().notifications(10)).value();
    ASSERT_FALSE(news.empty());
    EXPECT_EQ(news[0].payment, payment(1));
    EXPECT_EQ(news[0].order, OrderId{payment(1).uuid});
    EXPECT_EQ(news[0].status, Status::captured);
    EXPECT_EQ(run_task(gateway().notifications(10)).value().size(), news.size());
    std::vector<std::int64_t> positions;
    for (const auto& one : news) positions.push_back(one.position);
    ASSERT_TRUE(run_task(gateway().acknowledge(positions)));
    EXPECT_TRUE(run_task(gateway().notifications(10)).value().empty());
}

TEST_P(PaymentGatewayContract, what_it_knows_outlives_the_shop) {
    authorise(1);
    capture(1);
    void_it(2);
    under_test_->restart();
    EXPECT_EQ(query(1), Status::captured);
    EXPECT_EQ(authorise(2), Status::voided);
    EXPECT_EQ(run_task(gateway().notifications(10)).value().size(), 1U);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PaymentGatewayContract);

}  // namespace marketday::contract
