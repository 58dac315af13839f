#include "cli/wiring_stores.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "adapters/distributed/postgres_accounts.hpp"
#include "adapters/distributed/postgres_baskets.hpp"
#include "adapters/distributed/postgres_catalogue.hpp"
#include "adapters/distributed/postgres_event_bus.hpp"
#include "adapters/distributed/postgres_leases.hpp"
#include "adapters/distributed/postgres_ledger.hpp"
#include "adapters/distributed/postgres_line_book.hpp"
#include "adapters/distributed/postgres_operators.hpp"
#include "adapters/distributed/postgres_operators_log.hpp"
#include "adapters/distributed/postgres_order_book.hpp"
#include "adapters/distributed/postgres_payment_journal.hpp"
#include "adapters/distributed/postgres_sessions.hpp"
#include "adapters/distributed/postgres_statistics.hpp"
#include "adapters/embedded/sqlite_accounts.hpp"
#include "adapters/embedded/sqlite_baskets.hpp"
#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_event_bus.hpp"
#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_line_book.hpp"
#include "adapters/embedded/sqlite_operators.hpp"
#include "adapters/embedded/sqlite_operators_log.hpp"
#include "adapters/embedded/sqlite_order_book.hpp"
#include "adapters/embedded/sqlite_payment_journal.hpp"
#include "adapters/embedded/sqlite_sessions.hpp"
#include "adapters/embedded/sqlite_statistics.hpp"
#include "cli/wiring_settings.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;
using namespace adapters;  // NOLINT: a private part of wiring
using Kind = http::Sample::Kind;

class SqliteStores final : public Stores {
public:
    SqliteStores(const Config& config, const fs::path& data, const Clock& clock, UuidSource& uuids)
        : database_(database_options(config, data)),
          order_book_(make_sqlite_order_book(database_, terms_of(config), clock, uuids)),
          catalogue_(database_, clock),
          event_bus_(database_, clock) {}

    ports::OrderBook& order_book() override { return *order_book_; }
    ports::Accounts& accounts() override { return accounts_; }
    ports::Sessions& sessions() override { return sessions_; }
    ports::Operators& operators() override { return operators_; }
    ports::OperatorsLog& operators_log() override { return operators_log_; }
    ports::Catalogue& catalogue() override { return catalogue_; }
    ports::LineBook& line_book() override { return line_book_; }
    ports::PaymentJournal& payment_journal() override { return payment_journal_; }
    ports::Leases& leases() override { return leases_; }
    ports::EventBus& event_bus() override { return event_bus_; }
    ports::EventMemory& event_memory() override { return event_memory_; }
    ports::Statistics& statistics() override { return statistics_; }
    ports::Baskets& baskets() override { return baskets_; }

    void stop() override { database_.stop(); }
    bool failing() const override { return database_.figures().failing != 0; }
    Task<void> try_writing() override {
        const auto tried = co_await database_.try_writing();
        static_cast<void>(tried);
    }
    void collect(std::vector<http::Sample>& samples) const override {
        const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, {}, value});
        };
        const auto& store = database_.figures();
        add(Kind::counter, "marketday_store_commits_total", "Group commits", static_cast<double>(store.commits));
        add(Kind::counter, "marketday_store_writes_total", "Writes in those commits",
            static_cast<double>(store.writes));
        add(Kind::counter, "marketday_store_commit_seconds_total", "Time in transactions",
            static_cast<double>(store.commit_ns) / 1e9);
        add(Kind::counter, "marketday_store_rollbacks_total", "Groups undone", static_cast<double>(store.rollbacks));
        add(Kind::gauge, "marketday_store_writes_waiting", "Writes that wait for the writer",
            static_cast<double>(store.waiting));
        add(Kind::counter, "marketday_store_reads_total", "Reads of the database", static_cast<double>(store.reads));
        add(Kind::counter, "marketday_store_read_seconds_total", "Time in reads",
            static_cast<double>(store.read_ns) / 1e9);
        add(Kind::gauge, "marketday_store_reads_waiting", "Reads that wait for a connection",
            static_cast<double>(store.reads_waiting));
        add(Kind::gauge, "marketday_store_connections_in_use", "Connections of the database that work",
            static_cast<double>(store.readers_busy) + (store.writing ? 1 : 0));
    }

private:
    SqliteDatabase database_;
    std::unique_ptr<ports::OrderBook> order_book_;
    SqliteAccounts accounts_{database_};
    SqliteSessions sessions_{database_};
    SqliteOperators operators_{database_};
    SqliteOperatorsLog operators_log_{database_};
    SqliteCatalogue catalogue_;
    SqliteLineBook line_book_{database_};
    SqlitePaymentJournal payment_journal_{database_};
    SqliteLeases leases_{database_};
    SqliteEventBus event_bus_;
    SqliteEventMemory event_memory_{database_};
    SqliteStatistics statistics_{database_};
    SqliteBaskets baskets_{database_};
};

PostgresDatabase::Options postgres_options(const Config& config) {
    PostgresDatabase::Options options;
    options.url = config.text("database");
    options.connections = static_cast<std::size_t>(config.integer("database_pool.connections"));
    options.operator_connections = static_cast<std::size_t>(config.integer("database_pool.operator_connections"));
    options.processes = static_cast<std::size_t>(config.integer("database_pool.processes"));
    options.deadline = milliseconds{config.integer("database_pool.deadline_ms")};
    options.at_start = begin_ledger_epoch;
    return options;
}

