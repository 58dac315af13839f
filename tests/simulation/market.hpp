#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/embedded/sqlite_accounts.hpp"
#include "adapters/embedded/sqlite_event_bus.hpp"
#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_line_book.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/sqlite_payment_journal.hpp"
#include "adapters/embedded/sqlite_statistics.hpp"
#include "http/near_cache.hpp"
#include "tests/simulation/line_checker.hpp"
#include "tests/simulation/people.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/sim_bank.hpp"
#include "tests/simulation/sim_mail.hpp"
#include "tests/simulation/watched_ports.hpp"
#include "usecases/selling.hpp"

namespace marketday::simulation {

inline constexpr const char* kSaleSku = "hot";
inline constexpr const char* kPlainSku = "plain";
inline constexpr const char* kPriceKey = "price";
inline constexpr std::int64_t kSalePriceMinor = 900;
inline constexpr std::int64_t kPlainUnits = 1'000'000;

class Checks;

/// How one run ended.
struct RunOutcome {
    std::string violation;  // empty: all that must hold held
    std::string timeline;   // with a trace only
    std::uint64_t hash = 0;
    std::uint64_t events = 0;
    std::uint64_t faults = 0;
    std::uint64_t deaths = 0;
    std::int64_t orders = 0;
    std::int64_t paid = 0;
    std::int64_t refunded = 0;
    std::int64_t expired = 0;
    std::size_t shoppers = 0;
    double virtual_s = 0;
};

/// The store as one process has it open: the real adapters over one simulated disk.
struct OpenStore {
    OpenStore(ProcessExecutor& process, Random& random, Chronicle& chronicle, const Clock& clock, UuidSource& uuids);
    SimDatabase database;
    std::unique_ptr<ports::OrderBook> orders;
    adapters::SqliteAccounts accounts{database};
    adapters::SqliteLineBook lines{database};
    adapters::SqlitePaymentJournal payments{database};
    adapters::SqliteLeases leases{database};
    adapters::SqliteEventBus bus;
    adapters::SqliteEventMemory memory{database};
    adapters::SqliteStatistics statistics{database};
};

/// A process of the shop, with all that dies with it.
struct ShopProcess {
    ShopProcess(SimExecutor& world, std::string name_) : executor(world), name(std::move(name_)) {}
    ProcessExecutor executor;
    std::string name;
    std::unique_ptr<UuidSource> uuids;
    std::unique_ptr<usecases::Selling> selling;  // null while it is down
    std::unique_ptr<http::NearCache> prices;
};

/// One seed: a shop, its machine, its bank, its shoppers, and everything that goes wrong with them.
class Market {
public:
    Market(const Plan& plan, bool trace);
    ~Market();
    RunOutcome run();

private:
    void live_through();

    friend class People;
    friend class Checks;

    // The shop's life.
    void stock_up();
    void open_store();
    void start_shop(ShopProcess& shop, bool serves);
    usecases::Selling::Options options_of(const ShopProcess& shop) const;
    void kill_shop(ShopProcess& shop);
    void kill_machine(SimDisk::End end);
    void restart_machine();
    void tamper_before(adapters::SqliteConnection& store);
    void tamper_after(adapters::SqliteConnection& store);

    // What goes wrong, and when.
    void schedule_troubles();
    void die();
    void stand_still();
    void shift_clock();
    void calm_down();

    /// One step after the other; stops at a violation.
    void run_until(Instant when);
    bool settle(seconds within);
    static Task<void> close_and_draw(Market* market, bool* done);
    void count(RunOutcome& outcome);
    /// Looks at the store without what goes wrong with it.
    template <class F>
    auto quietly(F look) {
        disk_.be_quiet(true);
        auto seen = look(store_->database.connection());
        disk_.be_quiet(false);
        return seen;
    }

    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool happens(unsigned percent) { return percent > 0 && random_.below(100) < percent; }
    milliseconds up_to(std::int64_t ms) {
        return milliseconds{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(ms) + 1))};
    }
    bool calm() const { return world_.now() >= begun_ + plan_.faults_end; }
    void violated(std::string what);

    Plan plan_;
    SimExecutor world_;
    Instant begun_{world_.now()};
    SeededRandom random_;
    Chronicle chronicle_;
    SimDisk disk_;
    SimBank bank_;
    SimMail mail_;
    SaleId sale_;
    Hash256 admission_key_{};
    ProcessExecutor store_process_{world_};
    std::unique_ptr<UuidSource> store_uuids_;
    std::unique_ptr<OpenStore> store_;
    std::unique_ptr<WatchedBus> bus_;
    std::unique_ptr<WatchedOrders> orders_;
    std::unique_ptr<WatchedLeases> leases_;
    LeaseWatch lease_watch_;
    ShopProcess shop_{world_, "shop"};
    ShopProcess second_{world_, "second"};
    std::unique_ptr<People> people_;
    std::unique_ptr<Checks> checks_;
    std::optional<domain::PublishedDraw> draw_;
    SimDisk::End next_end_ = SimDisk::End::power_lost;  // if the disk goes dead in the middle of a write
    std::uint64_t deaths_ = 0;
    std::string violation_;
};

RunOutcome run_seed(std::uint64_t seed, Planted planted, bool trace);

}  // namespace marketday::simulation
