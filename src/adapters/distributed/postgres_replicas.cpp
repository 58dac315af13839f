#include "adapters/distributed/postgres_replicas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/async/wait.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

constexpr milliseconds kAskEvery{250};
constexpr milliseconds kAnswerWithin{500};
// Of a primary that has just been silent: both together end before what its replicas had is older than lag_max's
// default.
constexpr milliseconds kAskAgainAfter{50};
constexpr milliseconds kAnswerAgainWithin{200};
constexpr seconds kFirstLookWithin{3};

// The timeline stands in the name of the file that is written to.
constexpr const char* kWrittenSql =
    "SELECT ('x' || substr(pg_walfile_name(l), 1, 8))::bit(32)::bigint, pg_wal_lsn_diff(l, '0/0')::bigint"
    " FROM pg_current_wal_flush_lsn() l";
constexpr const char* kSystemSql = "SELECT system_identifier::text FROM pg_control_system()";
// The receiver's timeline shows only to who may read statistics; the control file's follows a little later.
constexpr const char* kReplayedSql =
    "SELECT pg_is_in_recovery()::int::bigint, coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint,"
    " greatest(c.timeline_id, r.min_recovery_end_timeline, w.received_tli)::bigint, s.system_identifier::text,"
    " current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint"
    " FROM pg_control_checkpoint() c, pg_control_recovery() r, pg_control_system() s"
    " LEFT JOIN pg_stat_wal_receiver w ON true";

ports::Position position_of(std::int64_t timeline, std::int64_t bytes) {
    return {static_cast<std::uint32_t>(timeline), static_cast<std::uint64_t>(bytes)};
}

Instant now() { return std::chrono::steady_clock::now(); }

/// HOST:PORT of a URL, or the URL's number when it is written otherwise.
std::string name_of(const std::string& url, std::size_t number) {
    const auto begin = url.find("://");
    if (begin == std::string::npos) return fmt::format("replica-{}", number + 1);
    std::string authority = url.substr(begin + 3, url.find_first_of("/?", begin + 3) - begin - 3);
    return authority.substr(authority.rfind('@') + 1);
}

Task<PostgresRows> ask_one(PostgresConnection& connection, const char* sql, Instant deadline) {
    std::vector<PostgresStatement> one;
    one.push_back(PostgresStatement{sql, {}});
    auto answers = co_await connection.run(std::move(one), deadline);
    co_return std::move(answers.front());
}

/// Asks on a connection of the pool; nothing when nobody answers.
Task<std::optional<PostgresRows>> ask_server(PostgresPool& pool, const char* sql, Instant deadline,
                                             std::string* reason) {
    std::unique_ptr<PostgresConnection> connection;
    std::optional<PostgresRows> rows;
    try {
        connection = co_await pool.take(deadline);
        if (connection == nullptr) {
            *reason = "no connection came free";
        } else {
            rows = co_await ask_one(*connection, sql, deadline);
        }
    } catch (const PostgresError& error) {
        *reason = error.what();
    }
    if (connection != nullptr) pool.give_back(std::move(connection), now());
    co_return rows;
}

}  // namespace

std::string_view to_string(ReadReason reason) {
    switch (reason) {
        case ReadReason::strict: return "strict";
        case ReadReason::own_writes: return "own_writes";
        case ReadReason::bounded: return "bounded";
        case ReadReason::no_replica: return "no_replica";
        case ReadReason::behind: return "behind";
        case ReadReason::lagging: return "lagging";
        case ReadReason::failed: return "failed";
    }
    return "";
}

struct PostgresReplicas::Replica {
    Replica(boost::asio::io_context& io, const Options& options, const std::string& url, ReplicaFigures& shown)
        : asking(io, {.url = url, .settings = options.settings, .connections_max = 1, .connect_within = kAnswerWithin}),
          reading(io, {.url = url, .settings = options.settings, .connections_max = options.connections}),
          figures(shown) {
        figures.connections = &reading.figures();
    }
    PostgresPool asking;
    PostgresPool reading;
    ReplicaFigures& figures;
    ReplicaSeen seen;
    std::uint64_t failures = 0;  // that left it out
    std::string told;            // why it is left out, as the log was told
};

