#include "adapters/distributed/postgres_ledger.hpp"

#include "adapters/distributed/postgres_order_facts.hpp"

namespace marketday::adapters {

Task<void> begin_ledger_epoch(PostgresSession& session) {
    std::vector<PostgresStatement> question;
    question.push_back(select_head(true));
    auto answers = co_await session.query_all(std::move(question));
    const LedgerHead head = read_head(answers.front());
    const Hash256 genesis = domain::epoch_genesis(head.epoch + 1, head.hash);
    co_await session.run(
        "INSERT INTO ledger_epochs (epoch, started_ms, first_seq, genesis)"
        " VALUES ($1, (extract(epoch FROM now()) * 1000)::bigint, $2, $3)",
        head.epoch + 1, head.sequence + 1, genesis);
    co_await session.run("UPDATE ledger_head SET version = version + 1, epoch = $1, hash = $2 WHERE one = 1",
                         head.epoch + 1, genesis);
}

}  // namespace marketday::adapters
