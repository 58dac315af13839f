#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/rankings.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// What a suite needs of one adapter: an empty ranking and a hand on its clock. Its window is `window()` long.
struct RankingsStore {
    virtual ~RankingsStore() = default;
    virtual ports::Rankings& rankings() = 0;
    virtual milliseconds window() const = 0;
    virtual void wait(milliseconds time) = 0;
};

struct RankingsFactory {
    std::string name;
    std::function<std::unique_ptr<RankingsStore>()> make;
};

class RankingsContract : public testing::TestWithParam<RankingsFactory> {
protected:
    using Kind = ports::Rankings::Kind;

    void SetUp() override { store_ = GetParam().make(); }
    void count(std::string key, int times = 1, std::uint64_t source = 0, Kind kind = Kind::searches) {
        for (int i = 0; i < times; ++i)
            store_->rankings().record({.kind = kind, .key = key, .weight = 1, .source = source});
    }
    std::vector<ports::Rankings::Ranked> top(std::size_t keys_max = 10, Kind kind = Kind::searches) {
        return run_task(store_->rankings().top(kind, keys_max)).value();
    }
    std::unique_ptr<RankingsStore> store_;
};

TEST_P(RankingsContract, ranks_by_how_often_then_by_key) {
    count("pikachu", 3);
    count("피카츄", 5);
    count("charizard", 3);
    EXPECT_THAT(top(),
                testing::ElementsAre(ports::Rankings::Ranked{"피카츄", 5}, ports::Rankings::Ranked{"charizard", 3},
                                     ports::Rankings::Ranked{"pikachu", 3}));
    EXPECT_EQ(top(1).size(), 1u);
}

TEST_P(RankingsContract, kinds_do_not_mix) {
    count("sku-1", 1, 0, Kind::products);
    EXPECT_TRUE(top().empty());
    EXPECT_EQ(top(10, Kind::products).size(), 1u);
}

TEST_P(RankingsContract, what_is_older_than_the_window_is_forgotten) {
    count("old", 9);
    store_->wait(store_->window() / 2);
    count("new", 2);
    EXPECT_EQ(top().front().key, "old");
    store_->wait(store_->window() * 3 / 4);
    EXPECT_THAT(top(), testing::ElementsAre(ports::Rankings::Ranked{"new", 2}));
    store_->wait(store_->window());
    EXPECT_TRUE(top().empty());
}

TEST_P(RankingsContract, one_source_counts_once_a_key) {
    count("pikachu", 100, 7);
    count("pikachu", 1, 8);
    EXPECT_EQ(top().front().score, 2);
}

TEST_P(RankingsContract, the_heaviest_are_kept_among_very_many) {
    for (int i = 0; i < 20'000; ++i) {
        count("rare " + std::to_string(i));
        if (i % 10 == 0) count("hot");
        if (i % 20 == 0) count("warm");
    }
    const auto best = top(2);
    EXPECT_EQ(best[0].key, "hot");
    EXPECT_GE(best[0].score, 2000);
    EXPECT_EQ(best[1].key, "warm");
}

TEST_P(RankingsContract, a_key_that_is_too_long_or_empty_is_not_counted) {
    count(std::string(ports::Rankings::kKeyBytesMax + 1, 'x'));
    count("");
    EXPECT_TRUE(top().empty());
}

}  // namespace marketday::contract