class PostgresStores final : public Stores {
public:
    PostgresStores(const Config& config, const Clock& clock, UuidSource& uuids)
        : database_(postgres_options(config)),
          order_book_(make_postgres_order_book(database_, terms_of(config), clock, uuids)),
          catalogue_(database_, clock),
          event_bus_(database_, clock) {}

    ports::OrderBook& order_book() override { return *order_book_; }
    ports::Accounts& accounts() override { return accounts_; }
    ports::Sessions& sessions() override { return sessions_; }
    ports::Operators& operators() override { return operators_; }
    ports::OperatorsLog& operators_log() override { return operators_log_; }
    ports::Catalogue& catalogue() override { return catalogue_; }
    ports::LineBook& line_book() override { return line_book_; }
    ports::PaymentJournal& payment_journal() override { return payment_journal_; }
    ports::Leases& leases() override { return leases_; }
    ports::EventBus& event_bus() override { return event_bus_; }
    ports::EventMemory& event_memory() override { return event_memory_; }
    ports::Statistics& statistics() override { return statistics_; }
    ports::Baskets& baskets() override { return baskets_; }

    void stop() override { database_.stop(); }
    bool failing() const override { return database_.figures().failing; }
    Task<void> try_writing() override {
        const auto tried = co_await database_.try_writing();
        static_cast<void>(tried);
    }
    void collect(std::vector<http::Sample>& samples) const override {
        const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, {}, value});
        };
        const auto& store = database_.figures();
        add(Kind::counter, "marketday_store_writes_total", "Pieces of work that were done",
            static_cast<double>(store.done));
        add(Kind::counter, "marketday_store_retries_total", "Pieces of work that were run once more",
            static_cast<double>(store.again));
        add(Kind::counter, "marketday_store_failures_total", "Pieces of work that were not done",
            static_cast<double>(store.failed));
        add(Kind::counter, "marketday_store_unknown_total", "Commits that were never answered",
            static_cast<double>(store.unknown));
        collect_pool("shoppers", database_.figures(PostgresDatabase::Priority::shoppers), samples);
        collect_pool("operators", database_.figures(PostgresDatabase::Priority::operators), samples);
    }

private:
    static void collect_pool(const char* pool, const PostgresPool::Figures& figures,
                             std::vector<http::Sample>& samples) {
        const auto add = [&](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, {{"pool", pool}}, value});
        };
        add(Kind::gauge, "marketday_store_connections_open", "Connections to the database",
            static_cast<double>(figures.open));
        add(Kind::gauge, "marketday_store_connections_in_use", "Connections of the database that work",
            static_cast<double>(figures.in_use));
        add(Kind::gauge, "marketday_store_connections_waited_for", "Who waits for a connection",
            static_cast<double>(figures.waiting));
        add(Kind::counter, "marketday_store_connection_uses_total", "Times a connection was taken",
            static_cast<double>(figures.taken));
        add(Kind::counter, "marketday_store_connection_held_seconds_total", "Time that connections were held",
            static_cast<double>(figures.held_ns) / 1e9);
        add(Kind::counter, "marketday_store_connection_wait_seconds_total", "Time that others waited for one",
            static_cast<double>(figures.waited_ns) / 1e9);
        add(Kind::counter, "marketday_store_connections_refused_total", "Who got none in time",
            static_cast<double>(figures.refused));
        add(Kind::counter, "marketday_store_connections_opened_total", "Connections made",
            static_cast<double>(figures.opened));
        add(Kind::counter, "marketday_store_connections_lost_total", "Connections that died",
            static_cast<double>(figures.lost));
    }

    PostgresDatabase database_;
    std::unique_ptr<ports::OrderBook> order_book_;
    PostgresAccounts accounts_{database_};
    PostgresSessions sessions_{database_};
    PostgresOperators operators_{database_};
    PostgresOperatorsLog operators_log_{database_};
    PostgresCatalogue catalogue_;
    PostgresLineBook line_book_{database_};
    PostgresPaymentJournal payment_journal_{database_};
    PostgresLeases leases_{database_};
    PostgresEventBus event_bus_;
    PostgresEventMemory event_memory_{database_};
    PostgresStatistics statistics_{database_};
    PostgresBaskets baskets_{database_};
};

}  // namespace

std::unique_ptr<Stores> make_stores(const Config& config, const fs::path& data, const Clock& clock, UuidSource& uuids) {
    const std::string& url = config.text("database");
    if (url.empty()) return std::make_unique<SqliteStores>(config, data, clock, uuids);
    if (!url.starts_with("postgres://") && !url.starts_with("postgresql://"))
        throw std::runtime_error(
            "database must be postgres://USER@HOST:PORT/NAME, or empty for a SQLite file in the data directory");
    return std::make_unique<PostgresStores>(config, clock, uuids);
}

std::string database_name(const Config& config, const fs::path& data) {
    return config.text("database").empty() ? (data / "marketday.db").string() : config.text("database");
}

}  // namespace marketday::cli
