#include "adapters/distributed/postgres_order_batch.hpp"

#include "adapters/stored/order_text.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

std::optional<std::int64_t> ms_of(const std::optional<WallTime>& time) {
    return time ? std::optional{to_unix_ms(*time)} : std::nullopt;
}

}  // namespace

domain::Receipt PostgresOrderBatch::append(const Change& change) {
    const Hash256 previous = last_.hash;
    ++last_.sequence;
    last_.at = change.at;
    last_.movement = change.movement;
    last_.sku.assign(change.sku);
    last_.units = change.units;
    last_.order = change.order;
    last_.hash = domain::chain(previous, last_);
    entries_.sequence.add(last_.sequence);
    entries_.at.add(to_unix_ms(change.at));
    entries_.movement.add(static_cast<std::int64_t>(change.movement));
    entries_.sku.add(facts_.sku_no(change.sku));
    entries_.units.add(change.units);
    if (change.order.uuid.is_nil())
        entries_.order.add_null();
    else
        entries_.order.add(change.order);
    entries_.hash.add(last_.hash);
    if (change.reason.empty())
        entries_.reason.add_null();
    else
        entries_.reason.add(change.reason);
    entries_.by_order.add(change.find_by_order ? 1 : 0);
    return {last_.sequence, last_.hash};
}

void PostgresOrderBatch::add_order(const domain::OrderRequest& request, const domain::Granted& granted,
                                   const std::vector<std::int64_t>& price_versions) {
    orders_.order.add(request.order);
    orders_.customer.add(request.customer);
    if (request.sale)
        orders_.sale.add(facts_.sale_no(*request.sale));
    else
        orders_.sale.add_null();
    orders_.placed.add(to_unix_ms(request.placed_at));
    orders_.hold.add(to_unix_ms(request.hold_until));
    orders_.total.add(granted.total.amount_minor);
    orders_.shipping.add(granted.shipping.amount_minor);
    orders_.currency.add(granted.total.currency.code());
    orders_.receipt.add(granted.receipt.sequence);
    orders_.hash.add(granted.receipt.hash);
    orders_.address.add(address_to_json(request.address));
    for (std::size_t i = 0; i < request.lines.size(); ++i) {
        const auto& line = request.lines[i];
        lines_.order.add(request.order);
        lines_.number.add(static_cast<std::int64_t>(i));
        lines_.sku.add(facts_.sku_no(line.sku));
        lines_.quantity.add(line.quantity);
        lines_.price.add(line.unit_price_minor);
        lines_.version.add(price_versions[i]);
    }
}

void PostgresOrderBatch::change_order(const domain::Order& order) {
    changed_.order.add(order.id);
    changed_.state.add(static_cast<std::int64_t>(order.state));
    changed_.updated.add(to_unix_ms(order.updated_at));
    changed_.hold.add(to_unix_ms(order.hold_until));
    changed_.payment.add(order.payment);
    changed_.captured.add(ms_of(order.captured_at));
    changed_.refunded.add(ms_of(order.refunded_at));
    if (order.tracking.empty())
        changed_.tracking.add_null();
    else
        changed_.tracking.add(order.tracking);
}

void PostgresOrderBatch::add_key(const domain::OrderRequest& request, const std::optional<OrderId>& order,
                                 const std::optional<std::string>& refusal) {
    keys_.customer.add(request.customer);
    keys_.key.add(request.key);
    keys_.at.add(to_unix_ms(request.placed_at));
    keys_.hash.add(std::span<const std::uint8_t>{request.request_hash});
    keys_.order.add(order);
    keys_.refusal.add(refusal);
}

LedgerHead PostgresOrderBatch::next_head() const {
    return {head_.version + 1, last_.epoch, last_.sequence, last_.hash, head_.server, mark_};
}

PostgresStatement PostgresOrderBatch::statement(const EventMessage& events, WallTime at) {
    struct Limits {
        PostgresArray customer{Of::uuids}, sale{Of::integers}, sku{Of::integers}, units{Of::integers};
        PostgresArray at{Of::integers};
    } added, changed;
    for (const auto& key : facts_.changed_limits()) {
        const auto& held = facts_.held(key);
        Limits& to = held.stored ? changed : added;
        to.customer.add(key.customer), to.sale.add(key.sale_no), to.sku.add(key.sku_no), to.units.add(held.units);
        to.at.add(to_unix_ms(*held.changed_at));
    }
    PostgresArray s_sku{Of::integers}, s_received{Of::integers}, s_available{Of::integers}, s_reserved{Of::integers},
        s_sold{Of::integers}, s_transfer{Of::integers}, s_withdrawn{Of::integers};
    for (const auto& [code, known] : facts_.skus()) {
        const auto& level = known.facts.level;
        if (level == known.stored) continue;
        MD_ASSERT(level.is_consistent());
        s_sku.add(known.number), s_received.add(level.received), s_available.add(level.available);
        s_reserved.add(level.reserved), s_sold.add(level.sold), s_transfer.add(level.in_transfer);
        s_withdrawn.add(level.withdrawn);
    }
    PostgresArray t_sale{Of::integers}, t_position{Of::integers}, t_taken{Of::integers};
    for (const auto& [id, known] : facts_.sales()) {
        for (std::size_t i = 0; i < known.stored_taken.size(); ++i) {
            if (known.sale.items[i].taken == known.stored_taken[i]) continue;
            t_sale.add(known.number), t_position.add(static_cast<std::int64_t>(i));
            t_taken.add(known.sale.items[i].taken);
        }
    }
    return PostgresSession::statement(
        "SELECT write_batch_after($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
        "$19, $20, "
        "$21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, "
        "$43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, "
        "$65, $66, $67, $68, $69)",
        head_.written_by, mark_, head_.server, head_.version, last_.sequence, last_.hash, orders_.order.take(),
        orders_.customer.take(), orders_.sale.take(), orders_.placed.take(), orders_.hold.take(), orders_.total.take(),
        orders_.shipping.take(), orders_.currency.take(), orders_.receipt.take(), orders_.hash.take(),
        orders_.address.take(), lines_.order.take(), lines_.number.take(), lines_.sku.take(), lines_.quantity.take(),
        lines_.price.take(), lines_.version.take(), changed_.order.take(), changed_.state.take(),
        changed_.updated.take(), changed_.hold.take(), changed_.payment.take(), changed_.captured.take(),
        changed_.refunded.take(), changed_.tracking.take(), keys_.customer.take(), keys_.key.take(), keys_.at.take(),
        keys_.hash.take(), keys_.order.take(), keys_.refusal.take(), added.customer.take(), added.sale.take(),
        added.sku.take(), added.units.take(), added.at.take(), changed.customer.take(), changed.sale.take(),
        changed.sku.take(), changed.units.take(), changed.at.take(), s_sku.take(), s_received.take(),
        s_available.take(), s_reserved.take(), s_sold.take(), s_transfer.take(), s_withdrawn.take(), t_sale.take(),
        t_position.take(), t_taken.take(), entries_.sequence.take(), entries_.at.take(), entries_.movement.take(),
        entries_.sku.take(), entries_.units.take(), entries_.order.take(), entries_.hash.take(), entries_.reason.take(),
        entries_.by_order.take(), to_unix_ms(at), events.topic(), events.text());
}

}  // namespace marketday::adapters
