#include "usecases/sale_board.hpp"

#include <gtest/gtest.h>

#include "base/async/sim_executor.hpp"
#include "tests/simulation/silent_order_book.hpp"

namespace marketday::usecases {
namespace {

using domain::SaleState;

class OneSale final : public simulation::SilentOrderBook {
public:
    Answer<std::vector<domain::Sale>> sales(std::size_t) override {
        if (down) co_return fail(Error::unavailable);
        co_return std::vector<domain::Sale>{sale};
    }
    domain::Sale sale;
    bool down = false;
};

class SaleBoardTest : public testing::Test {
protected:
    SimExecutor sim_{1};
    OneSale book_;
    SaleBoard board_{book_, sim_};

    SaleBoardTest() {
        book_.sale.opens_at = sim_.wall_now() + seconds{10};
        book_.sale.closes_at = sim_.wall_now() + milliseconds{20'200};
        spawn(sim_, "board", board_.run(seconds{5}));
        sim_.run_for(seconds{1});
    }
    ~SaleBoardTest() override {
        board_.stop();
        sim_.run_for(seconds{1});
    }
    SaleState shown() const { return board_.all().front()->state_at(sim_.wall_now()); }
};

TEST_F(SaleBoardTest, an_opening_and_an_end_by_the_clock_are_changes_at_their_moment) {
    const auto before = board_.version();
    sim_.run_for(milliseconds{8'900});
    EXPECT_EQ(shown(), SaleState::scheduled);
    EXPECT_EQ(board_.version(), before);
    sim_.run_for(milliseconds{110});
    EXPECT_EQ(shown(), SaleState::open);
    EXPECT_EQ(board_.version(), before + 1);
    sim_.run_for(milliseconds{10'100});
    EXPECT_EQ(shown(), SaleState::open);
    EXPECT_EQ(board_.version(), before + 1);
    sim_.run_for(milliseconds{100});
    EXPECT_EQ(shown(), SaleState::closed);
    EXPECT_EQ(board_.version(), before + 2);
    sim_.run_for(seconds{60});
    EXPECT_EQ(board_.version(), before + 2);
}

TEST_F(SaleBoardTest, the_clock_goes_on_while_the_store_does_not_answer) {
    const auto before = board_.version();
    book_.down = true;
    sim_.run_for(milliseconds{9'010});
    EXPECT_EQ(board_.version(), before + 1);
    sim_.run_for(milliseconds{10'200});
    EXPECT_EQ(board_.version(), before + 2);
}

}  // namespace
}  // namespace marketday::usecases
