// How a batch of orders, or of steps, is decided and written.

#include <algorithm>
#include <set>
#include <unordered_map>

#include "adapters/distributed/postgres_order_batch.hpp"
#include "adapters/stored/order_events.hpp"
#include "adapters/stored/order_text.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using domain::OrderRequest;
using domain::Refusal;
using domain::Refused;
using domain::Verdict;
using Of = PostgresArray::Of;

Instant now() { return std::chrono::steady_clock::now(); }

PostgresStatement select_keys(PostgresValue customers, PostgresValue keys) {
    return PostgresSession::statement(
        "SELECT k.customer_id, k.key, k.request_hash, k.order_id, k.refusal, o.total_minor, o.shipping_minor,"
        " o.currency, o.hold_ms, o.receipt_seq, o.receipt_hash"
        " FROM unnest($1::uuid[], $2::text[]) AS a (customer, key)"
        " JOIN LATERAL (SELECT * FROM idempotency_keys i WHERE i.customer_id = a.customer AND i.key = a.key OFFSET 0) k"
        " ON true LEFT JOIN LATERAL (SELECT * FROM orders r WHERE r.order_id = k.order_id OFFSET 0) o ON true",
        customers, keys);
}

class Placing {
public:
    Placing(const ShopTerms& terms, const Uuid& batch, PostgresOrderMemory& memory)
        : terms_(terms), events_("reservations", batch), memory_(memory), forgotten_(memory.forgotten()) {}

    /// Whether it asks for the head, and so for everything.
    bool begins_anew() const { return !head_; }
    /// What it knows has turned out not to be so.
    bool is_deceived() const { return memory_.forgotten() != forgotten_; }

    /// What has to be asked: goods and sales, unless all are known, and what those did before who may have ordered.
    std::vector<PostgresStatement> questions(const std::vector<OrderRequest>& requests, bool locked) {
        std::vector<PostgresStatement> questions;
        auto known = memory_.take(now());
        if (known && !locked && knows_all_goods(known->facts, requests))
            facts_ = std::move(known->facts), head_ = known->head;
        else
            ask_for_goods(questions, requests, locked);
        PostgresArray limit_customers{Of::uuids}, limit_sales{Of::uuids};
        PostgresArray customers{Of::uuids}, keys{Of::texts};
        for (const auto& request : requests) {
            if (locked || memory_.may_have_used(key_of(request.customer, request.key)))
                customers.add(request.customer), keys.add(request.key);
            if (request.sale && (locked || memory_.may_have_ordered(request.customer)) && !knows_limits(request))
                limit_customers.add(request.customer), limit_sales.add(*request.sale);
        }
        if ((asks_for_limits_ = !limit_customers.empty()))
            questions.push_back(select_limits(limit_customers.take(), limit_sales.take()));
        if ((asks_for_keys_ = !keys.empty())) questions.push_back(select_keys(customers.take(), keys.take()));
        return questions;
    }

    void take(std::vector<PostgresRows> answers) {
        auto next = answers.begin();
        if (!head_) {
            head_ = read_head(*next++);
            facts_.take_skus(*next++);
            const auto sales = next++;
            facts_.take_sales(read_sales(*sales, *next++));
        }
        if (asks_for_limits_) facts_.take_limits(*next++);
        if (asks_for_keys_)
            for (auto& rows = *next; rows.step();) known_[key_of(CustomerId{rows.uuid(0)}, rows.text(1))] = read(rows);
        batch_.emplace(*head_, facts_, memory_.new_mark());
    }

    Verdict place(const OrderRequest& request) {
        const auto known = known_.find(key_of(request.customer, request.key));
        if (known != known_.end()) {
            if (known->second.request_hash != request.request_hash) return {Refused{Refusal::key_reused, {}}, false};
            return {known->second.outcome, true};
        }
        auto decision = domain::decide(request, terms_.currency, terms_.shipping, facts_);
        Verdict verdict;
        if (auto* refused = std::get_if<Refused>(&decision)) {
            batch_->add_key(request, std::nullopt, refusal_to_json(*refused));
            verdict.outcome = std::move(*refused);
        } else {
            verdict.outcome = take_grant(request, std::get<domain::Grant>(decision));
        }
        known_[key_of(request.customer, request.key)] = {request.request_hash, verdict.outcome};
        return verdict;
    }

