#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/event_bus.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct BusStore {
    virtual ~BusStore() = default;
    virtual ports::EventBus& bus() = 0;
    virtual ports::EventMemory& memory() = 0;
    virtual ports::Leases& leases() = 0;
    virtual ManualClock& clock() = 0;
    /// How long the groups of these tests wait for an acknowledgement, and the passing of such time: engines that count
    /// it by their own clock wait for it.
    virtual milliseconds ack_within() const { return milliseconds{30'000}; }
    virtual void pass_really(milliseconds time) { clock().pass(time); }
};

struct BusFactory {
    std::string name;
    std::function<std::unique_ptr<BusStore>()> make;
};

class EventBusContract : public testing::TestWithParam<BusFactory> {
protected:
    using Bus = ports::EventBus;

    void SetUp() override {
        store_ = GetParam().make();
        fence_ = lease("relay-1");
        make_group("mail", {"orders"});
    }
    Bus& bus() { return store_->bus(); }
    ports::Fence lease(const std::string& holder) {
        const WallTime now = store_->clock().wall_now();
        return run_task(store_->leases().acquire("relay", holder, now, milliseconds{1})).value().value();
    }
    void make_group(const std::string& name, std::vector<std::string> topics, bool from_beginning = true) {
        Bus::Group group;
        group.name = name;
        group.topics = std::move(topics);
        group.deliveries_max = 3;
        group.ack_within = store_->ack_within();
        group.from_beginning = from_beginning;
        ASSERT_TRUE(run_task(bus().ensure_group(group)));
    }
    void publish(const std::string& id, const std::string& topic = "orders") {
        std::vector<Bus::Message> messages{{id, topic, "[\"" + id + "\"]"}};
        ASSERT_TRUE(run_task(bus().publish(messages, fence_)));
    }
    std::vector<Bus::Delivery> pull(const std::string& group = "mail", std::size_t max = 100) {
        return run_task(bus().pull(group, max)).value();
    }
    std::vector<std::string> pull_ids(const std::string& group = "mail", std::size_t max = 100) {
        std::vector<std::string> ids;
        for (const auto& delivery : pull(group, max)) ids.push_back(delivery.message.id);
        return ids;
    }
    void acknowledge(std::int64_t position, const std::string& group = "mail") {
        ASSERT_TRUE(run_task(bus().acknowledge(group, {position})));
    }
    void reject(std::int64_t position) { ASSERT_TRUE(run_task(bus().reject("mail", position, "no mail server"))); }
    void pass(milliseconds time) { store_->clock().pass(time); }
    void pass_thirtieths_of_ack_within(int count) { store_->pass_really(store_->ack_within() * count / 30); }

    std::unique_ptr<BusStore> store_;
    ports::Fence fence_;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(EventBusContract, a_group_gets_each_message_of_its_topics_once_in_order) {
    publish("a");
    publish("b", "stock");
    publish("c");
    EXPECT_THAT(pull_ids("mail", 1), ElementsAre("a"));
    EXPECT_THAT(pull_ids(), ElementsAre("c"));
    EXPECT_THAT(pull_ids(), IsEmpty());
}

TEST_P(EventBusContract, every_group_gets_its_own_copy_and_topic) {
    make_group("numbers", {"orders", "stock"});
    publish("a");
    publish("b", "stock");
    EXPECT_THAT(pull_ids(), ElementsAre("a"));
    EXPECT_THAT(pull_ids("numbers"), ElementsAre("a", "b"));
}

TEST_P(EventBusContract, a_message_published_twice_is_delivered_once) {
    publish("a");
    publish("a");
    EXPECT_THAT(pull_ids(), ElementsAre("a"));
    EXPECT_THAT(pull_ids(), IsEmpty());
}

TEST_P(EventBusContract, a_group_may_begin_with_what_comes_after_it) {
    publish("a");
    make_group("late", {"orders"}, false);
    publish("b");
    EXPECT_THAT(pull_ids("late"), ElementsAre("b"));
}

TEST_P(EventBusContract, making_a_group_again_keeps_its_place) {
    publish("a");
    acknowledge(pull().at(0).position);
    make_group("mail", {"orders", "stock"});
    publish("b", "stock");
    EXPECT_THAT(pull_ids(), ElementsAre("b"));
}

TEST_P(EventBusContract, what_is_not_acknowledged_in_time_comes_again_and_what_is_does_not) {
    publish("a");
    publish("b");
    const auto given = pull();
    ASSERT_EQ(given.size(), 2U);
    acknowledge(given[0].position);
    pass_thirtieths_of_ack_within(20);
    EXPECT_THAT(pull_ids(), IsEmpty());
    pass_thirtieths_of_ack_within(20);
    const auto again = pull();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].message.id, "b");
    EXPECT_EQ(again[0].deliveries, 2);
}

