#include "base/server_clock.hpp"

#include <gtest/gtest.h>

namespace marketday {
namespace {

struct Machine {
    std::int64_t elapsed = 1'000;
    std::int64_t calendar = 1'700'000'000'000;
    ServerClock clock{{[this] { return elapsed; }, [this] { return calendar; }}};

    /// Time goes by while the server looks at its clock as often as one does.
    void pass(std::int64_t ms) {
        for (std::int64_t done = 0; done < ms; done += 100) {
            elapsed += 100;
            calendar += 100;
            (void)clock.wall_now();
        }
    }
    std::int64_t now() const { return to_unix_ms(clock.wall_now()); }
};

TEST(ServerClock, shows_the_machines_calendar_while_that_goes_evenly) {
    Machine machine;
    machine.pass(60'000);
    EXPECT_EQ(machine.now(), machine.calendar);
    EXPECT_EQ(machine.clock.jumped_by(), milliseconds{0});
}

TEST(ServerClock, does_not_follow_a_jump_of_hours_either_way) {
    for (const std::int64_t jump : {3 * 3'600'000, -3 * 3'600'000}) {
        Machine machine;
        const std::int64_t before = machine.now();
        machine.calendar += jump;
        machine.pass(60'000);
        EXPECT_EQ(machine.now(), before + 60'000);
        EXPECT_EQ(machine.clock.jumped_by(), milliseconds{jump});
        machine.calendar -= jump;
        machine.pass(1'000);
        EXPECT_EQ(machine.now(), machine.calendar);
        EXPECT_EQ(machine.clock.jumped_by(), milliseconds{0});
    }
}

TEST(ServerClock, catches_up_with_a_correction_of_a_second_without_going_back) {
    for (const std::int64_t correction : {1'000, -1'000}) {
        Machine machine;
        machine.calendar += correction;
        std::int64_t last = machine.now();
        for (int i = 0; i < 600; ++i) {
            machine.pass(100);
            EXPECT_GT(machine.now(), last);
            last = machine.now();
        }
        EXPECT_EQ(machine.now(), machine.calendar);
    }
}

}  // namespace
}  // namespace marketday