    PostgresStatement statement(WallTime at) { return batch_->statement(events_, at); }
    void remember_as_read() { memory_.keep({*head_, std::move(facts_)}, now()); }
    /// It is being written.
    void remember(const std::vector<OrderRequest>& requests) {
        for (const auto& request : requests)
            memory_.has_ordered(request.customer, key_of(request.customer, request.key));
        facts_.settle();
        memory_.keep({batch_->next_head(), std::move(facts_)}, now());
    }

private:
    static bool knows_all_goods(PostgresOrderFacts& facts, const std::vector<OrderRequest>& requests) {
        return std::ranges::all_of(requests, [&](const OrderRequest& request) {
            return (!request.sale || facts.sale(*request.sale) != nullptr) &&
                   std::ranges::all_of(request.lines, [&](const auto& line) { return facts.sku(line.sku) != nullptr; });
        });
    }
    static void ask_for_goods(std::vector<PostgresStatement>& questions, const std::vector<OrderRequest>& requests,
                              bool locked) {
        std::set<std::string_view> skus;
        std::set<SaleId> sales;
        for (const auto& request : requests) {
            for (const auto& line : request.lines) skus.insert(line.sku);
            if (request.sale) sales.insert(*request.sale);
        }
        PostgresArray codes{Of::texts};
        PostgresArray ids{Of::uuids};
        for (const auto& sku : skus) codes.add(sku);
        for (const auto& sale : sales) ids.add(sale);
        const PostgresValue sale_ids = ids.take();
        questions.push_back(select_head(locked));
        questions.push_back(select_skus(codes.take()));
        questions.push_back(select_sales(sale_ids));
        questions.push_back(select_items(sale_ids));
    }
    bool knows_limits(const OrderRequest& request) const {
        return head_ && std::ranges::all_of(request.lines, [&](const auto& line) {
                   return facts_.knows_units_held(request.customer, *request.sale, line.sku);
               });
    }

    struct Known {
        domain::RequestHash request_hash{};
        decltype(Verdict::outcome) outcome;
    };
    static std::string key_of(const CustomerId& customer, std::string_view key) {
        return std::string{reinterpret_cast<const char*>(customer.uuid.bytes.data()), 16}.append(key);
    }

    static Known read(const PostgresRows& row) {
        Known known;
        const auto hash = row.blob(2);
        if (hash.size() == known.request_hash.size()) std::ranges::copy(hash, known.request_hash.begin());
        if (row.is_null(3)) {
            known.outcome = refusal_from_json(row.text_view(4));
            return known;
        }
        if (row.is_null(5))
            throw PostgresError(PostgresError::Kind::broken, "", "an idempotency key names an order that is not there");
        const Currency currency = stored_currency(row.text_view(7));
        known.outcome = domain::Granted{OrderId{row.uuid(3)},
                                        {row.integer(5), currency},
                                        {row.integer(6), currency},
                                        from_unix_ms(row.integer(8)),
                                        {row.integer(9), row.hash(10)}};
        return known;
    }

    domain::Granted take_grant(const OrderRequest& request, const domain::Grant& grant) {
        domain::Granted granted{request.order, grant.total, grant.shipping, request.hold_until, {}};
        for (std::size_t i = 0; i < request.lines.size(); ++i) {
            const auto& line = request.lines[i];
            const domain::Receipt entry = batch_->append({.at = request.placed_at,
                                                          .movement = domain::Movement::reserve,
                                                          .sku = line.sku,
                                                          .units = line.quantity,
                                                          .order = request.order});
            if (i == 0) granted.receipt = entry;
            if (request.sale) facts_.hold(request.customer, *request.sale, line.sku, line.quantity, request.placed_at);
        }
        batch_->add_order(request, granted, grant.price_versions);
        batch_->add_key(request, request.order, std::nullopt);
        add_reserved_event(events_, request, grant.total);
        return granted;
    }

