#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "tests/contract/order_book_contract.hpp"
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

}  // namespace
}  // namespace marketday
