#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/operators_log.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct OperatorsLogStore {
    virtual ~OperatorsLogStore() = default;
    virtual ports::OperatorsLog& log() = 0;
};

struct OperatorsLogFactory {
    std::string name;
    std::function<std::unique_ptr<OperatorsLogStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Sqlite, OperatorsLogContract, testing::Values(OperatorsLogFactory{…}));
class OperatorsLogContract : public testing::TestWithParam<OperatorsLogFactory> {
protected:
    using Log = ports::OperatorsLog;

    void SetUp() override { store_ = GetParam().make(); }
    Log& log() { return store_->log(); }
    /// Entries come a second apart.
    std::int64_t begin(const std::string& who, const std::string& operation, const std::string& target = "") {
        Log::Entry entry{.at = now_,
                         .who = who,
                         .operation = operation,
                         .target = target,
                         .details = R"({"units":5})",
                         .trace_id = "abc",
                         .dry_run = false,
                         .ending = {}};
        now_ += seconds{1};
        return run_task(log().begin(entry)).value();
    }
    std::vector<std::int64_t> numbers(Log::Query query) {
        std::vector<std::int64_t> numbers;
        const auto entries = run_task(log().list(query)).value();
        for (const auto& entry : entries) numbers.push_back(entry.number);
        return numbers;
    }

    std::unique_ptr<OperatorsLogStore> store_;
    WallTime now_ = from_unix_ms(1'790'000'000'000);
};

TEST_P(OperatorsLogContract, an_entry_is_there_before_its_ending_and_keeps_everything) {
    const WallTime at = now_;
    const auto number = begin("mina", "refundOrder", "order-1");
    auto entries = run_task(log().list({})).value();
    ASSERT_EQ(entries.size(), 1U);
    const Log::Entry begun{.number = number,
                           .at = at,
                           .who = "mina",
                           .operation = "refundOrder",
                           .target = "order-1",
                           .details = R"({"units":5})",
                           .trace_id = "abc",
                           .dry_run = false,
                           .ending = {}};
    EXPECT_EQ(entries[0], begun);
    EXPECT_TRUE(run_task(log().end(number, {.status = 409, .problem = "wrong-state"}, "other")).value());
    entries = run_task(log().list({})).value();
    EXPECT_EQ(entries[0].ending, (Log::Ending{409, "wrong-state"}));
    EXPECT_EQ(entries[0].target, "order-1");
}

TEST_P(OperatorsLogContract, an_entry_ends_once_and_a_creation_names_its_target_then) {
    const auto number = begin("mina", "createSale");
    EXPECT_TRUE(run_task(log().end(number, {.status = 201, .problem = ""}, "sale-1")).value());
    EXPECT_FALSE(run_task(log().end(number, {.status = 500, .problem = "internal"}, "x")).value());
    EXPECT_FALSE(run_task(log().end(number + 1, {.status = 200, .problem = ""}, "x")).value());
    const auto entries = run_task(log().list({})).value();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].target, "sale-1");
    EXPECT_EQ(entries[0].ending, (Log::Ending{201, ""}));
}

TEST_P(OperatorsLogContract, entries_are_found_by_each_filter_and_by_all_together) {
    const WallTime start = now_;
    const auto a = begin("mina", "refundOrder", "order-1");
    const auto b = begin("aki", "refundOrder", "order-2");
    const auto c = begin("mina", "changeStock", "lantern");
    const auto d = begin("mina", "refundOrder", "order-2");
    using testing::ElementsAre;
    EXPECT_THAT(numbers({}), ElementsAre(d, c, b, a));
    EXPECT_THAT(numbers({.who = "mina"}), ElementsAre(d, c, a));
    EXPECT_THAT(numbers({.operation = "refundOrder"}), ElementsAre(d, b, a));
    EXPECT_THAT(numbers({.target = "order-2"}), ElementsAre(d, b));
    EXPECT_THAT(numbers({.who = "mina", .operation = "refundOrder", .target = "order-2"}), ElementsAre(d));
    EXPECT_THAT(numbers({.who = "nobody"}), ElementsAre());
    EXPECT_THAT(numbers({.from = start + seconds{1}, .to = start + seconds{3}}), ElementsAre(c, b));
    EXPECT_THAT(numbers({.who = "mina", .from = start + seconds{1}}), ElementsAre(d, c));
    EXPECT_THAT(numbers({.from = start + seconds{9}}), ElementsAre());
}

TEST_P(OperatorsLogContract, a_page_continues_where_the_one_before_ended) {
    std::vector<std::int64_t> all;
    for (int i = 0; i < 5; ++i) all.insert(all.begin(), begin("mina", "changeStock", "lantern"));
    const auto first = numbers({.who = "mina", .entries_max = 2});
    EXPECT_THAT(first, testing::ElementsAre(all[0], all[1]));
    EXPECT_THAT(numbers({.who = "mina", .before = first.back(), .entries_max = 2}),
                testing::ElementsAre(all[2], all[3]));
    EXPECT_THAT(numbers({.before = all[3], .entries_max = 9}), testing::ElementsAre(all[4]));
}

}  // namespace marketday::contract
