#include "adapters/distributed/postgres_database.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "adapters/distributed/postgres_migrations.hpp"
#include "adapters/distributed/postgres_replicas.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using Kind = PostgresError::Kind;

// What a piece of work may ask to be run again for: somebody else was first (unique_violation, a batch that was decided
// on an older version), or the server chose it to end a deadlock.
bool asks_again(const PostgresError& error) {
    return error.kind == Kind::refused &&
           (error.state == "MD001" || error.state == "40001" || error.state == "40P01" || error.state == "23505");
}

// Said instead of an answer to COMMIT: the server is going down, or does not know itself.
bool leaves_unknown(std::string_view state) {
    return state.starts_with("08") || state.starts_with("57P") || state == "40003" || state.starts_with("XX") ||
           state.starts_with("58");
}

/// Of a database that could not be opened at the start.
std::string what_to_do(const PostgresError& error) {
    const std::string_view said = error.what();
    const bool of_certificate = said.find("certificate") != std::string_view::npos;
    return fmt::format("the database does not answer as it should: {}; {} ({})", said,
                       of_certificate
                           ? "name the file of who vouches for its certificate in the setting database "
                             "(…?sslmode=verify-full&sslrootcert=FILE), with the host by a name that is in it"
                           : "check the setting database",
                       error.state.empty() ? "no connection" : error.state);
}

constexpr int kAttemptsMax = 20;
/// What a replica has not answered by then is asked elsewhere.
constexpr milliseconds kReplicaWithin{1000};
/// A primary that stands still is tried for no longer: whoever waits for it is better told now. A lane tries three
/// times.
constexpr milliseconds kSilentWithin{500};

/// While a database is down every request meets it: once a second is enough to be told.
bool may_be_told() {
    static std::atomic<std::int64_t> last{0};
    const auto now = std::chrono::steady_clock::now().time_since_epoch() / seconds{1};
    return last.exchange(now) != now;
}

// Every connection begins with these. A client that stops in the middle of a transaction loses it, and its locks, soon.
std::string settings_of(const PostgresDatabase::Options& options) {
    return fmt::format(
        "SET synchronous_commit = on; SET statement_timeout = {0}; SET lock_timeout = {0};"
        " SET idle_in_transaction_session_timeout = 2000; SET client_min_messages = warning;"
        " SET default_transaction_isolation = 'read committed'; SET timezone = 'UTC'; SET jit = off;"
        " SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET bytea_output = 'hex'",
        options.deadline.count());
}

}  // namespace

struct PostgresDatabase::Loop {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep{io.get_executor()};
};

PostgresDatabase::PostgresDatabase(Options options) : options_(std::move(options)), loop_(std::make_unique<Loop>()) {
    const std::string settings = settings_of(options_);
    const auto pool_of = [&](std::size_t connections) {
        return std::make_unique<PostgresPool>(
            loop_->io,
            PostgresPool::Options{.url = options_.url, .settings = settings, .connections_max = connections});
    };
    pools_[static_cast<std::size_t>(Priority::operators)] = pool_of(options_.operator_connections);
    pools_[static_cast<std::size_t>(Priority::shoppers)] = pool_of(options_.connections);
    if (!options_.replicas.empty())
        replicas_ = std::make_unique<PostgresReplicas>(
            loop_->io, PostgresReplicas::Options{.primary_url = options_.url,
                                                 .urls = options_.replicas,
                                                 .settings = settings,
                                                 .connections = options_.replica_connections,
                                                 .processes = options_.processes,
                                                 .lag_max = options_.lag_max});
    executor_ = std::make_unique<AsioExecutor>(loop_->io);
    std::optional<std::string> failure;
    spawn(*executor_, "postgres.begin", begin(&failure));
    loop_->io.run();
    if (failure) {
        executor_->shut_down();
        throw std::runtime_error(*failure);
    }
    loop_->io.restart();
    spawn(*executor_, "postgres.partitions", keep_partitions());
    if (replicas_) replicas_->begin(*executor_);
    thread_ = std::thread([this] { loop_->io.run(); });
    pthread_setname_np(thread_.native_handle(), "postgres");
}

PostgresDatabase::~PostgresDatabase() {
    stop();
    executor_->shut_down();
}

void PostgresDatabase::stop() {
    if (!thread_.joinable()) return;
    loop_->io.stop();
    thread_.join();
}

