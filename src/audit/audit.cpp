#include "audit/audit.hpp"

#include <fmt/format.h>

#include "audit/checks.hpp"
#include "base/text.hpp"

namespace marketday::audit {
namespace {

/// Tells how far the audit has come, if anybody wants to know.
class Steps {
public:
    Steps(const Options& options, int steps) : options_(options) { now_.steps = steps; }
    /// Throws Unreadable when the audit is to stop.
    void next(std::string_view doing, std::int64_t of = 0) {
        if (options_.stop != nullptr && options_.stop->load()) throw Unreadable(std::string{kStopped});
        now_ = {.doing = doing, .step = now_.step + 1, .steps = now_.steps, .done = 0, .of = of};
        if (options_.tell) options_.tell(now_);
    }
    void done(std::int64_t entries) {
        now_.done = entries;
        if (options_.tell) options_.tell(now_);
    }

private:
    const Options& options_;
    Progress now_;
};

Site open_site(Store& store, Steps& steps, Report& report, Check*& replays) {
    steps.next("the file");
    if (const auto damage = store.damage(); !damage.empty())
        throw Unreadable(fmt::format("{} is damaged ({}); bring back the last backup with `marketday restore`",
                                     store.name(), damage));
    if (!store.has_table("ledger") || !store.has_table("orders"))
        throw Unreadable(fmt::format("{} is not a Marketday database", store.name()));
    Check& chained = report.add("ledger-chained", "The ledger has no gap and every hash is right", "entries");
    replays = &report.add("ledger-replays", "The ledger replays to the counters", "movements");
    Check& ends_once = report.add("reservation-ends-once", "A reservation ends once", "reservations");
    Site site{store, read_sku_names(store), {}, {}};
    steps.next("the ledger", store.number("SELECT coalesce(max(sequence), 0) FROM ledger"));
    site.replay = walk_ledger(store, site.names, chained, *replays, ends_once,
                              [&steps](std::int64_t entries) { steps.done(entries); });
    report.ledger_entries = site.replay.entries;
    if (site.replay.entries > 0) report.ledger_head = to_hex(site.replay.head);
    steps.next("the lines of orders");
    site.lines = read_lines(store);
    return site;
}

}  // namespace

Result<Report, std::string> run(const Options& options) try {
    Report report;
    Store store{options.database, options.stop};
    Steps steps{options, 11};
    Check* replays = nullptr;
    Site site = open_site(store, steps, report, replays);
    steps.next("what is known of customers");
    report.selling_ms = store.number(
        "SELECT coalesce(max(at_ms) FILTER (WHERE movement = 5) - min(at_ms) FILTER (WHERE movement = 2), 0) FROM "
        "ledger");
    store.gather_customer_facts();
    steps.next("stock and sales");
    check_stock(site, *replays, report);
    check_sales(site, report);
    steps.next("orders");
    check_orders(site, report);
    steps.next("idempotency keys");
    check_keys(site, report);
    steps.next("payments");
    check_payments(site, report);
    steps.next("accounts");
    check_accounts(site, report);
    steps.next("the line");
    check_line(site, report);
    steps.next("events and histories");
    check_outbox(site, options.at_rest, report);
    if (auto unreadable = check_history(site, options.histories, report); !unreadable.empty())
        return fail(std::move(unreadable));
    return report;
} catch (const Unreadable& error) {
    return fail(std::string{error.what()});
}

Result<Report, std::string> run_ledger_only(const std::string& database) try {
    Report report;
    Store store{database};
    const Options options{.database = database};
    Steps steps{options, 3};
    Check* replays = nullptr;
    Site site = open_site(store, steps, report, replays);
    check_stock(site, *replays, report);
    return report;
} catch (const Unreadable& error) {
    return fail(std::string{error.what()});
}

Result<Standing, std::string> look(const std::string& database) try {
    Store store{database};
    Standing standing;
    standing.reserved = store.number("SELECT coalesce(CAST(sum(reserved) AS bigint), 0) FROM stock");
    standing.sold = store.number("SELECT coalesce(CAST(sum(sold) AS bigint), 0) FROM stock");
    standing.orders_paying = store.number("SELECT count(*) FROM orders INDEXED BY orders_paying WHERE state = 2");
    standing.outbox_pending = store.number("SELECT count(*) FROM outbox INDEXED BY outbox_unsent WHERE sent = 0");
    standing.refunds_owed = store.number("SELECT count(*) FROM refunds INDEXED BY refunds_due WHERE done_ms IS NULL");
    return standing;
} catch (const Unreadable& error) {
    return fail(std::string{error.what()});
}

}  // namespace marketday::audit
