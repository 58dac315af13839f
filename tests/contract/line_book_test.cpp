#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_line_book.hpp"
#include "tests/contract/line_book_contract.hpp"
#include "tests/simulation/simulated_line_book.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday::contract {
namespace {

class SqliteLineBookStore final : public LineBookStore {
public:
    SqliteLineBookStore() { reopen(); }
    ports::LineBook& book() override { return *book_; }
    ports::Leases& leases() override { return *leases_; }
    void reopen() override {
        book_.reset();
        leases_.reset();
        database_.reset();
        database_ = std::make_unique<adapters::SqliteDatabase>(adapters::SqliteDatabase::Options{
            .file = directory_.path() / "marketday.db", .readers = 1, .cache_kib = 4096, .at_start = {}});
        book_ = std::make_unique<adapters::SqliteLineBook>(*database_);
        leases_ = std::make_unique<adapters::SqliteLeases>(*database_);
    }

private:
    TemporaryDirectory directory_;
    std::unique_ptr<adapters::SqliteDatabase> database_;
    std::unique_ptr<adapters::SqliteLineBook> book_;
    std::unique_ptr<adapters::SqliteLeases> leases_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, LineBookContract,
                         testing::Values(LineBookFactory{"sqlite",
                                                         [] { return std::make_unique<SqliteLineBookStore>(); }}),
                         [](const auto& made) { return made.param.name; });

/// The book that simulations run on keeps the same promises as the real one.
class SimulatedLineBookStore final : public LineBookStore {
public:
    SimulatedLineBookStore() { reopen(); }
    ports::LineBook& book() override { return *book_; }
    ports::Leases& leases() override { return leases_; }
    void reopen() override { book_ = std::make_unique<simulation::SimulatedLineBook>(rows_, random_, faults_); }

private:
    SeededRandom random_{1};
    simulation::SimulatedLineBook::Faults faults_{.delay_max = milliseconds{0}};
    simulation::LineRows rows_;
    simulation::SimulatedLeases leases_{rows_};
    std::unique_ptr<simulation::SimulatedLineBook> book_;
};

INSTANTIATE_TEST_SUITE_P(Simulated, LineBookContract,
                         testing::Values(LineBookFactory{"simulated",
                                                         [] { return std::make_unique<SimulatedLineBookStore>(); }}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace marketday::contract
