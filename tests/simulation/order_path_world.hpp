#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/embedded/sqlite_order_writes.hpp"
#include "base/async/sim_executor.hpp"
#include "tests/simulation/silent_order_book.hpp"
#include "usecases/checkout.hpp"

namespace marketday::simulation {

/// Faults that the checks must find; `none` for the real thing.
enum class Planted {
    none,
    acknowledges_before_commit,  // now and then a batch is answered and then lost
    forgets_keys,                // a retry is placed as if it were new
    forgets_the_limit,           // the limit record of a customer is lost
    releases_nothing,            // the ledger misses an entry
};

/// The store of the simulation: the real SQL over a database in memory, behind calls that are slow, refused, or lost on
/// the way there or back. What was committed survives the process.
class StoreInMemory final : public SilentOrderBook {
public:
    StoreInMemory(SimExecutor& executor, std::uint64_t seed, Planted planted);

    Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>& requests) override;
    Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) override;

    adapters::SqliteConnection& connection() { return connection_; }
    /// A new process: what was only in memory is gone.
    void begin_epoch();
    void calm() { calm_ = true; }

    static constexpr std::int64_t kUnits = 40;
    static constexpr std::int64_t kLimit = 2;
    static constexpr const char* kSku = "rush-1";
    SaleId sale() const { return sale_; }

private:
    std::vector<domain::Verdict> commit(std::vector<domain::OrderRequest> requests);

    SimExecutor& executor_;
    SeededRandom random_;
    Planted planted_;
    UuidSource uuids_;
    adapters::SqliteConnection connection_;
    adapters::CustomerMemory memory_{12};  // small, so that records are carried over many times a run
    SaleId sale_;
    bool calm_ = false;
    int lies_ = 0;
};

/// One intent of one shopper, kept by the shopper: it outlives the server's deaths.
struct Intent {
    CustomerId customer;
    std::string key;
    std::int64_t quantity = 1;
    Instant arrives{};
    std::vector<domain::Verdict> told;  // every definite answer that reached the shopper
    int asked = 0;
};

struct RunReport {
    std::string fault;  // empty: all that must hold held
    std::size_t steps = 0;
    int deaths = 0;
    int granted = 0;
};

/// Runs one seed: shoppers who retry and double-click, a store that fails, a server that dies and comes back.
RunReport run_order_path(std::uint64_t seed, Planted planted);

}  // namespace marketday::simulation
