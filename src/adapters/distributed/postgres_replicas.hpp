#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/distributed/postgres_pool.hpp"
#include "adapters/distributed/replica_choice.hpp"
#include "base/async/executor.hpp"

namespace marketday::adapters {

/// The replicas of a primary and what is known of them: each is asked all the time how far it has replayed, and so is
/// the primary how far it has written. A replica that does not answer, is no replica of this primary, or has no room
/// for our connections is left out until it is well again. Used by tasks of the database's thread, except where it says
/// otherwise.
class PostgresReplicas {
public:
    struct Options {
        std::string primary_url;
        std::vector<std::string> urls;
        std::string settings;         // a script that every new connection runs first
        std::size_t connections = 4;  // of this process to each replica, beside one that asks
        std::size_t processes = 1;
        milliseconds lag_max{1000};
    };
    /// Read by any thread.
    struct ReplicaFigures {
        std::string name;  // HOST:PORT
        std::atomic<bool> serves{false};
        std::atomic<Instant::rep> level_at{0};  // 0: not known
        std::atomic<std::uint64_t> reads{0};
        std::atomic<std::uint64_t> failures{0};
        const PostgresPool::Figures* connections = nullptr;
    };

    PostgresReplicas(boost::asio::io_context& io, Options options);
    ~PostgresReplicas();
    PostgresReplicas(const PostgresReplicas&) = delete;
    PostgresReplicas& operator=(const PostgresReplicas&) = delete;

    /// Looks at all of them once before the shop opens. Throws std::runtime_error when one belongs to another database
    /// or its max_connections are too few; one that does not answer may come later.
    Task<void> look_once();
    /// Begins to ask; until the executor goes.
    void begin(Executor& executor);

    /// `primary_gone`: a read has just met nobody there.
    ReadChoice choose(const ports::Freshness& freshness, Instant now, bool primary_gone);
    PostgresPool& pool(std::size_t replica);
    void answered(std::size_t replica, const ports::Freshness& freshness);
    /// `out`: it is left out until it answers again.
    void failed(std::size_t replica, bool out, const std::string& reason);
    void went_to_primary(ReadReason reason);

    /// The primary has not answered when it was asked the last two times: it is gone or stands still.
    bool primary_is_silent() const { return silent_asks_ >= kSilentAsks; }
    /// It has answered somebody's work: whatever kept it from answering when it was asked, it is there.
    void primary_worked() { silent_asks_ = 0; }

    /// After a write that this connection has committed: learns where that is, so that `newest` covers it.
    Task<void> note_commit(PostgresConnection& connection, Instant deadline);
    /// After a write that may have been committed.
    void note_unknown();

    /// At or after every write that this process knows the end of. From any thread.
    ports::Position newest() const;
    /// How far the server of `connection`, a primary, has written durably.
    static Task<ports::Position> written(PostgresConnection& connection, Instant deadline);

    const std::vector<std::unique_ptr<ReplicaFigures>>& figures() const { return figures_; }
    std::uint64_t reads(ReadReason reason) const { return reads_[static_cast<std::size_t>(reason)]; }

private:
    static constexpr std::size_t kSilentAsks = 2;
    struct Replica;
    struct Look;
    Task<void> watch_primary();
    Task<bool> ask_primary(milliseconds within);
    Task<void> watch(Replica* replica);
    Task<Look> look_at(Replica& replica);
    std::string fault_of(const Look& look) const;
    void take(Replica& replica, const Look& look);
    void note(ports::Position position, std::uint64_t unknown_before);

    boost::asio::io_context& io_;
    Options options_;
    PostgresPool primary_;
    std::vector<std::unique_ptr<Replica>> replicas_;
    std::vector<std::unique_ptr<ReplicaFigures>> figures_;
    PrimaryMoments moments_;
    std::string system_;           // identifies the primary's cluster
    std::size_t silent_asks_ = 0;  // to the primary, since it answered
    std::size_t turn_ = 0;
    std::array<std::atomic<std::uint64_t>, kReadReasons> reads_{};
    mutable std::mutex mutex_;  // of the next
    ports::Position newest_{};
    std::uint64_t unknown_ = 1;        // writes whose place nobody could tell: those before this began are one
    std::uint64_t unknown_known_ = 0;  // of them, those that `newest_` covers
};

std::string_view to_string(ReadReason reason);

}  // namespace marketday::adapters
