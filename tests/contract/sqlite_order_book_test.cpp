#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "tests/contract/order_book_contract.hpp"
#include "tests/contract/order_lists_contract.hpp"
#include "tests/support/sqlite_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {
namespace {

class SqliteOrderBookWorld final : public OrderBookWorld {
public:
    SqliteOrderBookWorld() { open(); }
    ports::OrderBook& book() override { return *book_; }
    void restart() override {
        book_.reset();
        database_.reset();
        open();
    }

private:
    void open() {
        database_ = std::make_unique<adapters::SqliteDatabase>(
            adapters::SqliteDatabase::Options{.file = directory_.path() / "marketday.db",
                                              .readers = 1,
                                              .cache_kib = 4096,
                                              .at_start = adapters::begin_ledger_epoch});
        const adapters::ShopTerms terms{*Currency::parse("KRW"), {.flat_minor = kShippingMinor}};
        book_ = adapters::make_sqlite_order_book(*database_, terms, clock_, uuids_);
    }

    TemporaryDirectory directory_;
    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    std::unique_ptr<adapters::SqliteDatabase> database_;
    std::unique_ptr<ports::OrderBook> book_;
};

std::unique_ptr<OrderBookWorld> make_world() { return std::make_unique<SqliteOrderBookWorld>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, OrderBookContract, testing::Values(&make_world));

/// 10 customers with an order, a limit and two keys each: one old, one young.
void plant_records(adapters::SqliteConnection& connection) {
    for (std::uint8_t i = 0; i < 10; ++i) {
        const Uuid customer{{i, 1, 2, 3}};
        connection.run("INSERT INTO customer_records (customer_id, kind, key, at_ms, units) VALUES (?1, 1, ?1, 5, 1)",
                       customer);
        connection.run("INSERT INTO customer_records (customer_id, kind, key, at_ms) VALUES (?1, 3, ?1, 5)", customer);
        connection.run("INSERT INTO customer_records (customer_id, kind, key, at_ms) VALUES (?1, 2, x'6f6c64', 99)",
                       customer);
        connection.run(
            "INSERT INTO customer_records (customer_id, kind, key, at_ms) VALUES (?1, 2, x'796f756e67', 100)",
            customer);
    }
}

TEST(SqliteForgetting, goes_through_every_record_once_whatever_the_size_of_a_slice) {
    for (const std::size_t records_max : {1UL, 3UL, 4UL, 1000UL}) {
        TemporaryStore store;
        SystemClock clock;
        SystemRandom random;
        UuidSource uuids{clock, random};
        const auto book =
            adapters::make_sqlite_order_book(store.database(), {*Currency::parse("KRW"), {}}, clock, uuids);
        const auto planted = run_task(store.database().write(adapters::SqliteDatabase::Priority::shoppers,
                                                             [](adapters::SqliteConnection& connection) {
                                                                 plant_records(connection);
                                                                 return std::monostate{};
                                                             }));
        ASSERT_TRUE(planted);
        std::size_t keys = 0;
        std::size_t slices = 0;
        std::optional<std::string> place;
        do {
            auto slice = run_task(book->forget_keys(from_unix_ms(100), place, records_max));
            ASSERT_TRUE(slice);
            keys += slice->keys;
            place = std::move(slice->next);
            ASSERT_LE(++slices, 41U);
        } while (place);
        EXPECT_EQ(keys, 10U);
        const auto left = run_task(store.database().read([](adapters::SqliteConnection& connection) {
            auto row = connection.query("SELECT count(*), min(at_ms) FROM customer_records WHERE kind = 2");
            row.step();
            return std::pair{row.integer(0), row.integer(1)};
        }));
        ASSERT_TRUE(left);
        EXPECT_EQ(left->first, 10);
        EXPECT_EQ(left->second, 100);
    }
}

}  // namespace
}  // namespace marketday