TEST_P(EventBusContract, a_long_reason_is_cut_between_characters) {
    publish("a");
    const auto given = pull();
    ASSERT_EQ(given.size(), 1U);
    const std::string fits(199, 'x');
    ASSERT_TRUE(run_task(bus().reject("mail", given[0].position, fits + "é and more")));
    const auto waiting = run_task(bus().waiting("mail", "", 0, 10));
    ASSERT_TRUE(waiting);
    ASSERT_EQ(waiting->size(), 1U);
    EXPECT_EQ(waiting->front().reason, fits);
}

TEST_P(EventBusContract, a_rejected_message_comes_back_after_a_pause_that_doubles) {
    publish("a");
    const auto position = pull().at(0).position;
    reject(position);
    pass(milliseconds{499});
    EXPECT_THAT(pull_ids(), IsEmpty());
    pass(milliseconds{2});
    EXPECT_THAT(pull_ids(), ElementsAre("a"));
    reject(position);
    pass(milliseconds{900});
    EXPECT_THAT(pull_ids(), IsEmpty());
    pass(milliseconds{101});
    EXPECT_THAT(pull_ids(), ElementsAre("a"));
}

TEST_P(EventBusContract, after_its_last_delivery_a_message_is_a_dead_letter_with_its_reason_and_can_be_revived) {
    publish("a");
    for (int i = 0; i < 3; ++i) {
        const auto given = pull();
        ASSERT_EQ(given.size(), 1U) << i;
        reject(given[0].position);
        pass(seconds{5});
    }
    EXPECT_THAT(pull_ids(), IsEmpty());
    const auto letters = run_task(bus().dead_letters("", 0, 10)).value();
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].group, "mail");
    EXPECT_EQ(letters[0].message.body, "[\"a\"]");
    EXPECT_EQ(letters[0].deliveries, 3);
    EXPECT_EQ(letters[0].reason, "no mail server");
    EXPECT_EQ(run_task(bus().backlogs()).value().at(0).dead, 1);

    EXPECT_TRUE(run_task(bus().revive("mail", letters[0].position)).value());
    EXPECT_FALSE(run_task(bus().revive("mail", letters[0].position)).value());
    EXPECT_THAT(pull_ids(), ElementsAre("a"));
    EXPECT_THAT(run_task(bus().dead_letters("mail", 0, 10)).value(), IsEmpty());
}

TEST_P(EventBusContract, a_message_that_nobody_acknowledges_dies_too) {
    publish("a");
    for (int i = 0; i < 3; ++i) {
        EXPECT_THAT(pull_ids(), ElementsAre("a")) << i;
        pass_thirtieths_of_ack_within(45);
    }
    EXPECT_THAT(pull_ids(), IsEmpty());
    EXPECT_EQ(run_task(bus().dead_letters("mail", 0, 10)).value().size(), 1U);
}

TEST_P(EventBusContract, a_relay_whose_lease_went_to_another_publishes_nothing) {
    pass(seconds{1});
    const ports::Fence newer = lease("relay-2");
    std::vector<Bus::Message> messages{{"late", "orders", "[]"}};
    const auto refused = run_task(bus().publish(messages, fence_));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), Bus::Error::fenced);
    EXPECT_THAT(pull_ids(), IsEmpty());
    EXPECT_TRUE(run_task(bus().publish(messages, newer)));
}

