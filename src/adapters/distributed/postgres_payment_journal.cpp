#include "adapters/distributed/postgres_payment_journal.hpp"

#include <algorithm>
#include <map>

#include "adapters/distributed/postgres_leases.hpp"

namespace marketday::adapters {
namespace {

using Journal = ports::PaymentJournal;
using Error = Journal::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;

#define MARKETDAY_PG_INTENT_COLUMNS "payment_id, order_id, reason, restock, intended_ms, try_ms, tries, done_ms"

/// payment_id, order_id, request_hash, outcome, opened_ms.
Journal::Entry read_entry(const PostgresRows& row) {
    Journal::Entry entry{.payment = PaymentId{row.uuid(0)}, .order = OrderId{row.uuid(1)}};
    const auto hash = row.blob(2);
    std::copy_n(hash.begin(), std::min(hash.size(), entry.request_hash.size()), entry.request_hash.begin());
    entry.outcome = static_cast<Journal::Outcome>(row.integer(3));
    entry.opened_at = from_unix_ms(row.integer(4));
    return entry;
}

Journal::RefundIntent read_intent(const PostgresRows& row) {
    Journal::RefundIntent intent{.payment = PaymentId{row.uuid(0)},
                                 .order = OrderId{row.uuid(1)},
                                 .reason = static_cast<Journal::RefundReason>(row.integer(2)),
                                 .restock = row.integer(3) != 0,
                                 .intended_at = from_unix_ms(row.integer(4)),
                                 .try_at = from_unix_ms(row.integer(5)),
                                 .tries = row.integer(6),
                                 .done_at = std::nullopt};
    if (!row.is_null(7)) intent.done_at = from_unix_ms(row.integer(7));
    return intent;
}

Task<std::vector<Journal::Entry>> open_all(PostgresSession& session, const std::vector<Journal::Entry>& entries) {
    PostgresArray payments{Of::uuids}, orders{Of::uuids}, hashes{Of::bytes}, outcomes{Of::integers},
        opened{Of::integers};
    for (const auto& entry : entries) {
        payments.add(entry.payment), orders.add(entry.order), opened.add(to_unix_ms(entry.opened_at));
        hashes.add(std::span<const std::uint8_t>{entry.request_hash});
        outcomes.add(static_cast<std::int64_t>(entry.outcome));
    }
    const PostgresValue wanted = payments.take();
    std::vector<PostgresStatement> statements;
    statements.push_back(PostgresSession::statement(
        "INSERT INTO payments (payment_id, order_id, request_hash, outcome, opened_ms)"
        " SELECT DISTINCT ON (n.payment) * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bigint[], $5::bigint[])"
        " AS n (payment, o, hash, outcome, opened) ORDER BY n.payment ON CONFLICT (payment_id) DO NOTHING",
        wanted, orders.take(), hashes.take(), outcomes.take(), opened.take()));
    statements.push_back(PostgresSession::statement(
        "SELECT payment_id, order_id, request_hash, outcome, opened_ms FROM payments WHERE payment_id = ANY ($1)",
        wanted));
    auto answers = co_await session.query_all(std::move(statements));
    std::map<PaymentId, Journal::Entry> stored;
    while (answers[1].step()) {
        auto entry = read_entry(answers[1]);
        stored.emplace(entry.payment, entry);
    }
    std::vector<Journal::Entry> found;
    for (const auto& entry : entries) found.push_back(stored.at(entry.payment));
    co_return found;
}

Task<std::vector<Journal::Entry>> entries_of(PostgresSession& session, const OrderId& order) {
    auto rows = co_await session.query(
        "SELECT payment_id, order_id, request_hash, outcome, opened_ms FROM payments WHERE order_id = $1"
        " ORDER BY opened_ms, payment_id",
        order);
    std::vector<Journal::Entry> entries;
    while (rows.step()) entries.push_back(read_entry(rows));
    co_return entries;
}

Task<std::monostate> close_all(PostgresSession& session, const std::vector<Journal::Closing>& closings) {
    // In the order of their ids, as everybody who locks several; the first outcome stays.
    std::map<PaymentId, Journal::Outcome> outcomes;
    for (const auto& closing : closings) outcomes.emplace(closing.payment, closing.outcome);
    std::vector<PostgresStatement> last;
    for (const auto& [payment, outcome] : outcomes)
        last.push_back(
            PostgresSession::statement("UPDATE payments SET outcome = $2 WHERE payment_id = $1 AND outcome = 1",
                                       payment, static_cast<std::int64_t>(outcome)));
    if (!last.empty()) co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<std::vector<Journal::RefundIntent>> find_intents(PostgresSession& session,
                                                      const std::vector<PaymentId>& payments) {
    PostgresArray ids{Of::uuids};
    for (const auto& payment : payments) ids.add(payment);
    const PostgresValue wanted = ids.take();
    auto rows = co_await session.query(
        "SELECT " MARKETDAY_PG_INTENT_COLUMNS " FROM refunds WHERE payment_id = ANY ($1)", wanted);
    std::map<PaymentId, Journal::RefundIntent> stored;
    while (rows.step()) {
        auto intent = read_intent(rows);
        stored.emplace(intent.payment, intent);
    }
    std::vector<Journal::RefundIntent> found;
    for (const auto& payment : payments)
        if (const auto intent = stored.find(payment); intent != stored.end()) found.push_back(intent->second);
    co_return found;
}

Task<Journal::RefundIntent> intend_one(PostgresSession& session, const Journal::RefundIntent& intent) {
    co_await session.run(
        "INSERT INTO refunds (payment_id, order_id, reason, restock, intended_ms, try_ms, tries)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (payment_id) DO NOTHING",
        intent.payment, intent.order, static_cast<std::int64_t>(intent.reason), intent.restock,
        to_unix_ms(intent.intended_at), to_unix_ms(intent.try_at), intent.tries);
    const std::vector<PaymentId> one{intent.payment};
    auto stored = co_await find_intents(session, one);
    co_return stored.at(0);
}

Task<std::vector<Journal::RefundIntent>> find_due(PostgresSession& session, const WallTime& now,
                                                  const std::size_t& intents_max) {
    auto rows = co_await session.query("SELECT " MARKETDAY_PG_INTENT_COLUMNS
                                       " FROM refunds WHERE done_ms IS NULL AND try_ms <= $1 ORDER BY try_ms LIMIT $2",
                                       to_unix_ms(now), static_cast<std::int64_t>(intents_max));
    std::vector<Journal::RefundIntent> intents;
    while (rows.step()) intents.push_back(read_intent(rows));
    co_return intents;
}

using Purged = Result<std::size_t, Error>;
Task<Purged> purge_fenced(PostgresSession& session, const WallTime& before, const std::size_t& entries_max,
                          const ports::Fence& fence) {
    const bool holds = co_await fence_holds(session, fence);
    if (!holds) co_return fail(Error::fenced);
    const auto purged = co_await session.run(
        "DELETE FROM payments WHERE payment_id IN"
        " (SELECT payment_id FROM payments WHERE opened_ms < $1 ORDER BY opened_ms LIMIT $2)",
        to_unix_ms(before), static_cast<std::int64_t>(entries_max));
    co_return static_cast<std::size_t>(purged);
}

}  // namespace

Journal::Answer<std::vector<Journal::Entry>> PostgresPaymentJournal::open(std::vector<Entry> entries) {
    auto written = co_await database_.write(Priority::shoppers, &open_all, entries);
    co_return to_port<Error>(std::move(written));
}

Journal::Answer<std::vector<Journal::Entry>> PostgresPaymentJournal::of_order(OrderId order) {
    auto found = co_await database_.read(&entries_of, order);
    co_return to_port<Error>(std::move(found));
}

Journal::Answer<std::monostate> PostgresPaymentJournal::close(std::vector<Closing> closings) {
    auto written = co_await database_.write(Priority::shoppers, &close_all, closings);
    co_return to_port<Error>(std::move(written));
}

Journal::Answer<Journal::RefundIntent> PostgresPaymentJournal::intend_refund(RefundIntent intent) {
    auto written = co_await database_.write(Priority::shoppers, &intend_one, intent);
    co_return to_port<Error>(std::move(written));
}

Journal::Answer<std::vector<Journal::RefundIntent>> PostgresPaymentJournal::refunds_of(
    std::vector<PaymentId> payments) {
    auto found = co_await database_.read(&find_intents, payments);
    co_return to_port<Error>(std::move(found));
}

Journal::Answer<std::vector<Journal::RefundIntent>> PostgresPaymentJournal::refunds_due(WallTime now,
                                                                                        std::size_t intents_max) {
    auto found = co_await database_.read(&find_due, now, intents_max);
    co_return to_port<Error>(std::move(found));
}

Journal::Answer<std::monostate> PostgresPaymentJournal::refund_failed(PaymentId payment, WallTime try_at) {
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const PaymentId& of, const std::int64_t& at_ms) -> Task<std::monostate> {
            co_await session.run(
                "UPDATE refunds SET try_ms = $2, tries = tries + 1 WHERE payment_id = $1 AND done_ms IS NULL", of,
                at_ms);
            co_return std::monostate{};
        },
        payment, to_unix_ms(try_at));
    co_return to_port<Error>(std::move(written));
}

