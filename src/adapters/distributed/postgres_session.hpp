#pragma once

#include "adapters/distributed/postgres_connection.hpp"

namespace marketday::adapters {

/// What one piece of work does on a connection: a transaction, or statements that each commit by themselves.
class PostgresSession {
public:
    enum class Mode : std::uint8_t {
        transaction,  // READ COMMITTED, from the first statement to `finish`
        snapshot,     // REPEATABLE READ, read only: every statement sees one moment
        single,       // no transaction: reads, and at most one `commit_with`
    };
    PostgresSession(PostgresConnection& connection, Mode mode, Instant deadline)
        : connection_(connection), mode_(mode), deadline_(deadline) {}

    template <class... Args>
    Task<PostgresRows> query(const char* sql, const Args&... args) {
        return query_one(statement(sql, args...));
    }
    /// The same for statements without rows: how many rows it changed.
    template <class... Args>
    Task<std::int64_t> run(const char* sql, const Args&... args) {
        return run_one(statement(sql, args...));
    }
    /// Several at once, in one trip.
    Task<std::vector<PostgresRows>> query_all(std::vector<PostgresStatement> statements);
    template <class... Args>
    static PostgresStatement statement(const char* sql, const Args&... args) {
        PostgresStatement made{sql, {}};
        made.values.reserve(sizeof...(args));
        (made.values.push_back(to_postgres(args)), ...);
        return made;
    }
    /// In mode `single`: the statement that commits. When it gets no answer, nobody knows whether it did.
    Task<PostgresRows> commit_with(PostgresStatement statement);
    /// That statement was refused: nothing was committed, and another one may be tried.
    void nothing_committed() { commit_sent_ = false; }

    /// Commits; nothing when no statement was sent.
    Task<void> finish();
    /// In mode `transaction`: these statements and the commit in one trip, so that what they lock is locked no longer
    /// than the server needs.
    Task<std::vector<PostgresRows>> finish_with(std::vector<PostgresStatement> statements);
    Task<PostgresRows> finish_with(PostgresStatement statement);
    /// Undoes, as far as the connection still allows.
    Task<void> abandon();
    /// Whether what was sent may have been committed.
    bool commit_was_sent() const { return commit_sent_; }
    Instant deadline() const { return deadline_; }
    PostgresConnection& connection() { return connection_; }

private:
    Task<PostgresRows> query_one(PostgresStatement statement);
    Task<std::int64_t> run_one(PostgresStatement statement);

    PostgresConnection& connection_;
    Mode mode_;
    Instant deadline_;
    bool begun_ = false;
    bool commit_sent_ = false;
};

}  // namespace marketday::adapters