struct PostgresReplicas::Look {
    Instant asked_at{};
    bool answered = false;
    bool in_recovery = false;
    ports::Position replayed{};
    std::string system;
    std::int64_t connections_allowed = 0;
    std::string reason{};
};

PostgresReplicas::PostgresReplicas(boost::asio::io_context& io, Options options)
    : io_(io),
      options_(std::move(options)),
      primary_(io, {.url = options_.primary_url,
                    .settings = options_.settings,
                    .connections_max = 1,
                    .connect_within = kAnswerWithin}) {
    for (const std::string& url : options_.urls) {
        figures_.push_back(std::make_unique<ReplicaFigures>());
        figures_.back()->name = name_of(url, replicas_.size());
        replicas_.push_back(std::make_unique<Replica>(io_, options_, url, *figures_.back()));
    }
}

PostgresReplicas::~PostgresReplicas() = default;

Task<void> PostgresReplicas::look_once() {
    std::string reason;
    auto system = co_await ask_server(primary_, kSystemSql, now() + kFirstLookWithin, &reason);
    if (system && system->step()) system_ = system->text(0);
    for (const auto& replica : replicas_) {
        const Look look = co_await look_at(*replica);
        take(*replica, look);
        if (!look.answered) continue;
        if (!system_.empty() && look.system != system_)
            throw std::runtime_error(
                fmt::format("database_replicas: {} is not a copy of the database; give the address of a server that "
                            "streams from it",
                            replica->figures.name));
        const auto wanted = static_cast<std::int64_t>((options_.connections + 1) * options_.processes);
        if (wanted > look.connections_allowed)
            throw std::runtime_error(fmt::format(
                "{} processes with {} connections each need {}, but the replica {} allows {}; lower "
                "database_pool.replica_connections or raise its max_connections",
                options_.processes, options_.connections + 1, wanted, replica->figures.name, look.connections_allowed));
    }
}

void PostgresReplicas::begin(Executor& executor) {
    spawn(executor, "postgres.primary", watch_primary());
    for (const auto& replica : replicas_) spawn(executor, "postgres.replica", watch(replica.get()));
}

Task<bool> PostgresReplicas::ask_primary(milliseconds within) {
    std::uint64_t unknown_before = 0;
    {
        const std::scoped_lock lock(mutex_);
        unknown_before = unknown_;
    }
    const Instant asked_at = now();
    std::string reason;
    if (system_.empty()) {
        auto system = co_await ask_server(primary_, kSystemSql, asked_at + within, &reason);
        if (system && system->step()) system_ = system->text(0);
    }
    auto rows = co_await ask_server(primary_, kWrittenSql, asked_at + within, &reason);
    const bool answered = rows && rows->step();
    if (answered) {
        const ports::Position position = position_of(rows->integer(0), rows->integer(1));
        moments_.note(asked_at, position);
        note(position, unknown_before);
    }
    if (answered != (silent_asks_ == 0))
        log::info(answered ? "postgres.primary_answers" : "postgres.primary_silent", {{"reason", reason}});
    silent_asks_ = answered ? 0 : silent_asks_ + 1;
    co_return answered;
}

Task<void> PostgresReplicas::watch_primary() {
    while (true) {
        const bool answered = co_await ask_primary(silent_asks_ == 1 ? kAnswerAgainWithin : kAnswerWithin);
        if (!answered) primary_.drop_idle();
        // One slow answer is no news; whether it was one is asked soon.
        co_await sleep_for(silent_asks_ == 1 ? kAskAgainAfter : kAskEvery);
    }
}

Task<PostgresReplicas::Look> PostgresReplicas::look_at(Replica& replica) {
    Look look;
    look.asked_at = now();
    auto rows = co_await ask_server(replica.asking, kReplayedSql, look.asked_at + kAnswerWithin, &look.reason);
    look.answered = rows && rows->step();
    if (look.answered) {
        look.in_recovery = rows->integer(0) != 0;
        look.replayed = position_of(rows->integer(2), rows->integer(1));
        look.system = rows->text(3);
        look.connections_allowed = rows->integer(4);
    }
    co_return look;
}