    const ShopTerms& terms_;
    EventMessage events_;
    PostgresOrderMemory& memory_;
    std::uint64_t forgotten_;
    std::optional<LedgerHead> head_;
    PostgresOrderFacts facts_;
    bool asks_for_limits_ = false;
    bool asks_for_keys_ = false;
    std::unordered_map<std::string, Known> known_;
    std::optional<PostgresOrderBatch> batch_;
};

class Stepping {
public:
    Stepping(const Uuid& batch, std::int64_t mark) : events_("orders", batch), mark_(mark) {}

    static std::vector<PostgresStatement> questions(const std::vector<domain::OrderStep>& steps, bool locked) {
        PostgresArray ids{Of::uuids};
        for (const auto& step : steps) ids.add(step.order);
        const PostgresValue orders = ids.take();
        std::vector<PostgresStatement> questions;
        questions.push_back(select_head(locked));
        questions.push_back(PostgresSession::statement(
            "SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id = ANY ($1)",
            orders));
        questions.push_back(PostgresSession::statement(
            "SELECT l.order_id, f.sku, l.quantity, l.unit_price_minor, l.price_version FROM order_lines l"
            " JOIN offers f ON f.sku_no = l.sku_no WHERE l.order_id = ANY ($1) ORDER BY l.order_id, l.line_no",
            orders));
        questions.push_back(select_skus_of_orders(orders));
        questions.push_back(select_sales_of_orders(orders));
        questions.push_back(select_items_of_orders(orders));
        questions.push_back(select_limits_of_orders(orders));
        return questions;
    }

    void take(std::vector<PostgresRows> answers) {
        auto orders = read_orders(answers[1]);
        read_lines(answers[2], orders);
        for (auto& order : orders) orders_.emplace(order.id, std::move(order));
        facts_.take_skus(answers[3]);
        facts_.take_sales(read_sales(answers[4], answers[5]));
        facts_.take_limits(answers[6]);
        batch_.emplace(read_head(answers[0]), facts_, mark_);
    }

    domain::StepVerdict step(const domain::OrderStep& step) {
        const auto found = orders_.find(step.order);
        if (found == orders_.end()) return fail(domain::StepRefusal::not_found);
        domain::Order& order = found->second;
        const bool units_remain = step.step == domain::Step::payment_captured && !domain::holds_units(order.state) &&
                                  domain::can_hold_again(order, facts_);
        auto plan = domain::plan_step(order, step, units_remain);
        if (!plan) return fail(plan.error());
        std::optional<domain::Receipt> receipt;
        if (plan->changed) {
            receipt = move_units(order, *plan, step);
            domain::apply_step(order, *plan, step);
            changed_[order.id] = true;
            add_order_event(events_, order, step);
        }
        return domain::StepDone{
            .order = order, .changed = plan->changed, .refund_due = plan->refund_due, .receipt = receipt};
    }

