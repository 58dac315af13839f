#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/payment_journal.hpp"

namespace marketday::adapters {

/// Payments and refunds in PostgreSQL: tables payments, refunds.
class PostgresPaymentJournal final : public ports::PaymentJournal {
public:
    explicit PostgresPaymentJournal(PostgresDatabase& database) : database_(database) {}

    Answer<std::vector<Entry>> open(std::vector<Entry> entries) override;
    Answer<std::vector<Entry>> of_order(OrderId order) override;
    Answer<std::monostate> close(std::vector<Closing> closings) override;
    Answer<RefundIntent> intend_refund(RefundIntent intent) override;
    Answer<std::vector<RefundIntent>> refunds_of(std::vector<PaymentId> payments) override;
    Answer<std::vector<RefundIntent>> refunds_due(WallTime now, std::size_t intents_max) override;
    Answer<std::monostate> refund_failed(PaymentId payment, WallTime try_at) override;
    Answer<std::monostate> refund_done(PaymentId payment, WallTime at) override;
    Answer<std::int64_t> refunds_open() override;
    Answer<std::size_t> purge(WallTime before, std::size_t entries_max, ports::Fence fence) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