namespace {

Task<void> check_budget(PostgresSession& session, const PostgresDatabase::Options& options) {
    auto rows = co_await session.query(
        "SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint,"
        " current_setting('server_version_num')::bigint, current_setting('fsync') || "
        "current_setting('full_page_writes')");
    rows.step();
    const auto allowed = rows.integer(0);
    if (rows.integer(1) < 150'000)
        throw std::runtime_error(fmt::format("PostgreSQL {} is too old; use 15 or newer", rows.integer(1) / 10'000));
    if (rows.text(2) != "onon")
        log::error("postgres.not_durable", {{"reason", "fsync or full_page_writes is off: a power cut loses orders"}});
    // One more asks how far the primary is.
    const auto each = static_cast<std::int64_t>(options.connections + options.operator_connections +
                                                (options.replicas.empty() ? 0 : 1));
    const auto wanted = each * static_cast<std::int64_t>(options.processes);
    if (wanted > allowed)
        throw std::runtime_error(
            fmt::format("{} processes with {} connections each need {}, but the database allows {}; lower "
                        "database_pool.connections or"
                        " raise the server's max_connections",
                        options.processes, each, wanted, allowed));
}

Task<void> make_partitions(PostgresSession& session) {
    co_await session.query("SELECT make_order_partitions(now() - interval '1 day', now() + interval '3 months')");
}

}  // namespace

Task<void> PostgresDatabase::begin(std::optional<std::string>* failure) {
    auto& shoppers = *pools_[static_cast<std::size_t>(Priority::shoppers)];
    try {
        const Instant deadline = executor_->now() + seconds{60};
        auto connection = co_await shoppers.take(deadline);
        co_await migrate(*connection, deadline);
        PostgresSession session{*connection, PostgresSession::Mode::transaction, deadline};
        co_await check_budget(session, options_);
        co_await make_partitions(session);
        if (options_.at_start) co_await options_.at_start(session);
        co_await session.finish();
        shoppers.give_back(std::move(connection), executor_->now());
        if (replicas_) co_await replicas_->look_once();
    } catch (const PostgresError& error) {
        *failure = what_to_do(error);
    } catch (const std::exception& error) {
        *failure = error.what();
    }
    loop_->io.stop();
}

Task<void> PostgresDatabase::keep_partitions() {
    while (true) {
        co_await sleep_for(std::chrono::hours{6});
        const auto made = co_await write(Priority::shoppers, [](PostgresSession& session) -> Task<bool> {
            co_await make_partitions(session);
            co_return true;
        });
        if (!made) log::error("postgres.partitions_missing", {{"reason", "see the entries before"}});
    }
}

Task<PostgresDatabase::Written<bool>> PostgresDatabase::try_writing() {
    auto written = co_await write(Priority::operators, [](PostgresSession& session) -> Task<bool> {
        co_await session.run("UPDATE catalogue_state SET products = products WHERE one = 1");
        co_return true;
    });
    co_return written;
}

ports::Position PostgresDatabase::newest() const { return replicas_ ? replicas_->newest() : ports::Position{}; }

Task<std::optional<ports::Position>> PostgresDatabase::ask() {
    if (!replicas_) co_return ports::Position{};
    const auto written = co_await read([](PostgresSession& session) -> Task<ports::Position> {
        return PostgresReplicas::written(session.connection(), session.deadline());
    });
    if (!written) co_return std::nullopt;
    co_return *written;
}

/// True when one of them has answered.
Task<bool> PostgresDatabase::try_replicas(ports::Freshness freshness, PostgresSession::Mode mode, Work* work,
                                          Instant deadline, bool primary_gone) {
    const ReadChoice choice = replicas_->choose(freshness, executor_->now(), primary_gone);
    ReadReason reason = choice.otherwise;
    for (const std::size_t replica : choice.replicas) {
        PostgresPool& pool = replicas_->pool(replica);
        const Instant until = std::min(deadline, executor_->now() + kReplicaWithin);
        std::unique_ptr<PostgresConnection> connection;
        std::optional<PostgresError> error;
        try {
            connection = co_await pool.take(until);
            if (connection == nullptr) error = PostgresError(Kind::refused, "", "no connection came free");
        } catch (const PostgresError& refused) {
            error = refused;
        }
        if (connection != nullptr) {
            const Instant taken_at = executor_->now();
            bool committed = false;
            error = co_await run_once(*connection, mode, work, until, &committed);
            pool.give_back(std::move(connection), taken_at);
        }
        if (!error) {
            replicas_->answered(replica, freshness);
            co_return true;
        }
        reason = ReadReason::failed;
        // One that answers with a refusal is there: what it replays stood in the way, or it is too busy.
        const bool out = error->kind == Kind::lost || error->kind == Kind::timed_out || leaves_unknown(error->state);
        replicas_->failed(replica, out, error->what());
    }
    replicas_->went_to_primary(reason);
    co_return false;
}

Task<void> PostgresDatabase::drive(Priority priority, PostgresSession::Mode mode, ports::Freshness freshness,
                                   Work* work, Resumer<std::optional<PostgresFailure>> resume) {
    const bool silent = replicas_ && replicas_->primary_is_silent();
    const Instant deadline =
        executor_->now() + (silent ? std::min(options_.deadline, kSilentWithin) : options_.deadline);
    if (replicas_ && freshness.kind() != ports::Freshness::Kind::strict) {
        const bool answered = co_await try_replicas(freshness, mode, work, deadline, false);
        if (answered) {
            ++figures_.done;
            resume(std::nullopt);
            co_return;
        }
    }
    Tried tried;
    for (int attempt = 1;; ++attempt) {
        tried = co_await try_once(priority, mode, work, deadline);
        if (!tried.again || attempt >= kAttemptsMax || executor_->now() >= deadline) break;
        ++figures_.again;
    }
    const bool gone = tried.failure && tried.no_database;
    if (gone && replicas_ && freshness.kind() != ports::Freshness::Kind::strict) {
        // It has gone since it was last asked: what is shown comes from replicas then, however far they are.
        const Instant until = executor_->now() + kReplicaWithin;
        const bool answered = co_await try_replicas(freshness, mode, work, until, true);
        if (answered) tried = {};
    }
    figures_.failing = gone;
    if (!tried.failure && !gone && replicas_) replicas_->primary_worked();
    if (!tried.failure && !gone && replicas_ && mode != PostgresSession::Mode::transaction && !tried.committed &&
        freshness.kind() == ports::Freshness::Kind::strict)
        replicas_->went_to_primary(ReadReason::strict);
    if (!tried.failure)
        ++figures_.done;
    else
        ++(*tried.failure == PostgresFailure::unavailable ? figures_.failed : figures_.unknown);
    resume(tried.failure);
}

Task<std::optional<PostgresError>> PostgresDatabase::run_once(PostgresConnection& connection,
                                                              PostgresSession::Mode mode, Work* work, Instant deadline,
                                                              bool* commit_was_sent) {
    std::optional<PostgresError> error;
    PostgresSession session{connection, mode, deadline};
    try {
        co_await work->run(session);
        co_await session.finish();
    } catch (const PostgresError& refused) {
        error = refused;
    } catch (const std::exception& failure) {
        error = PostgresError(Kind::broken, "", failure.what());
    }
    *commit_was_sent = session.commit_was_sent();
    if (error) {
        try {
            co_await session.abandon();
        } catch (const PostgresError&) {
            // The connection is of no more use, and the server undoes what it has not committed.
        }
    }
    co_return error;
}

Task<PostgresDatabase::Tried> PostgresDatabase::try_once(Priority priority, PostgresSession::Mode mode, Work* work,
                                                         Instant deadline) {
    PostgresPool& pool = *pools_[static_cast<std::size_t>(priority)];
    std::unique_ptr<PostgresConnection> connection;
    std::optional<PostgresError> error;
    try {
        connection = co_await pool.take(deadline);
    } catch (const PostgresError& refused) {
        error = refused;
    }
    if (connection == nullptr) {
        if (may_be_told())
            log::error("postgres.no_connection",
                       {{"reason", error ? error->what() : "all are in use, and none came free"}});
        co_return Tried{PostgresFailure::unavailable, false, error.has_value()};
    }
    const Instant taken_at = executor_->now();
    bool commit_was_sent = false;
    error = co_await run_once(*connection, mode, work, deadline, &commit_was_sent);
    if (!error && commit_was_sent && replicas_) co_await replicas_->note_commit(*connection, deadline);
    pool.give_back(std::move(connection), taken_at);
    if (!error) co_return Tried{std::nullopt, false, false, commit_was_sent};
    // After a failover every idle connection is as dead as this one.
    if (error->kind == Kind::lost) pool.drop_idle();
    const bool unknown = commit_was_sent && (error->kind == Kind::lost || error->kind == Kind::timed_out ||
                                             (error->kind == Kind::refused && leaves_unknown(error->state)));
    if (unknown) {
        log::error("postgres.outcome_unknown", {{"sqlstate", error->state}, {"reason", error->what()}});
        if (replicas_) replicas_->note_unknown();
        co_return Tried{PostgresFailure::outcome_unknown, false, true};
    }
    const bool again = asks_again(*error) || error->kind == Kind::lost;
    if (!again && may_be_told()) log::error("postgres.failed", {{"sqlstate", error->state}, {"reason", error->what()}});
    co_return Tried{PostgresFailure::unavailable, again, error->kind != Kind::refused && error->kind != Kind::broken};
}

}  // namespace marketday::adapters
