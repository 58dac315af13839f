#include "adapters/distributed/postgres_order_facts.hpp"

#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

#define MARKETDAY_PG_SKU_COLUMNS                                                                            \
    "o.sku, o.sku_no, o.price_minor, o.currency, o.hidden, o.weight_g, o.version, k.received, k.available," \
    " k.reserved, k.sold, k.in_transfer, k.withdrawn, (SELECT s.sale_id FROM sale_items i JOIN sales s"     \
    " ON s.sale_no = i.sale_no WHERE i.sku_no = o.sku_no AND s.state <> 4 LIMIT 1)"

PostgresStatement with(const char* sql, PostgresValue one) {
    PostgresStatement statement{sql, {}};
    statement.values.push_back(std::move(one));
    return statement;
}

}  // namespace

PostgresStatement select_head(bool locked) {
#define MARKETDAY_PG_HEAD "SELECT version, epoch, sequence, hash, server_started_us() FROM ledger_head WHERE one = 1"
    return {locked ? MARKETDAY_PG_HEAD " FOR UPDATE" : MARKETDAY_PG_HEAD, {}};
}

LedgerHead read_head(PostgresRows& rows) {
    if (!rows.step()) throw PostgresError(PostgresError::Kind::broken, "", "the ledger has no head");
    return {rows.integer(0), rows.integer(1), rows.integer(2), rows.hash(3), rows.integer(4)};
}

PostgresStatement select_skus(PostgresValue skus) {
    return with("SELECT " MARKETDAY_PG_SKU_COLUMNS
                " FROM offers o JOIN stock k ON k.sku_no = o.sku_no WHERE o.sku = ANY ($1)",
                std::move(skus));
}
PostgresStatement select_skus_of_orders(PostgresValue orders) {
    return with("SELECT " MARKETDAY_PG_SKU_COLUMNS
                " FROM offers o JOIN stock k ON k.sku_no = o.sku_no"
                " WHERE o.sku_no IN (SELECT l.sku_no FROM order_lines l WHERE l.order_id = ANY ($1))",
                std::move(orders));
}
PostgresStatement select_sales(PostgresValue sales) {
    return with("SELECT " MARKETDAY_PG_SALE_COLUMNS " FROM sales s WHERE s.sale_id = ANY ($1)", std::move(sales));
}
PostgresStatement select_items(PostgresValue sales) {
    return with("SELECT " MARKETDAY_PG_ITEM_COLUMNS
                " FROM sales s JOIN sale_items i ON i.sale_no = s.sale_no JOIN offers o ON o.sku_no = i.sku_no"
                " WHERE s.sale_id = ANY ($1) ORDER BY i.sale_no, i.position",
                std::move(sales));
}
PostgresStatement select_sales_of_orders(PostgresValue orders) {
    return with("SELECT " MARKETDAY_PG_SALE_COLUMNS
                " FROM sales s WHERE s.sale_no IN (SELECT r.sale_no FROM orders r WHERE r.order_id = ANY ($1))",
                std::move(orders));
}
PostgresStatement select_items_of_orders(PostgresValue orders) {
    return with("SELECT " MARKETDAY_PG_ITEM_COLUMNS
                " FROM sale_items i JOIN offers o ON o.sku_no = i.sku_no"
                " WHERE i.sale_no IN (SELECT r.sale_no FROM orders r WHERE r.order_id = ANY ($1))"
                " ORDER BY i.sale_no, i.position",
                std::move(orders));
}
PostgresStatement select_limits(PostgresValue customers, PostgresValue sales) {
    auto statement = with(
        "SELECT l.customer_id, l.sale_no, l.sku_no, l.units FROM unnest($1::uuid[], $2::uuid[]) AS a (customer, sale)"
        " JOIN sales s ON s.sale_id = a.sale"
        " JOIN LATERAL (SELECT * FROM customer_limits c WHERE c.customer_id = a.customer AND c.sale_no = s.sale_no"
        " OFFSET 0) l ON true",
        std::move(customers));
    statement.values.push_back(std::move(sales));
    return statement;
}
PostgresStatement select_limits_of_orders(PostgresValue orders) {
    return with(
        "SELECT l.customer_id, l.sale_no, l.sku_no, l.units FROM orders r"
        " JOIN LATERAL (SELECT * FROM customer_limits c WHERE c.customer_id = r.customer_id AND c.sale_no = r.sale_no"
        " OFFSET 0) l ON true WHERE r.order_id = ANY ($1)",
        std::move(orders));
}

