#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "base/async/sim_executor.hpp"
#include "base/async/wait.hpp"
#include "domain/placement.hpp"
#include "ports/order_book.hpp"
#include "ports/payment_gateway.hpp"
#include "ports/payment_journal.hpp"

namespace marketday::simulation {

/// Draws what goes wrong, until `calm_from`; from then on everything answers.
class Faults {
public:
    Faults(SimExecutor& executor, std::uint64_t seed, Instant calm_from, std::uint64_t percent)
        : executor_(executor), random_(seed), calm_from_(calm_from), percent_(percent) {}

    enum class Kind { none, refused, lost_before, lost_after };
    Kind draw();
    bool chance(std::uint64_t percent) { return executor_.now() < calm_from_ && random_.below(100) < percent; }
    milliseconds pause(std::uint64_t ms_max) { return milliseconds{random_.below(ms_max) + 1}; }
    SeededRandom& random() { return random_; }
    SimExecutor& executor() { return executor_; }

    /// A call over a network that delays, refuses, and loses questions and answers. `work` is the store's own step.
    template <class T, class E>
    Task<Result<T, E>> call(std::function<T()> work) {
        co_await sleep_for(pause(20));
        const Kind kind = draw();
        if (kind == Kind::refused) co_return fail(E::unavailable);
        if (kind == Kind::lost_before) {
            co_await sleep_for(pause(500));
            co_return fail(E::outcome_unknown);
        }
        T value = work();
        co_await sleep_for(pause(20));
        if (kind == Kind::lost_after) co_return fail(E::outcome_unknown);
        co_return std::move(value);
    }

private:
    SimExecutor& executor_;
    SeededRandom random_;
    Instant calm_from_;
    std::uint64_t percent_;
};

/// The order book in memory, with the same domain rules as the real ones. What it holds is durable.
class SimOrderBook final : public ports::OrderBook, private domain::PlacementFacts {
public:
    SimOrderBook(Faults& faults, std::int64_t units);

    Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>& requests) override;
    Answer<std::vector<domain::StepVerdict>> advance(std::vector<domain::OrderStep> steps) override;
    Answer<std::optional<domain::Order>> find(OrderId order) override;
    Answer<std::vector<domain::Order>> list(OrderQuery query) override;
    Answer<std::vector<OrderId>> overdue(WallTime now, std::size_t orders_max) override;
    Answer<std::vector<domain::Order>> paying_since(WallTime before, std::size_t orders_max) override;

    // Not part of this simulation: they answer `unavailable`.
    Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange change) override;
    Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode> skus) override;
    Answer<std::vector<Offer>> set_offers(std::vector<Offer> offers) override;
    Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode> skus) override;
    Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale sale) override;
    Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId sale, domain::SaleState state,
                                                             WallTime at) override;
    Answer<std::optional<domain::Sale>> find_sale(SaleId sale) override;
    Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) override;
    Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t sequence, std::size_t entries_max) override;
    Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId order) override;
    Answer<std::vector<OutboxMessage>> outbox(std::int64_t after_position, std::size_t messages_max) override;
    Answer<std::monostate> outbox_sent(std::int64_t up_to_position) override;
    Answer<std::size_t> forget_outbox(WallTime before, std::size_t messages_max) override;
    Answer<KeysForgotten> forget_keys(WallTime before, std::optional<std::string> place,
                                      std::size_t records_max) override;

    const std::map<OrderId, domain::Order>& orders() const { return orders_; }
    const domain::StockLevel& level() const { return facts_.level; }
    std::int64_t restocked() const { return restocked_; }

    static constexpr const char* kSku = "rush-1";

private:
    domain::SkuFacts* sku(std::string_view code) override { return code == kSku ? &facts_ : nullptr; }
    domain::Sale* sale(SaleId) override { return nullptr; }
    std::int64_t units_held(const CustomerId&, SaleId, std::string_view) override { return 0; }
    domain::Verdict place_one(const domain::OrderRequest& request);
    domain::StepVerdict step_one(const domain::OrderStep& step);

    Faults& faults_;
    domain::SkuFacts facts_;
    std::map<OrderId, domain::Order> orders_;
    std::map<std::pair<CustomerId, std::string>, domain::Verdict> keys_;
    std::int64_t restocked_ = 0;
};

class SimJournal final : public ports::PaymentJournal {
public:
    explicit SimJournal(Faults& faults) : faults_(faults) {}

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

    const std::map<PaymentId, RefundIntent>& refunds() const { return refunds_; }
    const std::map<PaymentId, Entry>& entries() const { return entries_; }

private:
    Faults& faults_;
    std::map<PaymentId, Entry> entries_;
    std::map<PaymentId, RefundIntent> refunds_;
};

/// A bank at the end of a bad line: it hears late or never, its answers get lost, it tells twice or not at all, and
/// when `lies`, it now and then captures what it had said was voided (and tells).
class SimBank final : public ports::PaymentGateway {
public:
    SimBank(Faults& faults, bool lies) : faults_(faults), lies_(lies) {}

    struct Account {
        OrderId order;
        Status status = Status::not_known;
        int captures = 0;
        int refunds = 0;
    };

    Answer<Status> authorise(Charge charge, Instant deadline) override;
    Answer<Status> capture(PaymentId payment, Instant deadline) override;
    Answer<Status> void_payment(PaymentId payment, Instant deadline) override;
    Answer<Status> refund(PaymentId payment, Instant deadline) override;
    Answer<Status> query(PaymentId payment, Instant deadline) override;
    Answer<std::vector<Notification>> notifications(std::size_t notifications_max) override;
    Answer<std::monostate> acknowledge(std::vector<std::int64_t> positions) override;

    const std::map<PaymentId, Account>& accounts() const { return accounts_; }
    bool told_everything() const { return news_.empty(); }

private:
    Answer<Status> hear(std::function<Status()> work, Instant deadline);
    static Task<void> hear_later(std::function<Status()> work, milliseconds pause);
    Status take(PaymentId payment, bool tells_surely);
    Status charge_now(Charge charge);
    Status void_now(PaymentId payment);
    static Task<void> lie_later(SimBank* bank, PaymentId payment, milliseconds pause);

    Faults& faults_;
    bool lies_;
    std::map<PaymentId, Account> accounts_;
    std::map<std::int64_t, Notification> news_;
    std::int64_t next_news_ = 1;
};

}  // namespace marketday::simulation
