#include "adapters/embedded/sqlite_payment_journal.hpp"

#include <algorithm>

#include "adapters/embedded/sqlite_leases.hpp"

namespace marketday::adapters {
namespace {

using Journal = ports::PaymentJournal;

Journal::Error to_port_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::outcome_unknown: return Journal::Error::outcome_unknown;
        case StoreFailure::unavailable:
        case StoreFailure::full: return Journal::Error::unavailable;
    }
    return Journal::Error::unavailable;
}

Journal::Entry open_one(SqliteConnection& connection, const Journal::Entry& entry) {
    auto row = connection.query("SELECT order_id, request_hash, outcome, opened_ms FROM payments WHERE payment_id = ?1",
                                entry.payment);
    if (row.step()) {
        Journal::Entry stored{.payment = entry.payment, .order = OrderId{row.uuid(0)}};
        const auto hash = row.blob(1);
        std::copy_n(hash.begin(), std::min(hash.size(), stored.request_hash.size()), stored.request_hash.begin());
        stored.outcome = static_cast<Journal::Outcome>(row.integer(2));
        stored.opened_at = from_unix_ms(row.integer(3));
        return stored;
    }
    connection.run(
        "INSERT INTO payments (payment_id, order_id, request_hash, outcome, opened_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5)",
        entry.payment, entry.order, std::span<const std::uint8_t>{entry.request_hash}, static_cast<int>(entry.outcome),
        to_unix_ms(entry.opened_at));
    return entry;
}

/// The columns payment_id, order_id, reason, restock, intended_ms, try_ms, tries, done_ms.
Journal::RefundIntent read_intent(const SqliteQuery& row) {
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

std::optional<Journal::RefundIntent> find_intent(SqliteConnection& connection, PaymentId payment) {
    auto row = connection.query(
        "SELECT payment_id, order_id, reason, restock, intended_ms, try_ms, tries, done_ms"
        " FROM refunds WHERE payment_id = ?1",
        payment);
    if (!row.step()) return std::nullopt;
    return read_intent(row);
}

}  // namespace

Journal::Answer<std::vector<Journal::Entry>> SqlitePaymentJournal::open(std::vector<Entry> entries) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        std::vector<Entry> stored;
        stored.reserve(entries.size());
        for (const auto& entry : entries) stored.push_back(open_one(connection, entry));
        return stored;
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::move(*written);
}

Journal::Answer<std::vector<Journal::Entry>> SqlitePaymentJournal::of_order(OrderId order) {
    auto found = co_await database_.read([order](SqliteConnection& connection) {
        std::vector<Entry> entries;
        auto row = connection.query(
            "SELECT payment_id, request_hash, outcome, opened_ms FROM payments WHERE order_id = ?1"
            " ORDER BY opened_ms, payment_id",
            order);
        while (row.step()) {
            Entry& entry = entries.emplace_back(Entry{.payment = PaymentId{row.uuid(0)}, .order = order});
            const auto hash = row.blob(1);
            std::copy_n(hash.begin(), std::min(hash.size(), entry.request_hash.size()), entry.request_hash.begin());
            entry.outcome = static_cast<Outcome>(row.integer(2));
            entry.opened_at = from_unix_ms(row.integer(3));
        }
        return entries;
    });
    if (!found) co_return fail(to_port_error(found.error()));
    co_return std::move(*found);
}

Journal::Answer<std::monostate> SqlitePaymentJournal::close(std::vector<Closing> closings) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        for (const auto& closing : closings)
            connection.run("UPDATE payments SET outcome = ?2 WHERE payment_id = ?1 AND outcome = 1", closing.payment,
                           static_cast<int>(closing.outcome));
        return std::monostate{};
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::monostate{};
}

Journal::Answer<Journal::RefundIntent> SqlitePaymentJournal::intend_refund(RefundIntent intent) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        if (auto stored = find_intent(connection, intent.payment)) return *stored;
        connection.run(
            "INSERT INTO refunds (payment_id, order_id, reason, restock, intended_ms, try_ms, tries)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            intent.payment, intent.order, static_cast<int>(intent.reason), intent.restock,
            to_unix_ms(intent.intended_at), to_unix_ms(intent.try_at), intent.tries);
        return intent;
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::move(*written);
}

Journal::Answer<std::vector<Journal::RefundIntent>> SqlitePaymentJournal::refunds_of(std::vector<PaymentId> payments) {
    auto found = co_await database_.read([&](SqliteConnection& connection) {
        std::vector<RefundIntent> intents;
        for (const auto& payment : payments)
            if (auto intent = find_intent(connection, payment)) intents.push_back(*intent);
        return intents;
    });
    if (!found) co_return fail(to_port_error(found.error()));
    co_return std::move(*found);
}

Journal::Answer<std::vector<Journal::RefundIntent>> SqlitePaymentJournal::refunds_due(WallTime now,
                                                                                      std::size_t intents_max) {
    auto found = co_await database_.read([&](SqliteConnection& connection) {
        std::vector<RefundIntent> intents;
        auto row = connection.query(
            "SELECT payment_id, order_id, reason, restock, intended_ms, try_ms, tries, done_ms"
            " FROM refunds WHERE done_ms IS NULL AND try_ms <= ?1 ORDER BY try_ms LIMIT ?2",
            to_unix_ms(now), static_cast<std::int64_t>(intents_max));
        while (row.step()) intents.push_back(read_intent(row));
        return intents;
    });
    if (!found) co_return fail(to_port_error(found.error()));
    co_return std::move(*found);
}

Journal::Answer<std::monostate> SqlitePaymentJournal::refund_failed(PaymentId payment, WallTime try_at) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        connection.run("UPDATE refunds SET try_ms = ?2, tries = tries + 1 WHERE payment_id = ?1 AND done_ms IS NULL",
                       payment, to_unix_ms(try_at));
        return std::monostate{};
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::monostate{};
}

Journal::Answer<std::monostate> SqlitePaymentJournal::refund_done(PaymentId payment, WallTime at) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        connection.run("UPDATE refunds SET done_ms = ?2 WHERE payment_id = ?1 AND done_ms IS NULL", payment,
                       to_unix_ms(at));
        return std::monostate{};
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::monostate{};
}

Journal::Answer<std::int64_t> SqlitePaymentJournal::refunds_open() {
    auto found = co_await database_.read([](SqliteConnection& connection) {
        auto row = connection.query("SELECT count(*) FROM refunds WHERE done_ms IS NULL AND try_ms >= 0");
        row.step();
        return row.integer(0);
    });
    if (!found) co_return fail(to_port_error(found.error()));
    co_return *found;
}

Journal::Answer<std::size_t> SqlitePaymentJournal::purge(WallTime before, std::size_t entries_max, ports::Fence fence) {
    using Purged = Result<std::size_t, Error>;
    auto written =
        co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) -> Purged {
            if (!fence_holds(connection, fence)) return fail(Error::fenced);
            connection.run(
                "DELETE FROM payments WHERE payment_id IN"
                " (SELECT payment_id FROM payments WHERE opened_ms < ?1 ORDER BY opened_ms LIMIT ?2)",
                to_unix_ms(before), static_cast<std::int64_t>(entries_max));
            return static_cast<std::size_t>(connection.changes());
        });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

}  // namespace marketday::adapters
