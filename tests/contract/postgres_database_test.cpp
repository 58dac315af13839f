// What is PostgreSQL's own: connections that die, pools that are full, several processes on one database.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "adapters/distributed/postgres_ledger.hpp"
#include "adapters/distributed/postgres_order_book.hpp"
#include "audit/audit.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/run_task.hpp"

namespace marketday {
namespace {

using adapters::PostgresDatabase;
using adapters::PostgresFailure;
using adapters::PostgresSession;
using Priority = PostgresDatabase::Priority;

Task<std::int64_t> number(PostgresSession& session, const char* const& sql) {
    auto row = co_await session.query(sql);
    row.step();
    co_return row.integer(0);
}

/// One process of a shop: a database of its own on the same server, and an order book.
struct Process {
    explicit Process(const std::string& url)
        : database({.url = url, .connections = 2, .operator_connections = 1, .at_start = adapters::begin_ledger_epoch}),
          book(adapters::make_postgres_order_book(database, {*Currency::parse("KRW"), {}}, clock, uuids)) {}

    domain::OrderRequest request(const std::string& key) {
        domain::OrderRequest made;
        made.customer = CustomerId{uuids.next(7)};
        made.order = OrderId{uuids.next(7)};
        made.key = key;
        made.currency = *Currency::parse("KRW");
        made.lines = {{"hot", 1, 900, 0}};
        made.address = {"Kim", "1 Road", "", "Seoul", "04524", "KR", ""};
        made.placed_at = clock.wall_now();
        made.hold_until = made.placed_at + seconds{300};
        return made;
    }
    void stock(std::int64_t units) {
        ASSERT_TRUE(run_task(book->set_offers({{"hot", Money{900, *Currency::parse("KRW")}, false, 0, 0}})));
        ASSERT_TRUE(run_task(book->change_stock({"hot", domain::Movement::receive, units, "delivery"})));
    }

