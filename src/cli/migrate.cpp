#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include "audit/audit.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "cli/migrate_source.hpp"
#include "cli/migrate_target.hpp"
#include "cli/secrets.hpp"
#include "cli/wiring_migrate.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;
using audit::grouped;

struct MigrateFlags {
    std::string from;
    std::string to;
};

void say(const std::string& line) { fmt::print(stderr, "{}\n", line); }

/// Tells how far it has come, once a second.
class MigrationProgress {
public:
    explicit MigrationProgress(std::int64_t rows) : rows_(rows) {}
    void table(const std::string& name, std::int64_t rows) {
        before_ += of_table_;
        table_ = name;
        of_table_ = rows;
    }
    void done(std::int64_t rows_of_table) {
        const auto now = std::chrono::steady_clock::now();
        if (now - told_ < std::chrono::seconds{1}) return;
        told_ = now;
        say(fmt::format("  {:3} %  {}: {} of {} rows", rows_ == 0 ? 100 : (before_ + rows_of_table) * 100 / rows_,
                        table_, grouped(rows_of_table), grouped(of_table_)));
    }

private:
    std::int64_t rows_;
    std::int64_t before_ = 0;
    std::int64_t of_table_ = 0;
    std::string table_;
    std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

audit::Report audited(const std::string& database, std::string_view which) {
    auto report = audit::run({.database = database});
    if (!report) throw CommandError{report.error()};
    if (!report->holds()) {
        fmt::print("{}", report->to_text());
        throw CommandError{fmt::format("{} does not pass its audit; nothing was migrated", which), 1};
    }
    say(fmt::format("{} passes its audit: {} orders, {} units sold, {} ledger entries", which, grouped(report->orders),
                    grouped(report->units_sold), grouped(report->ledger_entries)));
    return std::move(*report);
}

/// Where the ledger's chain goes on, which the file knows by its last entry.
constexpr const char* kLedgerHead = R"sql(
    UPDATE ledger_head SET version = 1, epoch = e.epoch, sequence = coalesce(l.sequence, 0),
           hash = CASE WHEN l.epoch = e.epoch THEN l.hash ELSE e.genesis END
    FROM (SELECT epoch, genesis FROM ledger_epochs ORDER BY epoch DESC LIMIT 1) AS e
         LEFT JOIN (SELECT epoch, sequence, hash FROM ledger ORDER BY sequence DESC LIMIT 1) AS l ON true
    WHERE one = 1)sql";

/// A month's partition for every month in which there was an order.
constexpr const char* kPartitions =
    "SELECT make_order_partitions(to_timestamp({} / 1000.0), now() + interval '3 months')";

std::int64_t copy_all(MigrationSource& source, MigrationTarget& target, const fs::path& data) {
    const auto tables = source.tables();
    std::int64_t rows = 0;
    std::int64_t copied = 0;
    for (const std::string& table : tables) rows += source.count(table);
    MigrationProgress progress{rows};
    target.begin();
    if (const std::int64_t first = source.first_order_ms(); first > 0) target.run(fmt::format(kPartitions, first));
    // Rows that the empty tables were made with.
    target.run("DELETE FROM catalogue_state");
    for (const std::string& table : tables) {
        const std::int64_t count = source.count(table);
        progress.table(table, count);
        copied += target.copy(source, table, [&progress](std::int64_t done) { progress.done(done); });
    }
    target.run(kLedgerHead);
    target.continue_numbers(source);
    if (const auto secret = stored_secret(data))
        target.run(fmt::format("INSERT INTO shop_secret (one, root) VALUES (1, '\\x{}')", to_hex(*secret)));
    target.commit();
    return copied;
}

void must_agree(const audit::Report& before, const audit::Report& after) {
    if (before.orders == after.orders && before.units_sold == after.units_sold &&
        before.ledger_entries == after.ledger_entries && before.ledger_head == after.ledger_head &&
        before.customers_served == after.customers_served)
        return;
    throw CommandError{
        fmt::format("the copy differs: {} orders and {} ledger entries here, {} and {} there; nothing was migrated",
                    before.orders, before.ledger_entries, after.orders, after.ledger_entries),
        1};
}

int migrate(const MigrateFlags& flags) {
    const fs::path data = flags.from;
    if (!flags.to.starts_with("postgres://") && !flags.to.starts_with("postgresql://"))
        throw CommandError{"--to must be postgres://USER@HOST:PORT/NAME"};
    if (!fs::exists(data / "marketday.db"))
        throw CommandError{
            fmt::format("there is no {}; give --from the data directory of a shop", (data / "marketday.db").string())};
    log::set_level(log::Level::warn);
    const auto begun = std::chrono::steady_clock::now();
    const auto held = hold_shop(data);
    MigrationTarget target{flags.to};
    const auto before = audited((data / "marketday.db").string(), "the directory");
    if (target.begin_aside()) say("what an interrupted migration had left is cleared away");
    make_postgres_tables(target.aside_url());
    MigrationSource source{data / "marketday.db"};
    const std::int64_t rows = copy_all(source, target, data);
    must_agree(before, audited(target.aside_url(), "the copy"));
    target.move_into_place();
    fmt::print("{} rows migrated in {:.1f} s, audited on both sides\n", grouped(rows),
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    fmt::print("start the shop with --database {}; the directory is as it was\n", without_password(flags.to));
    for (const char* rest : {"images", "mail", "sandbox-gateway.db"}) {
        if (fs::exists(data / rest))
            fmt::print("{} is not in the database: copy it to the new data directory\n", (data / rest).string());
    }
    return 0;
}

}  // namespace

void add_migrate(CLI::App& app, int& exit_code) {
    auto flags = std::make_shared<MigrateFlags>();
    auto* command =
        app.add_subcommand("migrate", "Move a shop from its data directory into PostgreSQL, whole or not at all");
    command->add_option("--from", flags->from, "The data directory; no server may use it")->required();
    command->add_option("--to", flags->to, "postgres://USER@HOST:PORT/NAME of an empty database")->required();
    command->footer(
        "Exit code: 0 migrated, 1 an audit does not pass, 2 it could not be done. In both latter cases the database "
        "holds no shop, and the same command may be run again.");
    command->callback([flags, &exit_code] { exit_code = run_command([&flags] { return migrate(*flags); }); });
}

}  // namespace marketday::cli
