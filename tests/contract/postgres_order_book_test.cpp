#include "adapters/distributed/postgres_order_book.hpp"

#include <atomic>
#include <thread>

#include "adapters/distributed/postgres_ledger.hpp"
#include "tests/contract/order_book_contract.hpp"
#include "tests/contract/order_lists_contract.hpp"
#include "tests/support/postgres_server.hpp"

namespace marketday {
namespace {

class PostgresOrderBookWorld final : public OrderBookWorld {
public:
    PostgresOrderBookWorld()
        : own_(std::make_unique<TemporaryPostgres>(adapters::PostgresDatabase::Options{
              .connections = 2, .operator_connections = 1, .at_start = adapters::begin_ledger_epoch})),
          store_(*own_) {
        open();
    }
    explicit PostgresOrderBookWorld(TemporaryPostgres& store) : store_(store) { open(); }
    ports::OrderBook& book() override { return *book_; }
    void restart() override {
        close();
        store_.reopen();
        open();
    }
    void close() { book_.reset(); }
    void open() {
        const adapters::ShopTerms terms{*Currency::parse("KRW"), {.flat_minor = kShippingMinor}};
        book_ = adapters::make_postgres_order_book(store_.database(), terms, clock_, uuids_);
    }
    adapters::PostgresDatabase& database() { return store_.database(); }

private:
    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    std::unique_ptr<TemporaryPostgres> own_;
    TemporaryPostgres& store_;
    std::unique_ptr<ports::OrderBook> book_;
};

std::unique_ptr<OrderBookWorld> make_world() { return std::make_unique<PostgresOrderBookWorld>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, OrderBookContract, testing::Values(&make_world));

/// Two processes on one database, asked in turns: what one remembers, the other has changed.
class TwoProcessesWorld final : public OrderBookWorld {
public:
    ports::OrderBook& book() override {
        std::swap(first_, second_);
        return first_->book();
    }
    void restart() override {
        first_->close(), second_->close();
        store_.reopen();
        first_->open(), second_->open();
    }

private:
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1, .at_start = adapters::begin_ledger_epoch}};
    std::unique_ptr<PostgresOrderBookWorld> first_ = std::make_unique<PostgresOrderBookWorld>(store_);
    std::unique_ptr<PostgresOrderBookWorld> second_ = std::make_unique<PostgresOrderBookWorld>(store_);
};

std::unique_ptr<OrderBookWorld> make_two() { return std::make_unique<TwoProcessesWorld>(); }

INSTANTIATE_TEST_SUITE_P(PostgresInTwoProcesses, OrderBookContract, testing::Values(&make_two));

/// What a process remembers between batches, and when it must not.
class PostgresMemory : public OrderBookContract {
protected:
    void run(const char* sql) {
        auto& database = static_cast<PostgresOrderBookWorld&>(*world_).database();
        const auto written = run_task(database.write(adapters::PostgresDatabase::Priority::operators, &run_once, sql));
        ASSERT_TRUE(written.has_value());
    }

