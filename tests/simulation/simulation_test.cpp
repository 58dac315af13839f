#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <thread>

#include "adapters/embedded/sqlite_connection.hpp"
#include "base/log.hpp"
#include "tests/simulation/many_seeds.hpp"

namespace marketday::simulation {
namespace {

class Simulation : public testing::Test {
protected:
    Simulation() { log::set_level(log::Level::off); }
    static std::size_t jobs() { return std::max(1U, std::thread::hardware_concurrency()); }
};

TEST_F(Simulation, everything_holds_whatever_goes_wrong) {
    // The release build runs the thousands; these run under the sanitizers.
    const SeedsDone done = run_seeds({.from = 1, .count = 200, .time = {}, .jobs = jobs()}, nullptr);
    EXPECT_FALSE(done.failed_seed) << "marketday-sim --trace --from " << *done.failed_seed << ": " << done.violation;
    std::cout << done.seeds << " seeds: " << done.faults << " faults, " << done.deaths << " deaths, " << done.orders
              << " orders, " << done.paid << " paid, " << done.expired << " expired, " << done.refunded
              << " refunded\n";
    // They did exercise what they are for.
    EXPECT_GT(done.deaths, 100U);
    EXPECT_GT(done.paid, 500U);
    EXPECT_GT(done.expired, 50U);
    EXPECT_GT(done.refunded, 20U);
}

TEST_F(Simulation, the_same_seeds_give_the_same_events_in_any_process) {
    const SeedsDone together = run_seeds({.from = 11, .count = 12, .time = {}, .jobs = 1}, nullptr);
    const SeedsDone apart = run_seeds({.from = 11, .count = 12, .time = {}, .jobs = 4}, nullptr);
    EXPECT_EQ(together.events, apart.events);
    EXPECT_EQ(together.hash, apart.hash);
    const SeedsDone others = run_seeds({.from = 12, .count = 12, .time = {}, .jobs = 1}, nullptr);
    EXPECT_NE(together.hash, others.hash);
}

TEST_F(Simulation, a_trace_changes_nothing) {
    EXPECT_EQ(run_seed(15, Planted::none, true).hash, run_seed(15, Planted::none, false).hash);
}

TEST_F(Simulation, every_planted_fault_is_found) {
    for (const PlantedFault& fault : planted_faults()) {
        const SeedsDone done = run_seeds(
            {.from = 1, .count = fault.seeds_max, .time = {}, .jobs = jobs(), .planted = fault.planted}, nullptr);
        EXPECT_TRUE(done.failed_seed) << fault.name << " was not found within " << fault.seeds_max << " seeds";
        if (done.failed_seed)
            std::cout << fault.name << ": seed " << *done.failed_seed << ": " << done.violation << '\n';
    }
}

std::string output_of(const std::string& command, int& status) {
    std::string output;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> bytes{};
    for (std::size_t n = 0; (n = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) output.append(bytes.data(), n);
    status = WEXITSTATUS(::pclose(pipe));
    return output;
}

TEST_F(Simulation, the_program_ends_with_1_a_timeline_and_the_command_that_repeats_it) {
    int status = 0;
    const std::string program = MARKETDAY_SIM;
    const auto found = output_of(program + " --from 3 --count 20 --jobs 1 --plant expires-a-paying-hold", status);
    EXPECT_EQ(status, 1);
    EXPECT_NE(found.find("VIOLATED: order"), std::string::npos) << found;
    EXPECT_NE(found.find("** fault **  planted: "), std::string::npos);
    const auto command = found.find("marketday-sim --trace --from ");
    ASSERT_NE(command, std::string::npos);
    auto again = found.substr(command, found.find('\n', command) - command);
    again.replace(0, std::string_view{"marketday-sim"}.size(), program);
    const auto repeated = output_of(again, status);
    EXPECT_EQ(status, 1);
    EXPECT_NE(repeated.find("VIOLATED: order"), std::string::npos);
    // The timeline of the repetition is the one that was printed.
    const auto timeline = repeated.find("VIOLATED");
    EXPECT_NE(found.find(repeated.substr(timeline)), std::string::npos);
    (void)output_of(program + " --count 3 --jobs 2", status);
    EXPECT_EQ(status, 0);
    (void)output_of(program + " --plant nonsense 2>&1", status);
    EXPECT_EQ(status, 2);
}

// The disk itself.

std::string file() { return std::string{SimDisk::kDirectory} + "test.db"; }

std::int64_t rows_of(adapters::SqliteConnection& connection) {
    auto count = connection.query("SELECT count(*) FROM t");
    return count.step() ? count.integer(0) : -1;
}

/// How many of ten commits are there after the power has gone.
std::int64_t rows_after_power_loss(std::uint64_t seed, const char* synchronous, bool lies) {
    SimDisk disk(seed);
    disk.set_faults({.syncs_are_lies = lies});
    {
        adapters::SqliteConnection connection(file(), adapters::SqliteConnection::Mode::read_write, 1024);
        connection.script(std::string{"PRAGMA journal_mode=WAL; PRAGMA synchronous="} + synchronous);
        connection.script("CREATE TABLE t (a TEXT)");
        for (int i = 0; i < 10; ++i) connection.script("INSERT INTO t VALUES (hex(zeroblob(3000)))");
        disk.go_dead();
    }
    disk.come_back(SimDisk::End::power_lost);
    adapters::SqliteConnection connection(file(), adapters::SqliteConnection::Mode::read_only, 1024);
    try {
        return rows_of(connection);
    } catch (const adapters::SqliteError&) {
        return 0;  // Not even the table is there.
    }
}

TEST_F(Simulation, a_simulated_disk_keeps_what_was_synced_and_loses_some_of_the_rest) {
    std::int64_t unsynced = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        EXPECT_EQ(rows_after_power_loss(seed, "FULL", false), 10);
        unsynced += rows_after_power_loss(seed, "OFF", false);
    }
    EXPECT_LT(unsynced, 150);
    std::int64_t lied = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) lied += rows_after_power_loss(seed, "FULL", true);
    EXPECT_LT(lied, 150);
}

TEST_F(Simulation, a_simulated_disk_that_goes_dead_in_a_write_leaves_a_whole_database) {
    for (std::uint64_t writes = 0; writes < 30; ++writes) {
        SimDisk disk(writes + 1);
        std::int64_t committed = 0;
        try {
            adapters::SqliteConnection connection(file(), adapters::SqliteConnection::Mode::read_write, 1024);
            connection.script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (a TEXT)");
            disk.go_dead_after(writes);
            for (int i = 0; i < 10; ++i) {
                connection.script("INSERT INTO t VALUES (hex(zeroblob(3000)))");
                ++committed;
            }
        } catch (const adapters::SqliteError&) {
            // As it should be.
        }
        disk.go_dead();
        disk.come_back(SimDisk::End::power_lost);
        adapters::SqliteConnection connection(file(), adapters::SqliteConnection::Mode::read_write, 1024);
        const auto rows = rows_of(connection);
        EXPECT_GE(rows, committed);
        EXPECT_LE(rows, committed + 1);
        auto check = connection.query("PRAGMA integrity_check");
        ASSERT_TRUE(check.step());
        EXPECT_EQ(check.text(0), "ok");
    }
}

}  // namespace
}  // namespace marketday::simulation