/// Why it cannot be read; empty when it can.
std::string PostgresReplicas::fault_of(const Look& look) const {
    if (!look.answered) return look.reason.empty() ? "it does not answer" : look.reason;
    if (!look.in_recovery) return "it is no replica: it takes writes itself";
    if (system_.empty()) return "the primary has not answered yet";
    if (look.system != system_) return "it is a copy of another database";
    if (static_cast<std::int64_t>((options_.connections + 1) * options_.processes) > look.connections_allowed)
        return "its max_connections are fewer than what all processes may open";
    return {};
}

void PostgresReplicas::take(Replica& replica, const Look& look) {
    const std::string fault = fault_of(look);
    if (fault.empty()) {
        replica.seen.replayed = look.replayed;
        replica.seen.level_at = moments_.level_at(look.replayed);
        replica.figures.level_at = replica.seen.level_at ? replica.seen.level_at->time_since_epoch().count() : 0;
    } else {
        replica.reading.drop_idle();
    }
    replica.seen.serves = fault.empty();
    replica.figures.serves = fault.empty();
    if (fault == replica.told) return;
    if (fault.empty())
        log::info("postgres.replica_serves", {{"replica", replica.figures.name}});
    else if (replica.told.empty())
        log::warn("postgres.replica_left_out", {{"replica", replica.figures.name}, {"reason", fault}});
    replica.told = fault;
}

Task<void> PostgresReplicas::watch(Replica* replica) {
    while (true) {
        const std::uint64_t failures = replica->failures;
        const Look look = co_await look_at(*replica);
        // What a read has met since this was asked is newer.
        if (failures == replica->failures || !look.answered) take(*replica, look);
        co_await sleep_for(kAskEvery);
    }
}

ReadChoice PostgresReplicas::choose(const ports::Freshness& freshness, Instant at, bool primary_gone) {
    std::vector<ReplicaSeen> seen;
    seen.reserve(replicas_.size());
    for (const auto& replica : replicas_) seen.push_back(replica->seen);
    return choose_replicas(freshness, seen,
                           {.now = at,
                            .primary_answers = !primary_gone && !primary_is_silent(),
                            .lag_max = options_.lag_max,
                            .turn = turn_++});
}

PostgresPool& PostgresReplicas::pool(std::size_t replica) { return replicas_[replica]->reading; }

void PostgresReplicas::answered(std::size_t replica, const ports::Freshness& freshness) {
    ++figures_[replica]->reads;
    const auto reason =
        freshness.kind() == ports::Freshness::Kind::own_writes ? ReadReason::own_writes : ReadReason::bounded;
    ++reads_[static_cast<std::size_t>(reason)];
}

void PostgresReplicas::failed(std::size_t replica, bool out, const std::string& reason) {
    Replica& one = *replicas_[replica];
    ++one.figures.failures;
    if (!out) return;
    ++one.failures;
    one.reading.drop_idle();
    one.seen.serves = false;
    one.figures.serves = false;
    if (one.told.empty()) log::warn("postgres.replica_left_out", {{"replica", one.figures.name}, {"reason", reason}});
    one.told = reason;
}

void PostgresReplicas::went_to_primary(ReadReason reason) { ++reads_[static_cast<std::size_t>(reason)]; }

void PostgresReplicas::note(ports::Position position, std::uint64_t unknown_before) {
    const std::scoped_lock lock(mutex_);
    newest_ = later_of(newest_, position);
    unknown_known_ = std::max(unknown_known_, unknown_before);
}

Task<void> PostgresReplicas::note_commit(PostgresConnection& connection, Instant deadline) {
    bool noted = false;
    try {
        const ports::Position position = co_await written(connection, std::min(deadline, now() + kAnswerWithin));
        note(position, 0);
        noted = true;
    } catch (const PostgresError&) {
        noted = false;
    }
    if (!noted) note_unknown();
}

void PostgresReplicas::note_unknown() {
    const std::scoped_lock lock(mutex_);
    ++unknown_;
}

ports::Position PostgresReplicas::newest() const {
    const std::scoped_lock lock(mutex_);
    return unknown_ == unknown_known_ ? newest_ : ports::Position::unknown();
}

Task<ports::Position> PostgresReplicas::written(PostgresConnection& connection, Instant deadline) {
    auto rows = co_await ask_one(connection, kWrittenSql, deadline);
    rows.step();
    co_return position_of(rows.integer(0), rows.integer(1));
}

}  // namespace marketday::adapters
