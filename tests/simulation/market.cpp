#include "tests/simulation/market.hpp"

#include "adapters/embedded/migrations.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_offers.hpp"
#include "adapters/embedded/sqlite_sales.hpp"
#include "tests/simulation/checks.hpp"

namespace marketday::simulation {
namespace {

using adapters::SqliteConnection;
using adapters::SqliteError;

Currency krw() { return *Currency::parse("KRW"); }

std::string database_file() { return std::string{SimDisk::kDirectory} + "marketday.db"; }

/// The tables, made once.
const SimDisk::Image& empty_shop() {
    static const SimDisk::Image image = [] {
        SimDisk disk(0);
        {
            SqliteConnection connection(database_file(), SqliteConnection::Mode::read_write, 4096);
            connection.script("PRAGMA journal_mode=WAL;");
            adapters::migrate(connection);
        }
        return disk.image();
    }();
    return image;
}

adapters::SqliteDatabase::Options database_options() {
    adapters::SqliteDatabase::Options options;
    options.file = database_file();
    options.cache_kib = 4096;
    options.at_start = [](SqliteConnection& connection) { adapters::begin_ledger_epoch(connection); };
    return options;
}

}  // namespace

OpenStore::OpenStore(ProcessExecutor& process, Random& random, Chronicle& chronicle, const Clock& clock,
                     UuidSource& uuids)
    : database(process, random, chronicle, database_options()),
      orders(adapters::make_sqlite_order_book(database, {krw(), {}}, clock, uuids)),
      bus(database, clock) {}

Market::Market(const Plan& plan, bool trace)
    : plan_(plan),
      world_(plan.seed),
      random_(plan.seed * 0x2545f4914f6cdd1dULL + 7),
      chronicle_(world_, trace),
      disk_(plan.seed * 31 + 3),
      bank_(world_, random_, chronicle_),
      mail_(random_, chronicle_) {
    disk_.load(empty_shop());
    random_.fill(admission_key_);
    open_store();
    stock_up();
    checks_ = std::make_unique<Checks>(*this);
    people_ = std::make_unique<People>(*this);
    store_->database.set_faults(plan_.store);
    disk_.set_faults(plan_.disk);
    bank_.set_faults({plan_.bank_silent_percent, plan_.bank_refuses_percent, plan_.bank_lies,
                      plan_.planted == Planted::captures_twice});
    mail_.set_fails_percent(plan_.mail_fails_percent);
    start_shop(shop_, true);
    if (plan_.second_scheduler) start_shop(second_, false);
}

Market::~Market() {
    world_.stop();
    disk_.go_dead();
    for (auto* shop : {&shop_, &second_}) {
        shop->executor.kill();
        shop->selling.reset();
        shop->prices.reset();
    }
    store_process_.kill();
}

void Market::violated(std::string what) {
    if (!violation_.empty()) return;
    violation_ = chronicle_.readable(std::move(what));
    chronicle_.note("!! violated", "{}", violation_);
}

void Market::stock_up() {
    auto& store = store_->database.connection();
    const WallTime now = world_.wall_now();
    UuidSource ids(world_, random_);
    domain::Sale sale;
    sale.id = sale_ = SaleId{ids.next(0)};
    sale.name_json = R"({"en":"Rush"})";
    sale.opens_at = now + plan_.opens_after;
    sale.line.enabled = plan_.line;
    sale.line.draw = plan_.draw;
    sale.line.admission_valid = seconds{30};
    sale.line.admissions_per_s_max = 50;
    sale.items = {{kSaleSku, plan_.units, Money{kSalePriceMinor, krw()}, plan_.limit, 0}};
    store.script("BEGIN");
    for (const char* sku : {kSaleSku, kPlainSku})
        adapters::write_offers(
            store, {{.sku = sku, .price = Money{1000, krw()}, .hidden = false, .weight_g = 0, .version = 0}});
    adapters::receive_stock(store, kSaleSku, plan_.units, "delivery", now);
    adapters::receive_stock(store, kPlainSku, kPlainUnits, "delivery", now);
    const auto made = adapters::write_sale(store, sale, ids.next(0), now);
    MD_ASSERT(made.has_value());
    store.script("COMMIT");
}

void Market::open_store() {
    store_uuids_ = std::make_unique<UuidSource>(world_, random_);
    disk_.be_quiet(true);
    while (store_ == nullptr) {
        try {
            store_ = std::make_unique<OpenStore>(store_process_, random_, chronicle_, world_, *store_uuids_);
        } catch (const std::runtime_error& failure) {
            // The power may go again while the store is being brought back.
            if (!disk_.is_dead()) {
                violated(fmt::format("the store cannot be opened again: {}", failure.what()));
                disk_.be_quiet(false);
                return;
            }
            chronicle_.fault("the power goes while the store is opened");
            ++deaths_;
            disk_.come_back(SimDisk::End::power_lost);
        }
    }
    disk_.be_quiet(false);
    auto& database = store_->database;
    if (plan_.planted == Planted::acknowledges_unwritten) database.acknowledges_unwritten_percent = 2;
    database.before_group = [this](SqliteConnection& store) { tamper_before(store); };
    database.after_group = [this](SqliteConnection& store) {
        if (disk_.is_dead()) return;
        disk_.be_quiet(true);
        checks_->after_commit(store);
        tamper_after(store);
        disk_.be_quiet(false);
    };
    WatchedOrders::Lies lies;
    if (plan_.planted == Planted::admits_more_than_remain) lies.units_more = 5;
    lies.outbox_is_empty = plan_.planted == Planted::relay_stands_still;
    orders_ = std::make_unique<WatchedOrders>(*store_->orders, lies);
    leases_ = std::make_unique<WatchedLeases>(store_->leases, lease_watch_);
    bus_ = std::make_unique<WatchedBus>(
        store_->bus, lease_watch_, plan_.planted == Planted::scheduler_without_fencing,
        [this] {
            return quietly([](SqliteConnection& store) {
                auto row = store.query("SELECT token FROM leases WHERE name = 'relay'");
                return ports::Fence{"relay", row.step() ? row.integer(0) : 0};
            });
        },
        [this](std::string what) { violated(std::move(what)); });
}

usecases::Selling::Options Market::options_of(const ShopProcess& shop) const {
    usecases::Selling::Options options;
    options.checkout = {.hold = plan_.hold,
                        .lane = {.depth_max = plan_.lane_depth_max, .batch_max = plan_.batch_max},
                        .admission_key = admission_key_};
    options.checkout.lane.wait_max = plan_.lane_wait_max;
    options.line.admission_key = admission_key_;
    options.line.holder = shop.name;
    options.settlement.hold_again = seconds{10};
    options.settlement.hold_again_until = seconds{120};
    options.refunds = {.gateway_wait = milliseconds{2'000}, .pause_max = milliseconds{20'000}};
    options.reconcile = {
        .after = milliseconds{5'000}, .gateway_wait = milliseconds{2'000}, .pause_max = milliseconds{20'000}};
    options.scheduler = {.holder = shop.name};
    options.shop_name = "Marketday";
    return options;
}

void Market::start_shop(ShopProcess& shop, bool serves) {
    shop.uuids = std::make_unique<UuidSource>(world_, random_);
    shop.selling = std::make_unique<usecases::Selling>(
        shop.executor, world_, random_, *shop.uuids,
        usecases::Selling::Ports{*orders_, store_->lines, store_->payments, bank_, *leases_, *bus_, store_->memory,
                                 store_->accounts, mail_, store_->statistics},
        options_of(shop));
    shop.prices = std::make_unique<http::NearCache>(http::NearCachePolicy{.bytes_max = 1 << 16}, world_, random_);
    if (serves) {
        spawn(shop.executor, "sale-board", shop.selling->board.run(milliseconds{500}));
        spawn(shop.executor, "line", shop.selling->line.run());
    }
    shop.selling->scheduler.start(shop.executor);
}

void Market::kill_shop(ShopProcess& shop) {
    shop.executor.kill();
    shop.selling.reset();
    shop.prices.reset();
}

void Market::kill_machine(SimDisk::End end) {
    ++deaths_;
    chronicle_.fault(
        "{}", end == SimDisk::End::power_lost ? std::string_view{"the power goes"} : std::string_view{"kill -9"});
    disk_.go_dead();
    kill_shop(shop_);
    kill_shop(second_);
    store_process_.kill();
    bus_.reset();
    leases_.reset();
    orders_.reset();
    store_.reset();
    disk_.come_back(end);
    world_.at(world_.now() + up_to(2'500), [this] { restart_machine(); });
}

void Market::restart_machine() {
    if (store_ != nullptr) return;
    // Now and then it goes again in the middle of coming back.
    if (!calm() && below(8) == 0) disk_.go_dead_after(below(12));
    open_store();
    if (store_ == nullptr) return;
    if (!calm()) store_->database.set_faults(plan_.store);
    chronicle_.note("machine", "is back");
    disk_.be_quiet(true);
    if (!disk_.is_dead()) checks_->after_restart(store_->database.connection());
    disk_.be_quiet(false);
    start_shop(shop_, true);
    if (plan_.second_scheduler) start_shop(second_, false);
}

// Planted faults that are in the store.

void Market::tamper_before(SqliteConnection& store) {
    const bool limits = plan_.planted == Planted::forgets_the_limit;
    const bool keys = plan_.planted == Planted::forgets_the_key;
    if (!limits && !keys) return;
    disk_.be_quiet(true);
    try {
        store.script(limits ? "DELETE FROM customer_records WHERE kind = 1;"
                              "UPDATE customer_journal SET limit_key = NULL, units = NULL"
                            : "DELETE FROM customer_records WHERE kind = 2;"
                              "UPDATE customer_journal SET key = NULL, request_hash = NULL");
        store_->database.forget();
    } catch (const SqliteError&) {
        // The disk is dead.
    }
    disk_.be_quiet(false);
}

void Market::tamper_after(SqliteConnection& store) {
    const char* sql = nullptr;
    std::uint64_t one_in = 20;
    switch (plan_.planted) {
        case Planted::sells_what_is_not_there:
            sql = "UPDATE stock SET available = available + 1, sold = sold - 1 WHERE sold > 0";
            break;
        case Planted::releases_twice:
            sql =
                "UPDATE orders SET state = 1, hold_ms = 0 WHERE order_id ="
                " (SELECT order_id FROM orders WHERE state = 9 LIMIT 1)";
            break;
        case Planted::expires_a_paying_hold: sql = "UPDATE orders SET state = 1, hold_ms = 0 WHERE state = 2"; break;
        case Planted::forgets_a_capture:
            sql =
                "UPDATE orders SET state = 9, captured_ms = NULL WHERE order_id ="
                " (SELECT order_id FROM orders WHERE state = 3 LIMIT 1)";
            break;
        case Planted::charges_another_price:
            sql = "UPDATE orders SET total_minor = total_minor + 1 WHERE state = 1";
            break;
        case Planted::lets_a_ticket_pass:
            sql = "UPDATE lines SET draw_secret = zeroblob(32) WHERE list_closed_ms IS NOT NULL";
            break;
        case Planted::reissues_a_number:
            sql = "UPDATE lines SET sequence_mark = 1";
            one_in = 1;
            break;
        case Planted::forgets_who_was_called:
            sql = "UPDATE lines SET called_turns = 0; DELETE FROM line_calls";
            one_in = 1;
            break;
        case Planted::skips_a_ledger_link:
            sql = "UPDATE ledger SET hash = zeroblob(32) WHERE sequence = (SELECT max(sequence) FROM ledger)";
            break;
        case Planted::loses_a_ledger_entry:
            sql = "DELETE FROM ledger WHERE sequence = (SELECT max(sequence) FROM ledger)";
            break;
        case Planted::forgets_a_refund:
            sql = "DELETE FROM refunds WHERE done_ms IS NULL";
            one_in = 1;
            break;
        case Planted::drops_an_event: sql = "UPDATE outbox SET sent = 1 WHERE sent = 0"; break;
        case Planted::consumer_without_memory:
            sql = "DELETE FROM events_seen";
            one_in = 1;
            break;
        case Planted::none:
        case Planted::forgets_the_limit:
        case Planted::forgets_the_key:
        case Planted::loses_the_last_batch:
        case Planted::acknowledges_unwritten:
        case Planted::admits_more_than_remain:
        case Planted::keeps_an_old_value:
        case Planted::captures_twice:
        case Planted::scheduler_without_fencing:
        case Planted::relay_stands_still: return;
    }
    if (below(one_in) != 0) return;
    try {
        store.script(sql);
        if (store.changes() > 0) chronicle_.fault("planted: {}", std::string_view{sql});
    } catch (const SqliteError&) {
        // The disk is dead.
    }
}

// What goes wrong.

void Market::schedule_troubles() {
    const auto last = std::chrono::duration_cast<milliseconds>(plan_.faults_end).count();
    const auto often = [this, last](std::size_t times, void (Market::*happening)()) {
        for (std::size_t i = 0; i < times; ++i) {
            // Half of it around the opening, where most happens.
            const auto opening = std::chrono::duration_cast<milliseconds>(plan_.opens_after).count();
            const auto when = below(2) == 0 ? up_to(last - 1) : milliseconds{opening - 500} + up_to(4'000);
            world_.at(begun_ + when, [this, happening] { (this->*happening)(); });
        }
    };
    often(plan_.deaths, &Market::die);
    often(plan_.freezes, &Market::stand_still);
    often(plan_.clock_jumps, &Market::shift_clock);
    world_.at(begun_ + plan_.faults_end, [this] { calm_down(); });
}

void Market::die() {
    if (store_ == nullptr) return;
    const auto end = happens(plan_.power_percent) ? SimDisk::End::power_lost : SimDisk::End::process_killed;
    if (plan_.store_apart && below(2) == 0) {
        chronicle_.fault("the shop's process is killed");
        ++deaths_;
        kill_shop(shop_);
        world_.at(world_.now() + up_to(2'500), [this] {
            if (store_ != nullptr && shop_.selling == nullptr) start_shop(shop_, true);
        });
        return;
    }
    if (happens(plan_.mid_write_percent)) {
        next_end_ = end;
        disk_.go_dead_after(below(8));
        return;
    }
    kill_machine(end);
}

void Market::stand_still() {
    const auto how_long = milliseconds{500} + up_to(25'000);
    const bool second = plan_.second_scheduler && below(2) == 0;
    chronicle_.fault("process {} stands still for {} ms", second ? 2 : 1, how_long.count());
    (second ? second_ : shop_).executor.freeze(world_.now() + how_long);
}

void Market::shift_clock() {
    const auto by = up_to(30'000) - milliseconds{12'000};
    chronicle_.fault("the clock jumps by {} ms", by.count());
    checks_->clock_jumped_ = true;
    world_.shift_wall(by);
}

void Market::calm_down() {
    chronicle_.note("world", "from here on nothing fails");
    SimDisk::Faults faults;
    faults.syncs_are_lies = plan_.disk.syncs_are_lies;
    disk_.set_faults(faults);
    if (store_ != nullptr) store_->database.set_faults({});
    bank_.set_faults({.captures_twice = plan_.planted == Planted::captures_twice});
    mail_.set_fails_percent(0);
}

// The run.

void Market::run_until(Instant when) {
    while (violation_.empty() && world_.step_until(when))
        if (store_ != nullptr && disk_.is_dead()) kill_machine(next_end_);
}

bool Market::settle(seconds within) {
    const Instant until = world_.now() + within;
    while (violation_.empty()) {
        const bool settled =
            store_ != nullptr && quietly([this](SqliteConnection& store) { return checks_->is_settled(store); });
        if (settled) return true;
        if (world_.now() >= until) return false;
        run_until(world_.now() + seconds{1});
    }
    return false;
}

Task<void> Market::close_and_draw(Market* market, bool* done) {
    auto& line = market->shop_.selling->line;
    const WallTime now = market->world_.wall_now();
    const auto closed = co_await market->orders_->set_sale_state(market->sale_, domain::SaleState::closed, now);
    MD_ASSERT(closed.has_value());
    line.sale_changed(market->sale_);
    for (int tries = 0; market->plan_.line && tries < 50; ++tries) {
        co_await sleep_for(milliseconds{500});
        std::size_t first = 0;
        domain::PublishedDraw whole;
        bool drawn = true;
        bool failed = false;
        do {
            const Instant deadline = market->world_.now() + seconds{5};
            const auto page = co_await line.draw(market->sale_, first, 100, deadline);
            failed = !page;
            if (failed) break;
            drawn = page->drawn;
            auto entries = std::move(whole.entries);
            whole = page->published;
            entries.insert(entries.end(), page->published.entries.begin(), page->published.entries.end());
            whole.entries = std::move(entries);
            first = page->next_entry;
        } while (first != 0);
        if (!failed && !drawn) break;
        if (failed || !whole.secret) continue;
        market->draw_ = std::move(whole);
        break;
    }
    *done = true;
}

RunOutcome Market::run() {
    try {
        live_through();
    } catch (const SqliteError& failure) {
        // Only what looks at the store without its faults can throw here.
        violated(fmt::format("what is stored cannot be read: {}", failure.what()));
        disk_.be_quiet(false);
    }
    RunOutcome outcome;
    count(outcome);
    return outcome;
}

void Market::live_through() {
    // Money that comes and goes takes its time: units that somebody walks away with come back after their hold, again
    // and again. This is the bound within which everything must have come to rest after the last fault.
    constexpr seconds kSettlesWithin{1800};
    people_->begin();
    schedule_troubles();
    // What the bank hears late, it hears by then.
    run_until(begun_ + plan_.faults_end + seconds{25});
    if (violation_.empty() && !settle(kSettlesWithin) && violation_.empty())
        violated(fmt::format("{} s after the last fault there are {}", kSettlesWithin.count(),
                             store_ == nullptr ? std::string{"no shop"} : quietly([this](SqliteConnection& store) {
                                 return checks_->unsettled(store);
                             })));
    if (violation_.empty()) {
        bool done = false;
        spawn(shop_.executor, "close", close_and_draw(this, &done));
        run_until(world_.now() + seconds{30});
        if (!done && violation_.empty()) violated("the sale could not be closed");
        if (plan_.line && plan_.draw && !draw_ && violation_.empty()) violated("the draw was not published");
        if (violation_.empty() && !settle(seconds{300}) && violation_.empty())
            violated("what closing the sale had to tell was not told");
    }
    if (violation_.empty())
        (void)quietly([this](SqliteConnection& store) {
            checks_->at_end(store);
            return true;
        });
}

void Market::count(RunOutcome& outcome) {
    outcome.violation = violation_;
    outcome.hash = chronicle_.hash();
    outcome.events = chronicle_.events();
    outcome.faults = chronicle_.faults();
    outcome.deaths = deaths_;
    outcome.shoppers = people_->count();
    outcome.virtual_s = std::chrono::duration<double>(world_.now() - begun_).count();
    if (violation_.empty() && store_ != nullptr)
        (void)quietly([&outcome](SqliteConnection& store) {
            auto rows = store.query("SELECT state, count(*) FROM orders GROUP BY state");
            while (rows.step()) {
                outcome.orders += rows.integer(1);
                if (rows.integer(0) >= 3 && rows.integer(0) <= 7) outcome.paid += rows.integer(1);
                if (rows.integer(0) == 9) outcome.expired += rows.integer(1);
                if (rows.integer(0) == 10) outcome.refunded += rows.integer(1);
            }
            return true;
        });
    if (!violation_.empty() && chronicle_.keeps_lines()) outcome.timeline = chronicle_.timeline(violation_, 60);
}

RunOutcome run_seed(std::uint64_t seed, Planted planted, bool trace) {
    (void)empty_shop();
    Market market(draw_plan(seed, planted), trace);
    return market.run();
}

}  // namespace marketday::simulation