void PostgresOrderFacts::take_skus(PostgresRows& rows) {
    while (rows.step()) {
        KnownSku& known = skus_[rows.text(0)];
        known = {};
        known.number = rows.integer(1);
        if (!rows.is_null(2)) known.facts.price = Money{rows.integer(2), stored_currency(rows.text_view(3))};
        known.facts.hidden = rows.integer(4) != 0;
        known.facts.weight_g = rows.integer(5);
        known.facts.version = rows.integer(6);
        known.stored = {rows.integer(7),  rows.integer(8),  rows.integer(9),
                        rows.integer(10), rows.integer(11), rows.integer(12)};
        known.facts.level = known.stored;
        if (!rows.is_null(13)) known.facts.only_in_sale = SaleId{rows.uuid(13)};
    }
}

void PostgresOrderFacts::take_sales(std::vector<NumberedSale> sales) {
    for (auto& numbered : sales) {
        KnownSale& known = sales_[numbered.sale.id];
        known.number = numbered.number;
        known.sale = std::move(numbered.sale);
        known.stored_taken.clear();
        for (const auto& item : known.sale.items) known.stored_taken.push_back(item.taken);
    }
}

void PostgresOrderFacts::take_limits(PostgresRows& rows) {
    while (rows.step()) limits_[{CustomerId{rows.uuid(0)}, rows.integer(1), rows.integer(2)}] = {rows.integer(3), true};
}

void PostgresOrderFacts::settle() {
    for (const auto& key : changed_limits_) {
        Held& held = limits_[key];
        held = {held.units, true, std::nullopt};
    }
    changed_limits_.clear();
    for (auto& [code, known] : skus_) known.stored = known.facts.level;
    for (auto& [id, known] : sales_)
        for (std::size_t i = 0; i < known.stored_taken.size(); ++i) known.stored_taken[i] = known.sale.items[i].taken;
}

void PostgresOrderFacts::absorb(PostgresOrderFacts&& others) {
    for (auto& [code, known] : others.skus_) skus_.insert_or_assign(code, std::move(known));
    for (auto& [id, known] : others.sales_) sales_.insert_or_assign(id, std::move(known));
    for (const auto& [key, held] : others.limits_) limits_.insert_or_assign(key, held);
}

domain::SkuFacts* PostgresOrderFacts::sku(std::string_view code) {
    const auto found = skus_.find(code);
    return found == skus_.end() ? nullptr : &found->second.facts;
}

domain::Sale* PostgresOrderFacts::sale(SaleId sale) {
    const auto found = sales_.find(sale);
    return found == sales_.end() ? nullptr : &found->second.sale;
}

std::int64_t PostgresOrderFacts::sku_no(std::string_view code) const {
    const auto found = skus_.find(code);
    MD_ASSERT(found != skus_.end());
    return found->second.number;
}

std::int64_t PostgresOrderFacts::sale_no(SaleId sale) const {
    const auto found = sales_.find(sale);
    MD_ASSERT(found != sales_.end());
    return found->second.number;
}

PostgresOrderFacts::LimitKey PostgresOrderFacts::limit_key(const CustomerId& customer, SaleId sale,
                                                           std::string_view sku) const {
    return {customer, sale_no(sale), sku_no(sku)};
}

std::int64_t PostgresOrderFacts::units_held(const CustomerId& customer, SaleId sale, std::string_view sku) {
    const auto found = limits_.find(limit_key(customer, sale, sku));
    return found == limits_.end() ? 0 : found->second.units;
}

bool PostgresOrderFacts::knows_units_held(const CustomerId& customer, SaleId sale, std::string_view sku) const {
    return limits_.contains(limit_key(customer, sale, sku));
}

void PostgresOrderFacts::hold(const CustomerId& customer, SaleId sale, std::string_view sku, std::int64_t units,
                              WallTime at) {
    const LimitKey key = limit_key(customer, sale, sku);
    Held& held = limits_[key];
    held.units += units;
    if (!std::exchange(held.changed_at, at)) changed_limits_.push_back(key);
}

std::optional<PostgresOrderMemory::Known> PostgresOrderMemory::take(Instant now) {
    auto known = std::exchange(known_, std::nullopt);
    return now - known_at_ <= kFresh ? std::move(known) : std::nullopt;
}

void PostgresOrderMemory::keep(Known known, Instant now) {
    if (known.facts.skus().size() > kSkusMax || known.facts.limits_known() > kLimitsMax) return;
    known_ = std::move(known);
    known_at_ = now;
}

void PostgresOrderMemory::has_ordered(const CustomerId& customer, std::string_view customer_and_key) {
    if (customers_.size() >= kLatelyMax) customers_.clear();
    if (keys_.size() >= kLatelyMax) keys_.clear();
    customers_.insert(customer);
    keys_.insert(std::hash<std::string_view>{}(customer_and_key));
}

}  // namespace marketday::adapters
