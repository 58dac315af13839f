#include "adapters/embedded/sqlite_batch_facts.hpp"

#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

Currency stored_currency(std::string_view code) {
    const auto currency = Currency::parse(code);
    if (!currency) throw SqliteError{SQLITE_CORRUPT, "a stored currency is unknown"};
    return *currency;
}

}  // namespace

std::array<std::uint8_t, 16> limit_key(std::int64_t sale_no, std::int64_t sku_no) {
    std::array<std::uint8_t, 16> key;
    for (std::size_t i = 0; i < 8; ++i) {
        key[i] = static_cast<std::uint8_t>(sale_no >> (56 - 8 * i));
        key[8 + i] = static_cast<std::uint8_t>(sku_no >> (56 - 8 * i));
    }
    return key;
}

domain::Sale read_sale_row(SqliteConnection& connection, const SqliteQuery& row) {
    domain::Sale sale;
    const std::int64_t number = row.integer(0);
    sale.id = SaleId{row.uuid(1)};
    sale.name_json = row.text(2);
    sale.state = static_cast<domain::SaleState>(row.integer(3));
    sale.opens_at = from_unix_ms(row.integer(4));
    if (!row.is_null(5)) sale.closes_at = from_unix_ms(row.integer(5));
    sale.line.enabled = row.integer(6) != 0;
    sale.line.draw = row.integer(7) != 0;
    sale.line.admissions_per_s_max = row.integer(8);
    sale.line.admission_valid = seconds{row.integer(9)};
    auto items = connection.query(
        "SELECT o.sku, i.units, i.price_minor, i.currency, i.limit_per_customer, i.taken FROM sale_items i"
        " JOIN offers o ON o.sku_no = i.sku_no WHERE i.sale_no = ?1 ORDER BY i.position",
        number);
    while (items.step()) {
        const Money price{items.integer(2), stored_currency(items.text_view(3))};
        sale.items.push_back({items.text(0), items.integer(1), price, items.integer(4), items.integer(5)});
    }
    return sale;
}

SqliteBatchFacts::KnownSku* SqliteBatchFacts::known_sku(std::string_view code) {
    if (const auto known = skus_.find(code); known != skus_.end())
        return known->second.number != 0 ? &known->second : nullptr;
    KnownSku known;  // Noted when all of it is known: what fails half-way must not look like a SKU that is none.
    {
        auto row = connection_.query(
            "SELECT o.sku_no, o.price_minor, o.currency, o.hidden, o.weight_g, o.version, s.received, s.available,"
            " s.reserved, s.sold, s.in_transfer, s.withdrawn FROM offers o JOIN stock s ON s.sku_no = o.sku_no"
            " WHERE o.sku = ?1",
            code);
        if (!row.step()) {
            skus_.emplace(std::string{code}, std::move(known));
            return nullptr;
        }
        known.number = row.integer(0);
        if (!row.is_null(1)) known.facts.price = Money{row.integer(1), stored_currency(row.text_view(2))};
        known.facts.hidden = row.integer(3) != 0;
        known.facts.weight_g = row.integer(4);
        known.facts.version = row.integer(5);
        known.stored = {row.integer(6), row.integer(7),  row.integer(8),
                        row.integer(9), row.integer(10), row.integer(11)};
        known.facts.level = known.stored;
    }
    auto in_sale = connection_.query(
        "SELECT s.sale_id FROM sale_items i JOIN sales s ON s.sale_no = i.sale_no WHERE i.sku_no = ?1 AND s.state <> 4"
        " LIMIT 1",
        known.number);
    if (in_sale.step()) known.facts.only_in_sale = SaleId{in_sale.uuid(0)};
    return &skus_.emplace(std::string{code}, std::move(known)).first->second;
}

SqliteBatchFacts::KnownSale* SqliteBatchFacts::known_sale(SaleId sale) {
    if (const auto known = sales_.find(sale); known != sales_.end())
        return known->second.number != 0 ? &known->second : nullptr;
    KnownSale known;
    auto row = connection_.query(
        "SELECT sale_no, sale_id, name_json, state, opens_ms, closes_ms, line_enabled, line_draw, admissions_per_s_max,"
        " admission_valid_s FROM sales WHERE sale_id = ?1",
        sale);
    if (!row.step()) {
        sales_.emplace(sale, std::move(known));
        return nullptr;
    }
    known.number = row.integer(0);
    known.sale = read_sale_row(connection_, row);
    for (const auto& item : known.sale.items) known.stored_taken.push_back(item.taken);
    return &sales_.emplace(sale, std::move(known)).first->second;
}

domain::SkuFacts* SqliteBatchFacts::sku(std::string_view code) {
    KnownSku* known = known_sku(code);
    return known != nullptr ? &known->facts : nullptr;
}

domain::Sale* SqliteBatchFacts::sale(SaleId sale) {
    KnownSale* known = known_sale(sale);
    return known != nullptr ? &known->sale : nullptr;
}

std::int64_t SqliteBatchFacts::sku_no(std::string_view code) {
    const KnownSku* known = known_sku(code);
    MD_ASSERT(known != nullptr);
    return known->number;
}

std::int64_t SqliteBatchFacts::sale_no(SaleId sale) {
    const KnownSale* known = known_sale(sale);
    MD_ASSERT(known != nullptr);
    return known->number;
}

std::int64_t SqliteBatchFacts::units_held(const CustomerId& customer, SaleId sale, std::string_view sku) {
    const auto key = limit_key(sale_no(sale), sku_no(sku));
    if (last_limit_ && last_limit_->first == customer && last_limit_->second == key) return last_units_;
    last_units_ = memory_.units_held(connection_, customer, key);
    last_limit_ = {customer, key};
    return last_units_;
}

CustomerMemory::Held SqliteBatchFacts::held_after(const CustomerId& customer, SaleId sale, std::string_view sku,
                                                  std::int64_t units) {
    const CustomerMemory::Held held{limit_key(sale_no(sale), sku_no(sku)), units_held(customer, sale, sku) + units};
    last_limit_.reset();
    return held;
}

void SqliteBatchFacts::write_back() {
    for (auto& [code, known] : skus_) {
        if (known.number == 0 || known.facts.level == known.stored) continue;
        const auto& level = known.facts.level;
        MD_ASSERT(level.is_consistent());
        connection_.run(
            "UPDATE stock SET received = ?2, available = ?3, reserved = ?4, sold = ?5, in_transfer = ?6, withdrawn = ?7"
            " WHERE sku_no = ?1",
            known.number, level.received, level.available, level.reserved, level.sold, level.in_transfer,
            level.withdrawn);
        known.stored = level;
    }
    for (auto& [id, known] : sales_) {
        for (std::size_t i = 0; i < known.stored_taken.size(); ++i) {
            if (known.sale.items[i].taken == known.stored_taken[i]) continue;
            connection_.run("UPDATE sale_items SET taken = ?3 WHERE sale_no = ?1 AND position = ?2", known.number,
                            static_cast<std::int64_t>(i), known.sale.items[i].taken);
            known.stored_taken[i] = known.sale.items[i].taken;
        }
    }
}

}  // namespace marketday::adapters
