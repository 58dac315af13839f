#include "adapters/embedded/sqlite_baskets.hpp"

#include "tests/contract/baskets_contract.hpp"
#include "tests/support/sqlite_store.hpp"

namespace marketday::contract {
namespace {

class SqliteBasketsStore final : public BasketsStore {
public:
    ports::Baskets& baskets() override { return baskets_; }

private:
    TemporaryStore store_;
    adapters::SqliteBaskets baskets_{store_.database()};
};

INSTANTIATE_TEST_SUITE_P(Sqlite, BasketsContract,
                         testing::Values(BasketsFactory{"sqlite",
                                                        [] { return std::make_unique<SqliteBasketsStore>(); }}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace marketday::contract