TEST_P(EventBusContract, purging_forgets_only_what_every_group_is_done_with) {
    make_group("numbers", {"orders"});
    publish("a");
    publish("b");
    const auto mail = pull();
    acknowledge(mail.at(0).position);
    const auto numbers = pull("numbers", 1);
    acknowledge(numbers.at(0).position, "numbers");
    pass(seconds{1});
    const WallTime now = store_->clock().wall_now();
    EXPECT_EQ(run_task(bus().purge(now, 100, fence_)).value(), 1U);
    EXPECT_THAT(pull_ids("numbers"), ElementsAre("b"));
    pass_thirtieths_of_ack_within(40);
    EXPECT_THAT(pull_ids(), ElementsAre("b"));
}

TEST_P(EventBusContract, pulling_for_a_group_that_was_never_made_says_so) {
    const auto refused = run_task(bus().pull("nobody", 1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), Bus::Error::no_such_group);
}

TEST_P(EventBusContract, a_consumer_remembers_the_events_it_has_dealt_with) {
    auto& memory = store_->memory();
    const WallTime now = store_->clock().wall_now();
    ASSERT_TRUE(run_task(memory.remember("mail", {"x-1", "x-2"}, now)));
    ASSERT_TRUE(run_task(memory.remember("mail", {"x-2"}, now)));
    EXPECT_THAT(run_task(memory.seen("mail", {"x-1", "x-3", "x-2"})).value(), ElementsAre(true, false, true));
    EXPECT_THAT(run_task(memory.seen("numbers", {"x-1"})).value(), ElementsAre(false));
    EXPECT_EQ(run_task(memory.forget(now + seconds{1}, 1, fence_)).value(), 1U);
}

TEST_P(EventBusContract, what_no_consumer_is_done_with_can_be_seen) {
    make_group("numbers", {"orders", "stock"});
    publish("a");
    publish("b", "stock");
    const auto ids = [this](const std::string& group, const std::string& topic, std::int64_t after = 0) {
        std::vector<std::string> found;
        const auto waiting = run_task(bus().waiting(group, topic, after, 10)).value();
        for (const auto& one : waiting) found.push_back(one.group + ":" + one.message.id);
        return found;
    };
    EXPECT_THAT(ids("", ""), ElementsAre("mail:a", "numbers:a", "numbers:b"));
    EXPECT_THAT(ids("numbers", "stock"), ElementsAre("numbers:b"));
    const auto given = pull();
    ASSERT_EQ(given.size(), 1U);
    ASSERT_TRUE(run_task(bus().reject("mail", given[0].position, "no paper")));
    const auto waiting = run_task(bus().waiting("mail", "", 0, 10)).value();
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_EQ(waiting[0].deliveries, 1);
    EXPECT_EQ(waiting[0].reason, "no paper");
    EXPECT_TRUE(waiting[0].due_at);
    EXPECT_THAT(ids("", "", given[0].position), ElementsAre("numbers:b"));
    const auto position = given[0].position;
    std::vector<std::int64_t> positions{position};
    ASSERT_TRUE(run_task(bus().acknowledge("mail", positions)));
    EXPECT_THAT(ids("mail", ""), ElementsAre());
}

TEST_P(EventBusContract, an_operator_need_not_wait_for_the_next_try) {
    publish("a");
    const auto given = pull();
    ASSERT_EQ(given.size(), 1U);
    ASSERT_TRUE(run_task(bus().reject("mail", given[0].position, "no paper")));
    EXPECT_THAT(pull_ids(), ElementsAre());
    EXPECT_TRUE(run_task(bus().hurry("mail", given[0].position)).value());
    EXPECT_THAT(pull_ids(), ElementsAre("a"));
    EXPECT_FALSE(run_task(bus().hurry("mail", given[0].position + 1)).value());
    EXPECT_FALSE(run_task(bus().hurry("nobody", given[0].position)).value());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EventBusContract);

}  // namespace marketday::contract
