#include "adapters/distributed/postgres_session.hpp"

#include "base/assert.hpp"

namespace marketday::adapters {

Task<std::vector<PostgresRows>> PostgresSession::query_all(std::vector<PostgresStatement> statements) {
    const bool begins = mode_ != Mode::single && !begun_;
    if (begins) {
        // BEGIN travels with the first statement: no trip of its own.
        const char* begin =
            mode_ == Mode::transaction ? "BEGIN" : "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
        statements.insert(statements.begin(), PostgresStatement{begin, {}});
        begun_ = true;
    }
    auto answers = co_await connection_.run(std::move(statements), deadline_);
    if (begins) answers.erase(answers.begin());
    co_return answers;
}

Task<PostgresRows> PostgresSession::query_one(PostgresStatement statement) {
    std::vector<PostgresStatement> one;
    one.push_back(std::move(statement));
    auto answers = co_await query_all(std::move(one));
    co_return std::move(answers.front());
}

Task<std::int64_t> PostgresSession::run_one(PostgresStatement statement) {
    const auto rows = co_await query_one(std::move(statement));
    co_return rows.changes();
}

Task<PostgresRows> PostgresSession::commit_with(PostgresStatement statement) {
    MD_ASSERT(mode_ == Mode::single && !commit_sent_);
    commit_sent_ = true;
    auto rows = co_await query_one(std::move(statement));
    co_return rows;
}

Task<void> PostgresSession::finish() {
    if (!begun_) co_return;
    commit_sent_ = mode_ == Mode::transaction;
    std::vector<PostgresStatement> one;
    one.push_back(PostgresStatement{"COMMIT", {}});
    co_await connection_.run(std::move(one), deadline_);
    begun_ = false;
}

Task<std::vector<PostgresRows>> PostgresSession::finish_with(std::vector<PostgresStatement> statements) {
    MD_ASSERT(mode_ == Mode::transaction && !commit_sent_);
    commit_sent_ = true;
    statements.push_back(PostgresStatement{"COMMIT", {}});
    auto answers = co_await query_all(std::move(statements));
    begun_ = false;
    answers.pop_back();
    co_return answers;
}

Task<PostgresRows> PostgresSession::finish_with(PostgresStatement statement) {
    std::vector<PostgresStatement> one;
    one.push_back(std::move(statement));
    auto answers = co_await finish_with(std::move(one));
    co_return std::move(answers.front());
}

Task<void> PostgresSession::abandon() {
    if (!begun_ || !connection_.usable()) co_return;
    begun_ = false;
    std::vector<PostgresStatement> one;
    one.push_back(PostgresStatement{"ROLLBACK", {}});
    co_await connection_.run(std::move(one), deadline_);
}

}  // namespace marketday::adapters
