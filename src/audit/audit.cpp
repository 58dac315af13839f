#include "audit/audit.hpp"

#include <fmt/format.h>

#include "audit/checks.hpp"
#include "base/text.hpp"

namespace marketday::audit {
namespace {

// What is known of customers is the tree and, above it, the news that has not been carried over to it: a later row
// wins.
constexpr const char* kCustomerFacts = R"sql(
    CREATE TEMP TABLE customer_facts (
        customer_id BLOB, kind INTEGER, key BLOB, at_ms INTEGER, units INTEGER, request_hash BLOB, order_id BLOB,
        refusal TEXT, PRIMARY KEY (customer_id, kind, key)) WITHOUT ROWID;
    INSERT INTO customer_facts
        SELECT customer_id, kind, key, at_ms, units, request_hash, order_id, refusal FROM customer_records;
    INSERT OR REPLACE INTO customer_facts
        SELECT customer_id, 2, key, at_ms, NULL, request_hash, order_id, refusal FROM customer_journal
        WHERE key IS NOT NULL ORDER BY position;
    INSERT OR REPLACE INTO customer_facts
        SELECT customer_id, 3, order_id, at_ms, NULL, NULL, NULL, NULL FROM customer_journal
        WHERE order_id IS NOT NULL ORDER BY position;
    INSERT OR REPLACE INTO customer_facts
        SELECT customer_id, 1, limit_key, at_ms, units, NULL, NULL, NULL FROM customer_journal
        WHERE limit_key IS NOT NULL ORDER BY position;
)sql";

Site open_site(Store& store, Report& report, Check*& replays) {
    if (const auto damage = store.damage(); !damage.empty())
        throw Unreadable(fmt::format("{} is damaged ({}); bring back the last backup with `marketday restore`",
                                     store.name(), damage));
    if (!store.has_table("ledger") || !store.has_table("orders"))
        throw Unreadable(fmt::format("{} is not a Marketday database", store.name()));
    Check& chained = report.add("ledger-chained", "The ledger has no gap and every hash is right", "entries");
    replays = &report.add("ledger-replays", "The ledger replays to the counters", "movements");
    Check& ends_once = report.add("reservation-ends-once", "A reservation ends once", "reservations");
    Site site{store, read_sku_names(store), {}, {}};
    site.replay = walk_ledger(store, site.names, chained, *replays, ends_once);
    report.ledger_entries = site.replay.entries;
    if (site.replay.entries > 0) report.ledger_head = to_hex(site.replay.head);
    site.lines = read_lines(store);
    return site;
}

}  // namespace

Result<Report, std::string> run(const Options& options) try {
    Report report;
    Store store{options.database};
    Check* replays = nullptr;
    Site site = open_site(store, report, replays);
    report.selling_ms = store.number(
        "SELECT coalesce(max(at_ms) FILTER (WHERE movement = 5) - min(at_ms) FILTER (WHERE movement = 2), 0) FROM "
        "ledger");
    store.prepare(kCustomerFacts);
    check_stock(site, *replays, report);
    check_sales(site, report);
    check_orders(site, report);
    check_keys(site, report);
    check_payments(site, report);
    check_accounts(site, report);
    check_line(site, report);
    check_outbox(site, options.at_rest, report);
    if (auto unreadable = check_history(site, options.histories, report); !unreadable.empty())
        return fail(std::move(unreadable));
    return report;
} catch (const Unreadable& error) {
    return fail(std::string{error.what()});
}

Result<Report, std::string> run_ledger_only(const std::filesystem::path& database) try {
    Report report;
    Store store{database};
    Check* replays = nullptr;
    Site site = open_site(store, report, replays);
    check_stock(site, *replays, report);
    return report;
} catch (const Unreadable& error) {
    return fail(std::string{error.what()});
}

Result<Standing, std::string> look(const std::filesystem::path& database) try {
    Store store{database};
    Standing standing;
    standing.reserved = store.number("SELECT coalesce(sum(reserved), 0) FROM stock");
    standing.sold = store.number("SELECT coalesce(sum(sold), 0) FROM stock");
    standing.orders_paying = store.number("SELECT count(*) FROM orders INDEXED BY orders_paying WHERE state = 2");
    standing.outbox_pending = store.number("SELECT count(*) FROM outbox INDEXED BY outbox_unsent WHERE sent = 0");
    standing.refunds_owed = store.number("SELECT count(*) FROM refunds INDEXED BY refunds_due WHERE done_ms IS NULL");
    return standing;
} catch (const Unreadable& error) {
    return fail(std::string{error.what()});
}

}  // namespace marketday::audit
