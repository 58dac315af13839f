#include "usecases/jobs_forgetting.hpp"

#include <gtest/gtest.h>

#include "tests/simulation/silent_order_book.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::usecases {
namespace {

/// Three slices of records; notes where it was asked to go on.
class ThreeSlices final : public simulation::SilentOrderBook {
public:
    Answer<KeysForgotten> forget_keys(WallTime before, std::optional<std::string> place, std::size_t) override {
        asked_before = before;
        if (silent) co_return fail(Error::unavailable);
        places.push_back(place.value_or("begin"));
        KeysForgotten slice{.keys = 2, .next = "b"};
        if (place) slice.next = *place == "b" ? std::optional<std::string>{"c"} : std::nullopt;
        co_return slice;
    }
    std::vector<std::string> places;
    WallTime asked_before{};
    bool silent = false;
};

class ForgetKeysTest : public testing::Test {
protected:
    JobTurn turn() { return run_task(job_.run({})); }
    ThreeSlices book_;
    ManualClock clock_;
    ForgetKeys job_{book_, clock_, {}};
};

using Places = std::vector<std::string>;

TEST_F(ForgetKeysTest, a_round_goes_slice_by_slice_and_the_next_one_begins_after_a_pause) {
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(turn().more);
    EXPECT_EQ(book_.places, (Places{"begin", "b", "c"}));
    EXPECT_EQ(clock_.wall_now() - book_.asked_before, std::chrono::hours{7 * 24});
    clock_.pass(milliseconds{3'600'000});
    EXPECT_EQ(turn().items, 2U);
    EXPECT_EQ(book_.places.back(), "begin");
}

TEST_F(ForgetKeysTest, a_slice_that_failed_is_done_again) {
    turn();
    book_.silent = true;
    EXPECT_TRUE(turn().failed);
    book_.silent = false;
    turn();
    EXPECT_EQ(book_.places, (Places{"begin", "b"}));
}

}  // namespace
}  // namespace marketday::usecases