    /// Two batches, the second of which is sent while the first waits for the ledger's head, which somebody else holds
    /// who then does `sql`.
    struct Two {
        domain::Verdict first, second;
    };
    Two two_behind(const char* sql) {
        auto& database = static_cast<PostgresOrderBookWorld&>(*world_).database();
        Waiting waiting{sql};
        std::thread holder([&] {
            const auto held =
                run_task(database.write(adapters::PostgresDatabase::Priority::operators, &hold, &waiting));
            EXPECT_TRUE(held.has_value());
        });
        Two two;
        const auto placed = [this](domain::Verdict& verdict) {
            auto asked = request(customer(), {{"mug", 1, 12'000, 1}});
            return std::thread([this, asked, &verdict] { verdict = place(asked); });
        };
        const auto until = [&waiting](int count) {
            while (waiting.count < count && !waiting.ended) std::this_thread::sleep_for(milliseconds{1});
        };
        until(0);
        std::thread first = placed(two.first);
        until(1);
        std::thread second = placed(two.second);
        holder.join(), first.join(), second.join();
        EXPECT_EQ(waiting.count, 2);
        return two;
    }

private:
    struct Waiting {
        const char* sql;
        std::atomic<int> count{-1};  // batches that wait; -1: the lock is not taken yet
        std::atomic<bool> ended{false};
    };
    static Task<std::monostate> hold(adapters::PostgresSession& session, Waiting* const& waiting) {
        co_await session.query("SELECT version FROM ledger_head WHERE one = 1 FOR UPDATE");
        waiting->count = 0;
        const Instant patience = std::chrono::steady_clock::now() + seconds{5};
        while (waiting->count < 2 && std::chrono::steady_clock::now() < patience) {
            co_await session.query("SELECT pg_stat_clear_snapshot()");
            auto rows = co_await session.query(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%write_batch%'");
            rows.step();
            waiting->count = static_cast<int>(rows.integer(0));
        }
        waiting->ended = true;
        co_await session.run(waiting->sql);
        co_return std::monostate{};
    }
    static Task<std::monostate> run_once(adapters::PostgresSession& session, const char* const& sql) {
        co_await session.run(sql);
        co_return std::monostate{};
    }
};

INSTANTIATE_TEST_SUITE_P(Postgres, PostgresMemory, testing::Values(&make_world));

TEST_P(PostgresMemory, a_batch_that_follows_at_once_knows_what_the_one_before_has_left) {
    bool remembered = false;
    for (int tries = 0; tries < 20 && !remembered; ++tries) {  // "at once" is a quarter of a second
        const std::string sku = "mug-" + std::to_string(tries);
        offer(sku, 12'000, 1);
        EXPECT_TRUE(place(request(customer(), {{sku, 1, 12'000, 1}})).granted());
        // Changed behind its back, as nothing does: what is remembered is what counts.
        run("UPDATE stock SET received = received + 5, available = available + 5");
        remembered = !place(request(customer(), {{sku, 1, 12'000, 1}})).granted();
    }
    EXPECT_TRUE(remembered);
}

TEST_P(PostgresMemory, a_batch_is_decided_on_what_one_that_is_being_written_will_leave) {
    offer("mug", 12'000, 1);
    const auto two = two_behind("UPDATE ledger_head SET version = version");
    EXPECT_TRUE(two.first.granted());
    EXPECT_FALSE(two.second.granted());
    EXPECT_EQ(level("mug").available, 0);
    EXPECT_EQ(level("mug").reserved, 1);
}

TEST_P(PostgresMemory, a_batch_that_was_decided_on_one_that_failed_is_decided_again) {
    offer("mug", 12'000, 3);
    // What somebody else sells in between has the version that the first of the two would have written.
    const auto two = two_behind(
        "WITH sold AS (UPDATE stock SET sold = sold + available, available = 0)"
        " UPDATE ledger_head SET version = version + 1");
    EXPECT_FALSE(two.first.granted());
    EXPECT_FALSE(two.second.granted());
    EXPECT_EQ(level("mug").available, 0);
    EXPECT_EQ(level("mug").reserved, 0);
}

TEST_P(PostgresMemory, nothing_is_remembered_of_a_server_that_another_has_followed) {
    offer("mug", 12'000, 3);
    EXPECT_TRUE(place(request(customer(), {{"mug", 1, 12'000, 1}})).granted());
    // A promoted server that lacks what was done last and has come to the same version since.
    run("UPDATE stock SET sold = sold + available, available = 0");
    run("CREATE OR REPLACE FUNCTION server_started_us() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint'");
    EXPECT_FALSE(place(request(customer(), {{"mug", 1, 12'000, 1}})).granted());
    run("CREATE OR REPLACE FUNCTION server_started_us() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS"
        " 'SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint'");
}

TEST_P(PostgresMemory, customers_who_come_back_unexpected_get_what_they_had_and_no_more_than_their_limit) {
    offer("mug", 12'000, 50);
    const auto sale = sale_of("mug", 50, 2);
    auto first = request(customer(), {{"mug", 2, 900, 0}}, sale.id);
    EXPECT_TRUE(place(first).granted());
    static_cast<PostgresOrderBookWorld&>(*world_).close();  // a process that has not seen him
    static_cast<PostgresOrderBookWorld&>(*world_).open();
    EXPECT_TRUE(place(request(customer(), {{"mug", 1, 900, 0}}, sale.id)).granted());
    auto more = request(first.customer, {{"mug", 1, 900, 0}}, sale.id);
    first.order = OrderId{uuids_.next(7)};
    const auto verdicts = done(book().place({request(customer(), {{"mug", 1, 900, 0}}, sale.id), more, first}));
    EXPECT_TRUE(verdicts[0].granted());
    EXPECT_EQ(refused(verdicts[1]).reason, domain::Refusal::limit_reached);
    EXPECT_TRUE(verdicts[2].repeated);
    EXPECT_EQ(level("mug").reserved, 4);
}

}  // namespace
}  // namespace marketday
