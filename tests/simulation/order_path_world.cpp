#include "tests/simulation/order_path_world.hpp"

#include <fmt/format.h>

#include <set>

#include "adapters/embedded/migrations.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_offers.hpp"
#include "adapters/embedded/sqlite_sales.hpp"
#include "domain/ledger.hpp"

namespace marketday::simulation {
namespace {

using adapters::SqliteConnection;

Currency krw() { return *Currency::parse("KRW"); }

constexpr seconds kRushTime{20};
constexpr seconds kSettleTime{120};  // after the last fault
constexpr int kShoppers = 40;
constexpr int kTriesMax = 60;

/// The server process: dies with everything it knows.
struct Server {
    UuidSource uuids;
    usecases::SaleBoard board;
    usecases::Checkout checkout;

    Server(SimExecutor& executor, StoreInMemory& store, Random& random)
        : uuids(executor, random),
          board(store),
          checkout(executor, store, board, executor, uuids,
                   {.lane = {.depth_max = 30, .batch_max = 8, .batches_under_way = 2}}) {}
};

usecases::Checkout::Command command_of(const Intent& intent, SaleId sale) {
    usecases::Checkout::Command command;
    command.customer = intent.customer;
    command.verified = true;
    command.key = intent.key;
    command.sale = sale;
    command.currency = krw();
    command.lines = {{StoreInMemory::kSku, intent.quantity, 900, 0}};
    command.address = {"a", "b", "", "c", "d", "KR", ""};
    return command;
}

/// A shopper asks until there is a definite answer, always with the same key.
Task<void> shop(Server* server, Intent* intent, SaleId sale, std::uint64_t seed) {
    SeededRandom random(seed);
    Executor& executor = co_await this_executor();
    if (executor.now() < intent->arrives) co_await sleep_until(intent->arrives);
    for (int tries = 0; tries < kTriesMax; ++tries) {
        ++intent->asked;
        auto command = command_of(*intent, sale);
        command.deadline = executor.now() + seconds{10};
        auto answer = co_await server->checkout.place(std::move(command));
        if (answer) {
            intent->told.push_back(std::move(*answer));
            // Some press the button once more.
            if (random.below(4) != 0) co_return;
            continue;
        }
        co_await sleep_for(milliseconds{100 + random.below(1500)});
    }
}

/// What must hold in the store, whatever happened. Empty when it does.
std::string check_store(SqliteConnection& c) {
    const auto level = adapters::read_stock(c, StoreInMemory::kSku);
    if (!level || !level->is_consistent()) return "the stock's places do not add up";
    std::int64_t held = 0;
    {
        auto row = c.query(
            "SELECT coalesce(sum(l.quantity), 0) FROM order_lines l JOIN orders o USING (order_id)"
            " WHERE o.state = 1");
        row.step();
        held = row.integer(0);
    }
    if (held != level->reserved) return fmt::format("orders hold {}, stock says {}", held, level->reserved);
    {
        auto row = c.query(
            "SELECT max(units) FROM (SELECT sum(l.quantity) AS units FROM order_lines l JOIN orders o"
            " USING (order_id) GROUP BY o.customer_id)");
        row.step();
        if (row.integer(0) > StoreInMemory::kLimit) return fmt::format("a customer has {}", row.integer(0));
    }
    domain::StockLevel replayed;
    std::int64_t sequence = 0;
    auto rows = c.query("SELECT sequence, movement, units FROM ledger ORDER BY sequence");
    while (rows.step()) {
        if (rows.integer(0) != ++sequence) return fmt::format("ledger entry {} is missing", sequence);
        if (!domain::apply(replayed, static_cast<domain::Movement>(rows.integer(1)), rows.integer(2)))
            return fmt::format("ledger entry {} cannot be", sequence);
    }
    if (replayed != *level) return "the ledger does not replay to the counters";
    return {};
}

/// What every shopper was told, against what is stored.
std::string check_answers(SqliteConnection& c, const std::vector<Intent>& intents) {
    std::set<OrderId> told;
    for (const auto& intent : intents) {
        if (intent.told.empty()) return fmt::format("key {} never got an answer", intent.key);
        for (const auto& verdict : intent.told)
            if (verdict.outcome != intent.told.front().outcome)
                return fmt::format("key {} got two answers", intent.key);
        const auto* granted = std::get_if<domain::Granted>(&intent.told.front().outcome);
        if (granted == nullptr) continue;
        if (!told.insert(granted->order).second) return "two keys were told one order";
        auto row =
            c.query("SELECT 1 FROM orders WHERE order_id = ?1 AND customer_id = ?2", granted->order, intent.customer);
        if (!row.step()) return fmt::format("acknowledged order {} is not there", granted->order.to_string());
    }
    auto count = c.query("SELECT count(*) FROM orders");
    count.step();
    if (count.integer(0) != static_cast<std::int64_t>(told.size()))
        return fmt::format("{} orders are stored, {} were told", count.integer(0), told.size());
    return {};
}

std::vector<Intent> make_intents(SimExecutor& executor, Random& random) {
    UuidSource uuids(executor, random);
    std::vector<Intent> intents;
    for (int i = 0; i < kShoppers; ++i) {
        const CustomerId customer{uuids.next(static_cast<Bucket>(random.below(kBucketCount)))};
        const auto wishes = 1 + random.below(3);
        for (std::uint64_t wish = 0; wish < wishes; ++wish) {
            intents.push_back({.customer = customer,
                               .key = fmt::format("k{}-{}", i, wish),
                               .quantity = static_cast<std::int64_t>(1 + random.below(2)),
                               .arrives = executor.now() + milliseconds{random.below(8000)},
                               .told = {}});
        }
    }
    return intents;
}

void begin_shopping(SimExecutor& executor, Server& server, std::vector<Intent>& intents, SaleId sale, Random& random) {
    for (auto& intent : intents) {
        // One who has an answer does not ask again; one in doubt comes twice, from two tabs.
        if (!intent.told.empty()) continue;
        spawn(executor, "shopper", shop(&server, &intent, sale, random.u64()));
        if (random.below(3) == 0) spawn(executor, "tab", shop(&server, &intent, sale, random.u64()));
    }
}

}  // namespace

StoreInMemory::StoreInMemory(SimExecutor& executor, std::uint64_t seed, Planted planted)
    : executor_(executor),
      random_(seed),
      planted_(planted),
      uuids_(executor, random_),
      connection_(":memory:", SqliteConnection::Mode::read_write, 4096) {
    adapters::migrate(connection_);
    begin_epoch();
    adapters::write_offers(connection_,
                           {{.sku = kSku, .price = Money{1000, krw()}, .hidden = false, .weight_g = 0, .version = 0}});
    adapters::receive_stock(connection_, kSku, kUnits, "delivery", executor.wall_now());
    domain::Sale sale;
    sale.id = SaleId{uuids_.next(0)};
    sale.name_json = R"({"en":"Rush"})";
    sale.opens_at = executor.wall_now();
    sale.line.enabled = false;
    sale.items = {{kSku, kUnits, Money{900, krw()}, kLimit, 0}};
    sale_ = sale.id;
    const auto made = adapters::write_sale(connection_, sale, uuids_.next(0), executor.wall_now());
    MD_ASSERT(made.has_value());
}

void StoreInMemory::begin_epoch() {
    memory_.forget();
    adapters::begin_ledger_epoch(connection_);
}

std::vector<domain::Verdict> StoreInMemory::commit(std::vector<domain::OrderRequest> requests) {
    if (planted_ == Planted::forgets_keys)
        for (auto& request : requests) request.key += std::to_string(random_.below(1000));
    if (planted_ == Planted::forgets_the_limit) {
        connection_.run("DELETE FROM customer_records WHERE kind = 1");
        connection_.run("UPDATE customer_journal SET limit_key = NULL");
        memory_.forget();
    }
    connection_.script("BEGIN");
    auto verdicts = adapters::write_orders(connection_, memory_, {krw(), {}}, uuids_.next(0), requests);
    const bool lost = planted_ == Planted::acknowledges_before_commit && random_.below(5) == 0;
    connection_.script(lost ? "ROLLBACK" : "COMMIT");
    if (lost) memory_.forget();
    if (planted_ == Planted::releases_nothing && ++lies_ == 5)
        connection_.script("DELETE FROM ledger WHERE sequence = (SELECT max(sequence) FROM ledger)");
    return verdicts;
}

SilentOrderBook::Answer<std::vector<domain::Verdict>> StoreInMemory::place(
    const std::vector<domain::OrderRequest>& requests) {
    co_await sleep_for(milliseconds{1 + random_.below(30)});
    const auto luck = calm_ ? 99 : random_.below(100);
    if (luck < 8) co_return fail(Error::unavailable);
    if (luck < 14) co_return fail(Error::outcome_unknown);  // lost on the way there
    auto verdicts = commit(requests);
    co_await sleep_for(milliseconds{1 + random_.below(30)});
    if (luck < 24) co_return fail(Error::outcome_unknown);  // lost on the way back
    co_return std::move(verdicts);
}

SilentOrderBook::Answer<std::vector<domain::Sale>> StoreInMemory::sales(std::size_t closed_max) {
    co_await sleep_for(milliseconds{1});
    auto known = adapters::read_sales(connection_, closed_max);
    co_return std::move(known);
}

RunReport run_order_path(std::uint64_t seed, Planted planted) {
    SimExecutor executor(seed);
    SeededRandom random(seed * 2 + 1);
    StoreInMemory store(executor, seed * 2 + 2, planted);
    std::vector<Intent> intents = make_intents(executor, random);
    RunReport report;

    auto server = std::make_unique<Server>(executor, store, random);
    begin_shopping(executor, *server, intents, store.sale(), random);
    const Instant calm_from = executor.now() + kRushTime;
    while (executor.now() < calm_from) {
        report.steps += executor.run_for(milliseconds{200 + random.below(6000)});
        if (random.below(3) == 0) executor.shift_wall(milliseconds{random.below(4000)} - milliseconds{1000});
        if (auto fault = check_store(store.connection()); !fault.empty()) {
            report.fault = fault;
            executor.stop();
            return report;
        }
        if (random.below(2) == 0) {
            executor.stop();  // kill -9: every task, timer and half-done batch is gone
            server = std::make_unique<Server>(executor, store, random);
            store.begin_epoch();
            ++report.deaths;
            begin_shopping(executor, *server, intents, store.sale(), random);
        }
    }
    store.calm();
    report.steps += executor.run_for(kSettleTime);
    report.fault = check_store(store.connection());
    if (report.fault.empty()) report.fault = check_answers(store.connection(), intents);
    for (const auto& intent : intents) report.granted += !intent.told.empty() && intent.told.front().granted() ? 1 : 0;
    executor.stop();
    return report;
}

}  // namespace marketday::simulation