    bool anything_changed() const { return !changed_.empty(); }
    /// It was written.
    void remember(PostgresOrderMemory& memory, std::optional<PostgresOrderMemory::Known> before) {
        facts_.settle();
        const LedgerHead& read = batch_->head();
        if (!before || before->head.version != read.version || before->head.server != read.server) before.emplace();
        before->facts.absorb(std::move(facts_));
        before->facts.settle();
        before->head = batch_->next_head();
        memory.keep(std::move(*before), now());
    }
    PostgresStatement statement(WallTime at) {
        // Each order once, as it is after its last step: two rows of one order in one statement have no order.
        for (const auto& [id, changed] : changed_) batch_->change_order(orders_.at(id));
        return batch_->statement(events_, at);
    }

private:
    std::optional<domain::Receipt> move_units(const domain::Order& order, const domain::StepPlan& plan,
                                              const domain::OrderStep& step) {
        std::optional<domain::Receipt> first;
        for (const domain::Movement movement : plan.movements) {
            for (const auto& line : order.lines) {
                domain::SkuFacts* sku = facts_.sku(line.sku);
                MD_ASSERT(sku != nullptr);
                const bool moved = domain::apply(sku->level, movement, line.quantity);
                MD_ASSERT(moved);
                const domain::Receipt entry = batch_->append({.at = step.at,
                                                              .movement = movement,
                                                              .sku = line.sku,
                                                              .units = line.quantity,
                                                              .order = order.id,
                                                              .find_by_order = true});
                if (!first) first = entry;
            }
        }
        if (plan.limit_use == 0 || !order.sale) return first;
        for (const auto& line : order.lines) {
            facts_.hold(order.customer, *order.sale, line.sku, plan.limit_use * line.quantity, step.at);
            for (auto& item : facts_.sale(*order.sale)->items)
                if (item.sku == line.sku) item.taken += plan.limit_use * line.quantity;
        }
        return first;
    }

    EventMessage events_;
    std::int64_t mark_;
    PostgresOrderFacts facts_;
    std::map<OrderId, domain::Order> orders_;
    std::map<OrderId, bool> changed_;
    std::optional<PostgresOrderBatch> batch_;
};

}  // namespace

Task<void> send_last(PostgresSession& session, bool locked, PostgresStatement statement) {
    if (locked)
        co_await session.finish_with(std::move(statement));
    else
        co_await session.commit_with(std::move(statement));
}

Task<DecidedOrders> decide_orders(PostgresSession& session, bool locked, PostgresOrderTurns& turns,
                                  const ShopTerms& terms, const Uuid& batch,
                                  const std::vector<OrderRequest>& requests) {
    std::optional<Placing> placing;
    placing.emplace(terms, batch, turns.memory());
    auto questions = placing->questions(requests, locked);
    if (placing->begins_anew() && turns.any_unanswered()) {
        // The head is that of what has been committed: of the batches that are being written it knows nothing. Of
        // limits and keys it matters not: those that these batches touch are known here, and all of them.
        co_await turns.all_answered(session.deadline());
        if (placing->is_deceived()) {
            placing.emplace(terms, batch, turns.memory());
            questions = placing->questions(requests, locked);
        }
    }
    std::vector<PostgresRows> answers;
    if (!questions.empty()) answers = co_await session.query_all(std::move(questions));
    placing->take(std::move(answers));
    DecidedOrders decided;
    decided.verdicts.reserve(requests.size());
    bool all_repeated = true;
    for (const auto& request : requests) {
        decided.verdicts.push_back(placing->place(request));
        const auto* refused = std::get_if<Refused>(&decided.verdicts.back().outcome);
        all_repeated &=
            decided.verdicts.back().repeated || (refused != nullptr && refused->reason == Refusal::key_reused);
    }
    if (all_repeated) {
        placing->remember_as_read();
    } else {
        decided.last = placing->statement(requests.back().placed_at);
        placing->remember(requests);
    }
    co_return decided;
}

Task<std::vector<domain::StepVerdict>> take_steps(PostgresSession& session, bool locked, PostgresOrderMemory& memory,
                                                  const Uuid& batch, const std::vector<domain::OrderStep>& steps) {
    auto before = memory.take(now());
    Stepping stepping(batch, memory.new_mark());
    auto questions = Stepping::questions(steps, locked);
    auto answers = co_await session.query_all(std::move(questions));
    stepping.take(std::move(answers));
    std::vector<domain::StepVerdict> verdicts;
    verdicts.reserve(steps.size());
    for (const auto& step : steps) verdicts.push_back(stepping.step(step));
    if (!stepping.anything_changed()) {
        if (before) memory.keep(std::move(*before), now());
        co_return verdicts;
    }
    auto last = stepping.statement(steps.back().at);
    co_await send_last(session, locked, std::move(last));
    stepping.remember(memory, std::move(before));
    co_return verdicts;
}

}  // namespace marketday::adapters
