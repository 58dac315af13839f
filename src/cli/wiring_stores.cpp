#include "cli/wiring_stores.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "adapters/distributed/nats_event_bus.hpp"
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
#include "adapters/distributed/postgres_replicas.hpp"
#include "adapters/distributed/postgres_secret.hpp"
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
#include "cli/secrets.hpp"
#include "cli/wiring_engines.hpp"
#include "cli/wiring_settings.hpp"

namespace marketday::cli {
namespace {

namespace fs = std::filesystem;
using namespace adapters;  // NOLINT: a private part of wiring
using Kind = http::Sample::Kind;

/// The adapters of one engine, each over the same `database_`.
template <class Engine>
class StoresOf : public Stores {
public:
    using Database = typename Engine::Database;
    StoresOf(typename Database::Options options, const Config& config, const Clock& clock, UuidSource& uuids)
        : database_(std::move(options)),
          order_book_(Engine::make_order_book(database_, terms_of(config), clock, uuids)),
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
    Task<void> try_writing() override {
        const auto tried = co_await database_.try_writing();
        static_cast<void>(tried);
    }

protected:
    const Database& database() const { return database_; }
    Database& database() { return database_; }

private:
    Database database_;
    std::unique_ptr<ports::OrderBook> order_book_;
    typename Engine::Accounts accounts_{database_};
    typename Engine::Sessions sessions_{database_};
    typename Engine::Operators operators_{database_};
    typename Engine::OperatorsLog operators_log_{database_};
    typename Engine::Catalogue catalogue_;
    typename Engine::LineBook line_book_{database_};
    typename Engine::PaymentJournal payment_journal_{database_};
    typename Engine::Leases leases_{database_};
    typename Engine::EventBus event_bus_;
    typename Engine::EventMemory event_memory_{database_};
    typename Engine::Statistics statistics_{database_};
    typename Engine::Baskets baskets_{database_};
};

struct SqliteEngine {
    using Database = SqliteDatabase;
    using Accounts = SqliteAccounts;
    using Sessions = SqliteSessions;
    using Operators = SqliteOperators;
    using OperatorsLog = SqliteOperatorsLog;
    using Catalogue = SqliteCatalogue;
    using LineBook = SqliteLineBook;
    using PaymentJournal = SqlitePaymentJournal;
    using Leases = SqliteLeases;
    using EventBus = SqliteEventBus;
    using EventMemory = SqliteEventMemory;
    using Statistics = SqliteStatistics;
    using Baskets = SqliteBaskets;
    static constexpr auto make_order_book = make_sqlite_order_book;
};

class SqliteStores final : public StoresOf<SqliteEngine> {
public:
    SqliteStores(const Config& config, const fs::path& data, const Clock& clock, Random& random, UuidSource& uuids)
        : StoresOf(database_options(config, data), config, clock, uuids), secret_(secret_of_directory(data, random)) {}

    const Hash256& secret() const override { return secret_; }
    bool failing() const override { return database().figures().failing != 0; }
    void collect(std::vector<http::Sample>& samples) const override {
        const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, {}, value});
        };
        const auto& store = database().figures();
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
    Hash256 secret_;
};

struct PostgresEngine {
    using Database = PostgresDatabase;
    using Accounts = PostgresAccounts;
    using Sessions = PostgresSessions;
    using Operators = PostgresOperators;
    using OperatorsLog = PostgresOperatorsLog;
    using Catalogue = PostgresCatalogue;
    using LineBook = PostgresLineBook;
    using PaymentJournal = PostgresPaymentJournal;
    using Leases = PostgresLeases;
    using EventBus = PostgresEventBus;
    using EventMemory = PostgresEventMemory;
    using Statistics = PostgresStatistics;
    using Baskets = PostgresBaskets;
    static constexpr auto make_order_book = make_postgres_order_book;
};

/// `secret`: offered as the shop's; afterwards the shop's.
Task<void> begin_process(PostgresSession& session, Hash256* secret) {
    *secret = co_await shop_secret(session, *secret);
    co_await begin_ledger_epoch(session);
}

PostgresDatabase::Options postgres_options(const Config& config, Hash256* secret) {
    PostgresDatabase::Options options;
    options.url = config.text("database");
    options.connections = static_cast<std::size_t>(config.integer("database_pool.connections"));
    options.operator_connections = static_cast<std::size_t>(config.integer("database_pool.operator_connections"));
    options.processes = static_cast<std::size_t>(config.integer("database_pool.processes"));
    options.replicas = config.list("database_replicas");
    options.replica_connections = static_cast<std::size_t>(config.integer("database_pool.replica_connections"));
    options.lag_max = milliseconds{config.integer("reads.lag_max_ms")};
    options.deadline = milliseconds{config.integer("database_pool.deadline_ms")};
    options.at_start = [secret](PostgresSession& session) { return begin_process(session, secret); };
    return options;
}

class PostgresStores final : public StoresOf<PostgresEngine> {
public:
    PostgresStores(const Config& config, const fs::path& data, const Clock& clock, Random& random, UuidSource& uuids)
        : PostgresStores(config, offered_secret(data, random), clock, uuids) {}

