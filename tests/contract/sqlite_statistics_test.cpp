#include "adapters/embedded/sqlite_statistics.hpp"
#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "tests/contract/statistics_contract.hpp"
#include "tests/support/sqlite_store.hpp"

namespace marketday::contract {
namespace {

class SqliteStatisticsStore final : public StatisticsStore {
public:
    ports::Statistics& statistics() override { return statistics_; }
    ports::Leases& leases() override { return leases_; }
    void stock(const std::vector<std::string>& skus) override {
        std::vector<ports::OrderBook::Offer> offers;
        for (const auto& sku : skus) offers.push_back({sku, Money{1000, *Currency::parse("KRW")}, false, 0, 0});
        ASSERT_TRUE(run_task(book_->set_offers(offers)));
    }

private:
    TemporaryStore store_;
    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    std::unique_ptr<ports::OrderBook> book_ =
        adapters::make_sqlite_order_book(store_.database(), {*Currency::parse("KRW"), {}}, clock_, uuids_);
    adapters::SqliteLeases leases_{store_.database()};
    adapters::SqliteStatistics statistics_{store_.database()};
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StatisticsContract,
                         testing::Values(StatisticsFactory{"sqlite",
                                                           [] { return std::make_unique<SqliteStatisticsStore>(); }}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace marketday::contract
