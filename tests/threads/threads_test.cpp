// What has threads, worked hard enough for ThreadSanitizer to see them meet: the store's writer, readers and
// checkpointer, the pools, executors that hand coroutines to one another, the server's clock and the log. Built with
// the preset `tsan`, where a data race ends the program; elsewhere it is an ordinary test.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "adapters/embedded/sqlite_database.hpp"
#include "base/async/blocking.hpp"
#include "base/log.hpp"
#include "base/server_clock.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {
namespace {

using adapters::SqliteConnection;
using adapters::SqliteDatabase;

constexpr int kThreads = 4;

class Threads : public testing::Test {
protected:
    Threads() { log::set_level(log::Level::warn); }  // the migrations of each new store are no news here
};

template <class F>
void on_threads(int count, F work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([work, i] { work(i); });
}

Task<int> count_up(SqliteDatabase& store, int times) {
    int done = 0;
    for (int i = 0; i < times; ++i) {
        auto add = [](SqliteConnection& connection) {
            connection.script("UPDATE counted SET n = n + 1");
            return 1;
        };
        const auto priority = i % 5 == 0 ? SqliteDatabase::Priority::operators : SqliteDatabase::Priority::shoppers;
        auto written = co_await store.write(priority, std::move(add));
        if (written) done += *written;
        auto look = [](SqliteConnection& connection) {
            auto rows = connection.query("SELECT n FROM counted");
            return rows.step() ? rows.integer(0) : -1;
        };
        auto seen = co_await store.read(std::move(look));
        if (!seen || *seen < done) co_return -1;
    }
    co_return done;
}

TEST_F(Threads, writers_readers_a_backup_and_the_checkpointer_share_one_store) {
    constexpr int kTimes = 150;
    TemporaryDirectory directory;
    const auto make_table = [](SqliteConnection& connection) {
        connection.script("CREATE TABLE counted (n INTEGER NOT NULL); INSERT INTO counted VALUES (0)");
    };
    SqliteDatabase store{
        {.file = directory.path() / "marketday.db", .readers = 2, .cache_kib = 1024, .at_start = make_table}};
    std::atomic<int> done{0};
    std::atomic<bool> all_done{false};
    std::jthread copies{[&] {
        for (int copy = 0; !all_done; ++copy) store.backup_to(directory.path() / ("copy-" + std::to_string(copy)));
    }};
    std::jthread watcher{[&] {
        std::uint64_t seen = 0;
        while (!all_done) seen += store.figures().commits + store.figures().waiting + store.figures().reads;
        EXPECT_GT(seen, 0U);
    }};
    on_threads(kThreads, [&](int) { done += run_task(count_up(store, kTimes)); });
    all_done = true;
    copies.join();
    watcher.join();
    EXPECT_EQ(done, kThreads * kTimes);
    store.stop();
}

TEST_F(Threads, a_store_that_stops_answers_whoever_still_waits) {
    for (int round = 0; round < 10; ++round) {
        TemporaryDirectory directory;
        const auto make_table = [](SqliteConnection& connection) {
            connection.script("CREATE TABLE counted (n INTEGER NOT NULL); INSERT INTO counted VALUES (0)");
        };
        SqliteDatabase store{
            {.file = directory.path() / "marketday.db", .readers = 2, .cache_kib = 1024, .at_start = make_table}};
        std::jthread shopper{[&] { (void)run_task(count_up(store, 50)); }};
        std::this_thread::sleep_for(milliseconds{5});
        store.stop();
    }
}

Task<int> ask_pool(ThreadPool& pool, int times) {
    int sum = 0;
    for (int i = 0; i < times; ++i) {
        auto answer = co_await blocking(pool, [i] { return i; });
        sum += answer ? *answer : 0;
    }
    co_return sum;
}

TEST_F(Threads, executors_of_many_threads_share_one_pool) {
    constexpr int kTimes = 300;
    ThreadPool pool{{.name = "pool", .threads = 3}};
    on_threads(kThreads, [&](int) { EXPECT_EQ(run_task(ask_pool(pool, kTimes)), kTimes * (kTimes - 1) / 2); });
    pool.stop();
}

TEST_F(Threads, everybody_looks_at_one_clock_and_writes_one_log) {
    const ServerClock clock;
    on_threads(kThreads, [&](int thread) {
        WallTime last{};
        for (int i = 0; i < 20'000; ++i) {
            const WallTime now = clock.wall_now();
            EXPECT_GE(now, last);
            last = now;
            if (i % 100 == 0) log::info("threads.test", {{"thread", thread}});
        }
        EXPECT_EQ(clock.jumped_by(), milliseconds{0});
    });
}

}  // namespace
}  // namespace marketday