    const Hash256& secret() const override { return *secret_; }
    ports::EventBus& event_bus() override { return nats_ ? *nats_ : StoresOf::event_bus(); }
    void hear(const std::string& topic, Executor& executor, std::function<void(std::string body)> heard) override {
        if (nats_) nats_->hear(topic, executor, std::move(heard));
    }
    void stop() override {
        if (nats_) nats_->stop();
        StoresOf::stop();
    }
    ports::WriteHistory* history() override { return database().replicas() == nullptr ? nullptr : &database(); }
    bool failing() const override { return database().figures().failing; }
    void collect(std::vector<http::Sample>& samples) const override {
        const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
            samples.push_back({kind, name, help, {}, value});
        };
        const auto& store = database().figures();
        add(Kind::counter, "marketday_store_writes_total", "Pieces of work that were done",
            static_cast<double>(store.done));
        add(Kind::counter, "marketday_store_retries_total", "Pieces of work that were run once more",
            static_cast<double>(store.again));
        add(Kind::counter, "marketday_store_failures_total", "Pieces of work that were not done",
            static_cast<double>(store.failed));
        add(Kind::counter, "marketday_store_unknown_total", "Commits that were never answered",
            static_cast<double>(store.unknown));
        collect_pool("shoppers", database().figures(PostgresDatabase::Priority::shoppers), samples);
        collect_pool("operators", database().figures(PostgresDatabase::Priority::operators), samples);
        if (database().replicas() != nullptr) collect_replicas(*database().replicas(), samples);
        if (nats_) collect_event_bus(*nats_, samples);
    }

private:
    PostgresStores(const Config& config, std::unique_ptr<Hash256> secret, const Clock& clock, UuidSource& uuids)
        : StoresOf(postgres_options(config, secret.get()), config, clock, uuids), secret_(std::move(secret)) {
        if (const auto options = nats_options(config))
            nats_ = std::make_unique<NatsEventBus>(database(), clock, *options);
    }

    /// A shop that began with one process brings the secret of its data directory along.
    static std::unique_ptr<Hash256> offered_secret(const fs::path& data, Random& random) {
        auto offered = std::make_unique<Hash256>();
        if (const auto stored = stored_secret(data))
            *offered = *stored;
        else
            random.fill(*offered);
        return offered;
    }
    static void collect_replicas(const PostgresReplicas& replicas, std::vector<http::Sample>& samples) {
        for (std::size_t i = 0; i < kReadReasons; ++i) {
            const auto reason = static_cast<ReadReason>(i);
            const bool replica = reason == ReadReason::own_writes || reason == ReadReason::bounded;
            samples.push_back(
                {Kind::counter,
                 "marketday_store_reads_total",
                 "Reads by where they went and why",
                 {{"server", replica ? "replica" : "primary"}, {"reason", std::string{to_string(reason)}}},
                 static_cast<double>(replicas.reads(reason))});
        }
        for (const auto& figures : replicas.figures()) {
            const auto add = [&](Kind kind, const char* name, const char* help, double value) {
                samples.push_back({kind, name, help, {{"replica", figures->name}}, value});
            };
            add(Kind::gauge, "marketday_replica_serves", "1 while the replica may be read", figures->serves ? 1 : 0);
            // One that is not level with anything of the last minute is that far behind at least.
            const Instant level_at{Instant::duration{figures->level_at}};
            const auto lag = std::min<std::chrono::duration<double>>(std::chrono::steady_clock::now() - level_at,
                                                                     PrimaryMoments::kKept);
            add(Kind::gauge, "marketday_replica_lag_seconds", "How far it is behind, a minute at most", lag.count());
            add(Kind::counter, "marketday_replica_reads_total", "Reads that it answered",
                static_cast<double>(figures->reads));
            add(Kind::counter, "marketday_replica_failures_total", "Reads that it did not answer",
                static_cast<double>(figures->failures));
            collect_pool("replica " + figures->name, *figures->connections, samples);
        }
    }
    static void collect_pool(const std::string& pool, const PostgresPool::Figures& figures,
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

    std::unique_ptr<Hash256> secret_;     // where the start wrote it
    std::unique_ptr<NatsEventBus> nats_;  // null: the database carries the events
};

}  // namespace

std::unique_ptr<Stores> make_stores(const Config& config, const fs::path& data, const Clock& clock, Random& random,
                                    UuidSource& uuids) {
    const std::string& url = config.text("database");
    check_engines(config);
    if (url.empty()) return std::make_unique<SqliteStores>(config, data, clock, random, uuids);
    if (!url.starts_with("postgres://") && !url.starts_with("postgresql://"))
        throw std::runtime_error(
            "database must be postgres://USER@HOST:PORT/NAME, or empty for a SQLite file in the data directory");
    return std::make_unique<PostgresStores>(config, data, clock, random, uuids);
}

std::string database_name(const Config& config, const fs::path& data) {
    return config.text("database").empty() ? (data / "marketday.db").string() : config.text("database");
}

}  // namespace marketday::cli
