#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "tests/contract/catalogue_contract.hpp"
#include "tests/support/sqlite_store.hpp"

namespace marketday::contract {
namespace {

class SqliteCatalogueStore final : public CatalogueStore {
public:
    ports::Catalogue& catalogue() override { return catalogue_; }
    ports::OrderBook& order_book() override { return *order_book_; }

private:
    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    TemporaryStore store_;
    adapters::SqliteCatalogue catalogue_{store_.database(), clock_};
    std::unique_ptr<ports::OrderBook> order_book_ =
        adapters::make_sqlite_order_book(store_.database(), {*Currency::parse("KRW"), {}}, clock_, uuids_);
};

INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogueContract,
                         testing::Values(CatalogueFactory{"sqlite",
                                                          [] { return std::make_unique<SqliteCatalogueStore>(); }}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace marketday::contract
