#include "usecases/sessions_attempts.hpp"

#include <gtest/gtest.h>

#include "base/async/sim_executor.hpp"

namespace marketday::usecases {
namespace {

class AttemptsTest : public testing::Test {
protected:
    SimExecutor clock_{1};
    SeededRandom random_{2};
    Attempts attempts_{clock_, random_, {}};

    int allowed(const std::string& name, const std::string& client, int tries) {
        int count = 0;
        for (int i = 0; i < tries; ++i) count += attempts_.take(name, client) ? 0 : 1;
        return count;
    }
    int allowed_from_many(const std::string& name, int clients) {
        int count = 0;
        for (int i = 0; i < clients; ++i) count += allowed(name, "botnet " + std::to_string(i), 20);
        return count;
    }
};

TEST_F(AttemptsTest, whoever_guesses_is_stopped_where_he_is_and_nowhere_else) {
    EXPECT_EQ(allowed("mina", "stranger", 50), 10);
    EXPECT_EQ(allowed("mina", "home", 5), 5);
    EXPECT_EQ(allowed("juno", "stranger", 5), 5);
}

TEST_F(AttemptsTest, many_addresses_together_have_a_limit_and_the_owner_is_exempt_from_it) {
    ASSERT_FALSE(attempts_.take("mina", "home"));
    attempts_.succeeded("mina", "home");
    EXPECT_EQ(allowed_from_many("mina", 50), 100);
    EXPECT_TRUE(attempts_.take("mina", "never seen"));
    for (int i = 0; i < 30; ++i) {
        ASSERT_FALSE(attempts_.take("mina", "home"));
        attempts_.succeeded("mina", "home");
    }
    EXPECT_TRUE(attempts_.take("mina", "never seen")) << "her coming by gives strangers no new start";
    EXPECT_EQ(allowed("mina", "home", 50), 10) << "whoever sits at her address is stopped too";
}

TEST_F(AttemptsTest, an_address_is_forgotten_after_a_month_without_a_good_log_in) {
    ASSERT_FALSE(attempts_.take("mina", "home"));
    attempts_.succeeded("mina", "home");
    clock_.run_for(std::chrono::days{29});
    EXPECT_EQ(allowed_from_many("mina", 50), 100);
    EXPECT_FALSE(attempts_.take("mina", "home"));
    clock_.run_for(std::chrono::days{2});
    EXPECT_EQ(allowed_from_many("mina", 50), 100);
    EXPECT_TRUE(attempts_.take("mina", "home"));
}

TEST_F(AttemptsTest, what_was_never_decided_counts_against_nobody) {
    for (int i = 0; i < 500; ++i) {
        ASSERT_FALSE(attempts_.take("mina", "home"));
        attempts_.undone("mina", "home");
    }
    EXPECT_EQ(allowed("mina", "home", 50), 10);
}

}  // namespace
}  // namespace marketday::usecases