    SystemClock clock;
    SystemRandom random;
    UuidSource uuids{clock, random};
    PostgresDatabase database;
    std::unique_ptr<ports::OrderBook> book;
};

TEST(PostgresProcesses, several_on_one_hot_good_sell_each_unit_once) {
    TemporaryPostgres store;
    Process one(store.url());
    Process two(store.url());
    one.stock(150);
    std::atomic<int> granted{0};
    std::atomic<int> failed{0};
    const auto sell = [&](Process& process) {
        for (int batch = 0; batch < 12; ++batch) {
            std::vector<domain::OrderRequest> requests;
            for (int i = 0; i < 10; ++i) requests.push_back(process.request("k"));
            const auto verdicts = run_task(process.book->place(requests));
            if (!verdicts) ++failed;
            for (const auto& verdict : verdicts.value_or(std::vector<domain::Verdict>{})) granted += verdict.granted();
        }
    };
    std::thread other([&] { sell(two); });
    sell(one);
    other.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(granted, 150);
    EXPECT_EQ(run_task(one.book->stock({"hot"}))->front()->available, 0);
    const auto report = audit::run({.database = store.url()});
    ASSERT_TRUE(report) << report.error();
    for (const char* check : {"ledger-chained", "ledger-replays", "reservation-ends-once"})
        EXPECT_TRUE(report->find(check)->holds()) << check;
    EXPECT_EQ(report->orders, 150);
}

TEST(PostgresProcesses, a_server_that_is_killed_loses_nothing_acknowledged_and_is_used_again) {
    TemporaryPostgres store;
    Process shop(store.url());
    shop.stock(100'000);
    std::vector<domain::OrderRequest> acknowledged;
    std::vector<domain::OrderRequest> open;  // whose outcome was not told
    std::thread killer;
    for (int i = 0; i < 150; ++i) {
        if (i == 40) killer = std::thread([] { PostgresServer::shared().kill(); });
        if (i == 60) {
            killer.join();
            PostgresServer::shared().start();
        }
        const auto request = shop.request("key-" + std::to_string(i));
        const auto verdict = run_task(shop.book->place({request}));
        if (!verdict) std::this_thread::sleep_for(std::chrono::milliseconds{20});
        (verdict && verdict->front().granted() ? acknowledged : open).push_back(request);
    }
    EXPECT_FALSE(open.empty()) << "the server was killed too late to be felt";
    EXPECT_GE(acknowledged.size(), 40U + 90U);
    for (const auto& request : acknowledged) {
        const auto order = run_task(shop.book->find(request.order));
        ASSERT_TRUE(order && order->has_value()) << "an acknowledged order is lost";
    }
    // Whoever does not know asks again with the same key.
    for (const auto& request : open) {
        const auto again = run_task(shop.book->place({request}));
        ASSERT_TRUE(again);
        EXPECT_TRUE(again->front().granted());
    }
    EXPECT_EQ(run_task(shop.book->stock({"hot"}))->front()->reserved, 150);
}

TEST(PostgresPool, a_connection_that_was_ended_meanwhile_is_replaced) {
    TemporaryPostgres store{{.connections = 1, .operator_connections = 1}};
    const auto first =
        run_task(store.database().single(Priority::shoppers, &number, "SELECT pg_backend_pid()::bigint"));
    ASSERT_TRUE(first);
    const auto ended = run_task(store.database().write(
        Priority::operators,
        [](PostgresSession& session, const std::int64_t& pid) -> Task<bool> {
            co_await session.query("SELECT pg_terminate_backend($1::int)", pid);
            co_return true;
        },
        *first));
    ASSERT_TRUE(ended);
    const auto second =
        run_task(store.database().single(Priority::shoppers, &number, "SELECT pg_backend_pid()::bigint"));
    ASSERT_TRUE(second);
    EXPECT_NE(*first, *second);
    EXPECT_GE(store.database().figures(Priority::shoppers).lost, 1U);
}

TEST(PostgresPool, who_gets_no_connection_in_time_is_refused_and_nothing_happened) {
    TemporaryPostgres store{{.connections = 1, .operator_connections = 1, .deadline = milliseconds{400}}};
    std::thread holder([&] {
        const auto slept =
            run_task(store.database().single(Priority::shoppers, &number, "SELECT 1::bigint FROM pg_sleep(3)"));
        EXPECT_FALSE(slept.has_value());  // its own deadline ends it
    });
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    const auto begun = std::chrono::steady_clock::now();
    const auto refused = run_task(store.database().single(Priority::shoppers, &number, "SELECT 1::bigint"));
    // Either the place came free when the first was given up, or it did not come free in time; it never hangs.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{2000});
    if (!refused) {
        EXPECT_EQ(refused.error(), PostgresFailure::unavailable);
    }
    // Operators have connections of their own.
    EXPECT_TRUE(run_task(store.database().single(Priority::operators, &number, "SELECT 1::bigint")));
    holder.join();
    EXPECT_EQ(store.database().figures(Priority::shoppers).in_use, 0U);
}

TEST(PostgresStart, refuses_more_connections_than_the_server_allows_and_a_newer_database) {
    TemporaryPostgres store;
    try {
        const PostgresDatabase greedy{{.url = store.url(), .connections = 30, .processes = 4}};
        FAIL() << "it opened";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string{error.what()}.find("max_connections"), std::string::npos) << error.what();
    }
    const auto planted =
        run_task(store.database().write(Priority::operators, [](PostgresSession& session) -> Task<bool> {
            co_await session.run("INSERT INTO migrations VALUES ('9999_later', 0)");
            co_return true;
        }));
    ASSERT_TRUE(planted);
    try {
        const PostgresDatabase newer{{.url = store.url()}};
        FAIL() << "it opened";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string{error.what()}.find("9999_later"), std::string::npos) << error.what();
    }
    const auto cleaned =
        run_task(store.database().write(Priority::operators, [](PostgresSession& session) -> Task<bool> {
            co_await session.run("DELETE FROM migrations WHERE name = '9999_later'");
            co_return true;
        }));
    EXPECT_TRUE(cleaned);
}

}  // namespace
}  // namespace marketday
