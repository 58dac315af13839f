#include "usecases/purge_cdn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/async/sim_executor.hpp"
#include "base/async/wait.hpp"

namespace marketday::usecases {
namespace {

using testing::Contains;
using testing::ElementsAre;

/// Writes down what it is told, and when; answers after a while, or not.
class WritingCdn final : public ports::Cdn {
public:
    explicit WritingCdn(const Clock& clock) : clock_(clock) {}
    Task<Result<std::monostate, Error>> purge(std::vector<std::string> keys) override {
        ++asked;
        co_await sleep_for(milliseconds{20});
        if (down) co_return fail(Error::unavailable);
        for (auto& key : keys) told.emplace_back(clock_.now(), std::move(key));
        co_return std::monostate{};
    }
    std::size_t times(std::string_view key) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(told, [key](const auto& one) { return one.second == key; }));
    }
    bool down = false;
    int asked = 0;
    std::vector<std::pair<Instant, std::string>> told;

private:
    const Clock& clock_;
};

class PurgeCdnTest : public testing::Test {
protected:
    SimExecutor sim_{1};
    WritingCdn cdn_{sim_};
    PurgeCdn purge_{cdn_, sim_, {.keys_max = 100}};

    PurgeCdnTest() { spawn(sim_, "purge", purge_.run()); }
};

TEST_F(PurgeCdnTest, at_the_start_everything_may_have_changed) {
    sim_.run_for(seconds{10});
    EXPECT_EQ(cdn_.times("everything"), 3U);
    EXPECT_EQ(cdn_.told.size(), 3U);
}

TEST_F(PurgeCdnTest, a_change_is_told_at_once_and_again_when_all_processes_know_of_it) {
    sim_.run_for(seconds{10});
    cdn_.told.clear();
    const Instant begun = sim_.now();
    purge_.changed({"product-a", "search"});
    EXPECT_EQ(purge_.figures().waiting, 2U);
    sim_.run_for(seconds{10});
    ASSERT_EQ(cdn_.times("product-a"), 3U);
    EXPECT_LE(cdn_.told.front().first - begun, milliseconds{100});
    EXPECT_GE(cdn_.told.back().first - begun, seconds{3});
    EXPECT_EQ(purge_.figures().waiting, 0U);
}

TEST_F(PurgeCdnTest, what_cannot_be_told_is_tried_less_and_less_often_and_never_forgotten) {
    cdn_.down = true;
    purge_.changed({"product-a"});
    sim_.run_for(std::chrono::minutes{10});
    EXPECT_LT(cdn_.asked, 75);
    EXPECT_EQ(purge_.figures().waiting, 2U);
    cdn_.down = false;
    sim_.run_for(seconds{30});
    EXPECT_EQ(cdn_.times("product-a"), 3U);
    EXPECT_EQ(cdn_.times("everything"), 3U);
}

TEST_F(PurgeCdnTest, what_changes_again_while_it_is_told_is_told_again) {
    sim_.run_for(seconds{10});
    cdn_.told.clear();
    purge_.changed({"product-a"});
    for (const int before = cdn_.asked; cdn_.asked == before;) sim_.step();
    ASSERT_TRUE(cdn_.told.empty());
    purge_.changed({"product-a"});
    sim_.run_for(seconds{10});
    EXPECT_EQ(cdn_.times("product-a"), 4U);
}

TEST_F(PurgeCdnTest, more_than_may_wait_is_told_as_everything) {
    cdn_.down = true;
    for (int i = 0; i < 450; ++i) purge_.changed({"product-" + std::to_string(i)});
    EXPECT_GE(purge_.figures().overflows_total, 1U);
    EXPECT_LE(purge_.figures().waiting, 101U);
    cdn_.down = false;
    sim_.run_for(seconds{30});
    EXPECT_GE(cdn_.times("everything"), 3U);
    // Nothing was lost: what came after the last overflow was told by its own name.
    EXPECT_EQ(cdn_.times("product-449"), 3U);
}

}  // namespace
}  // namespace marketday::usecases
