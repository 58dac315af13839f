#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/embedded/sqlite_event_bus.hpp"
#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/sqlite_statistics.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sqlite_store.hpp"
#include "usecases/relay.hpp"
#include "usecases/statistics.hpp"
#include "usecases/visitors.hpp"

namespace marketday {
namespace {

using ports::EventBus;
using usecases::ShopCalendar;

/// A bus whose acknowledgements get lost while `deaf`: the consumer has done its work, and is given it again.
class DeafBus final : public EventBus {
public:
    explicit DeafBus(EventBus& bus) : bus_(bus) {}
    bool deaf = false;

    Answer<std::monostate> publish(std::vector<Message> messages, ports::Fence fence) override {
        return bus_.publish(std::move(messages), std::move(fence));
    }
    Answer<std::monostate> ensure_group(Group group) override { return bus_.ensure_group(std::move(group)); }
    Answer<std::vector<Delivery>> pull(std::string group, std::size_t messages_max) override {
        return bus_.pull(std::move(group), messages_max);
    }
    Answer<std::monostate> acknowledge(std::string group, std::vector<std::int64_t> positions) override {
        if (deaf) co_return fail(Error::outcome_unknown);
        co_return co_await bus_.acknowledge(std::move(group), std::move(positions));
    }
    Answer<std::monostate> reject(std::string group, std::int64_t position, std::string reason) override {
        return bus_.reject(std::move(group), position, std::move(reason));
    }
    Answer<std::vector<DeadLetter>> dead_letters(std::string group, std::int64_t before, std::size_t max) override {
        return bus_.dead_letters(std::move(group), before, max);
    }
    Answer<bool> revive(std::string group, std::int64_t position) override {
        return bus_.revive(std::move(group), position);
    }
    Answer<std::vector<Waiting>> waiting(std::string group, std::string topic, std::int64_t after,
                                         std::size_t max) override {
        return bus_.waiting(std::move(group), std::move(topic), after, max);
    }
    Answer<bool> hurry(std::string group, std::int64_t position) override {
        return bus_.hurry(std::move(group), position);
    }
    Answer<std::vector<Backlog>> backlogs() override { return bus_.backlogs(); }
    Answer<std::size_t> purge(WallTime before, std::size_t max, ports::Fence fence) override {
        return bus_.purge(before, max, std::move(fence));
    }

private:
    EventBus& bus_;
};

class StatisticsTest : public testing::Test {
protected:
    StatisticsTest() {
        std::vector<ports::OrderBook::Offer> offers{{"cup", Money{1000, krw_}, false, 0, 0}};
        EXPECT_TRUE(run_task(book_->set_offers(offers)));
        EXPECT_TRUE(run_task(book_->change_stock({"cup", domain::Movement::receive, 1000, ""})).value());
    }

    /// Ids begin with the shop's time, as they do in a running shop.
    std::vector<OrderId> place(std::size_t count) {
        std::vector<domain::OrderRequest> requests;
        for (std::size_t i = 0; i < count; ++i) {
            domain::OrderRequest request;
            request.order = OrderId{uuids_.next(0)};
            request.customer = CustomerId{uuids_.next(1)};
            request.key = std::to_string(i);
            request.currency = krw_;
            request.lines.push_back({"cup", 2, 1000, 0});
            request.address = {"A", "B", "", "C", "1", "KR", ""};
            request.placed_at = clock_.wall_now();
            request.hold_until = request.placed_at + seconds{300};
            requests.push_back(request);
        }
        std::vector<OrderId> orders;
        const auto verdicts = run_task(book_->place(requests)).value();
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_TRUE(verdicts[i].granted());
            orders.push_back(requests[i].order);
        }
        return orders;
    }
    void step(OrderId order, domain::Step what) {
        domain::OrderStep step;
        step.order = order;
        step.step = what;
        step.at = clock_.wall_now();
        step.payment = PaymentId{order.uuid};
        step.restock = true;
        EXPECT_TRUE(run_task(book_->advance({step})).value().front());
    }
    void relay() {
        const auto fence = run_task(leases_.acquire("relay", "test", clock_.wall_now(), seconds{60})).value().value();
        while (run_task(relay_.run(fence)).items > 0) {
        }
    }
    usecases::JobTurn consume() { return run_task(consumer_.run({})); }
    ports::Statistics::Day today() {
        const auto day = calendar_.day_of(clock_.wall_now());
        const auto figures = run_task(statistics_.figures({.from = day, .to = day + 1})).value();
        return figures.days.empty() ? ports::Statistics::Day{} : figures.days.front();
    }