Journal::Answer<std::monostate> PostgresPaymentJournal::refund_done(PaymentId payment, WallTime at) {
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const PaymentId& of, const std::int64_t& at_ms) -> Task<std::monostate> {
            co_await session.run("UPDATE refunds SET done_ms = $2 WHERE payment_id = $1 AND done_ms IS NULL", of,
                                 at_ms);
            co_return std::monostate{};
        },
        payment, to_unix_ms(at));
    co_return to_port<Error>(std::move(written));
}

Journal::Answer<std::int64_t> PostgresPaymentJournal::refunds_open() {
    auto found = co_await database_.read([](PostgresSession& session) -> Task<std::int64_t> {
        auto row = co_await session.query("SELECT count(*) FROM refunds WHERE done_ms IS NULL AND try_ms >= 0");
        row.step();
        co_return row.integer(0);
    });
    co_return to_port<Error>(std::move(found));
}

Journal::Answer<std::size_t> PostgresPaymentJournal::purge(WallTime before, std::size_t entries_max,
                                                           ports::Fence fence) {
    auto written = co_await database_.write(Priority::shoppers, &purge_fenced, before, entries_max, fence);
    if (!written) co_return fail(to_port<Error>(std::move(written)).error());
    co_return *written;
}

}  // namespace marketday::adapters
