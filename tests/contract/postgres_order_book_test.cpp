#include "adapters/distributed/postgres_order_book.hpp"

#include "adapters/distributed/postgres_ledger.hpp"
#include "tests/contract/order_book_contract.hpp"
#include "tests/contract/order_lists_contract.hpp"
#include "tests/support/postgres_server.hpp"

namespace marketday {
namespace {

class PostgresOrderBookWorld final : public OrderBookWorld {
public:
    PostgresOrderBookWorld() { open(); }
    ports::OrderBook& book() override { return *book_; }
    void restart() override {
        book_.reset();
        store_.reopen();
        open();
    }

private:
    void open() {
        const adapters::ShopTerms terms{*Currency::parse("KRW"), {.flat_minor = kShippingMinor}};
        book_ = adapters::make_postgres_order_book(store_.database(), terms, clock_, uuids_);
    }

    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1, .at_start = adapters::begin_ledger_epoch}};
    std::unique_ptr<ports::OrderBook> book_;
};

std::unique_ptr<OrderBookWorld> make_world() { return std::make_unique<PostgresOrderBookWorld>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, OrderBookContract, testing::Values(&make_world));

}  // namespace
}  // namespace marketday