    const Currency krw_ = *Currency::parse("KRW");
    TemporaryStore store_;
    ManualClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    std::unique_ptr<ports::OrderBook> book_ =
        adapters::make_sqlite_order_book(store_.database(), {krw_, {}}, clock_, uuids_);
    adapters::SqliteLeases leases_{store_.database()};
    adapters::SqliteEventBus bus_{store_.database(), clock_};
    DeafBus deaf_bus_{bus_};
    adapters::SqliteStatistics statistics_{store_.database()};
    ShopCalendar calendar_{std::chrono::hours{9}};
    usecases::Relay relay_{*book_, bus_};
    usecases::StatisticsConsumer consumer_{deaf_bus_, *book_, statistics_, clock_, calendar_};
    usecases::StatisticsUpkeep upkeep_{statistics_, clock_, calendar_, {}};
};

TEST_F(StatisticsTest, days_begin_by_the_shops_clock) {
    const ShopCalendar seoul{std::chrono::hours{9}};
    const auto before = from_unix_ms(1'795'273'199'999);  // 2026-11-21T14:59:59.999Z
    EXPECT_EQ(usecases::to_text_of_day(seoul.day_of(before)), "2026-11-21");
    EXPECT_EQ(usecases::to_text_of_day(seoul.day_of(before + milliseconds{1})), "2026-11-22");
    EXPECT_EQ(seoul.start_of(seoul.day_of(before) + 1), before + milliseconds{1});
    EXPECT_EQ(usecases::to_text_of_month(seoul.month_of(before)), "2026-11");
    const ShopCalendar utc{milliseconds{0}};
    EXPECT_EQ(usecases::to_text_of_day(utc.day_of(from_unix_ms(-1))), "1969-12-31");
    EXPECT_EQ(usecases::to_text_of_month(ShopCalendar::month_of_day(0)), "1970-01");
}

TEST_F(StatisticsTest, events_that_come_again_count_once) {
    const auto orders = place(300);
    for (std::size_t i = 0; i < 3; ++i) {
        step(orders[i], domain::Step::begin_payment);
        step(orders[i], domain::Step::payment_captured);
    }
    step(orders[3], domain::Step::begin_payment);
    step(orders[3], domain::Step::payment_failed);
    step(orders[0], domain::Step::refund);
    relay();
    EXPECT_FALSE(run_task(upkeep_.check_now()).value()) << "nothing is counted yet: a difference would say nothing";
    deaf_bus_.deaf = true;
    EXPECT_TRUE(consume().failed);
    EXPECT_EQ(today().orders, 300) << "counted, though the bus does not know";
    deaf_bus_.deaf = false;
    clock_.pass(seconds{31});
    EXPECT_GT(consume().items, 0U) << "delivered again";
    const auto day = today();
    EXPECT_EQ(day.orders, 300) << "a payment that failed is no order";
    EXPECT_EQ(day.paid, 3);
    EXPECT_EQ(day.refunded, 1);
    EXPECT_EQ(day.money, (std::vector<ports::Statistics::MoneyOf>{{{6000, krw_}, {2000, krw_}}}));
    const auto check = run_task(upkeep_.check_now()).value();
    ASSERT_TRUE(check);
    EXPECT_THAT(check->differences, testing::IsEmpty());
}

TEST_F(StatisticsTest, a_message_that_nobody_can_read_stands_in_nobodys_way) {
    const auto fence = run_task(leases_.acquire("relay", "test", clock_.wall_now(), seconds{60})).value().value();
    std::vector<EventBus::Message> messages{{"broken", "orders", "{\"type\":"}};
    ASSERT_TRUE(run_task(bus_.publish(messages, fence)));
    place(2);
    relay();
    EXPECT_FALSE(consume().failed);
    EXPECT_EQ(today().orders, 2);
}

TEST_F(StatisticsTest, visitors_are_told_apart_and_strangers_are_others_tomorrow) {
    usecases::Visitors visitors{statistics_, clock_, random_, calendar_, {}};
    const CustomerId kim{uuids_.next(1)};
    for (int i = 0; i < 3; ++i) {
        visitors.saw(kim);
        visitors.saw_stranger("10.0.0.1", "Firefox");
        visitors.saw_stranger("10.0.0.1", "Chromium");
    }
    EXPECT_EQ(run_task(visitors.run({})).items, 3U);
    EXPECT_EQ(run_task(visitors.run({})).items, 0U);
    EXPECT_EQ(today().visitors, 3);
    EXPECT_EQ(today().customers, 1);
    usecases::Visitors restarted{statistics_, clock_, random_, calendar_, {}};
    restarted.saw(kim);
    run_task(restarted.run({}));
    EXPECT_EQ(today().customers, 1) << "another process, or another start, counts nobody twice";
    clock_.pass(std::chrono::hours{24});
    visitors.saw(kim);
    visitors.saw_stranger("10.0.0.1", "Firefox");
    EXPECT_EQ(run_task(visitors.run({})).items, 2U);
    EXPECT_EQ(today().visitors, 2);
}

}  // namespace
}  // namespace marketday
