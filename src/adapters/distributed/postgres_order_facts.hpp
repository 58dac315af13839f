#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/distributed/postgres_order_rows.hpp"
#include "domain/placement.hpp"

namespace marketday::adapters {

/// Where the ledger goes on, as a batch found it (table ledger_head).
struct LedgerHead {
    std::int64_t version = 0;
    std::int64_t epoch = 0;
    std::int64_t sequence = 0;
    Hash256 hash{};
};

/// The statement that reads the head; with a lock that lasts to the transaction's end, or without.
PostgresStatement select_head(bool locked);
LedgerHead read_head(PostgresRows& rows);

/// What a batch is decided on: read once, worked on in memory by the domain's rules, and written back once.
class PostgresOrderFacts final : public domain::PlacementFacts {
public:
    domain::SkuFacts* sku(std::string_view code) override;
    domain::Sale* sale(SaleId sale) override;
    std::int64_t units_held(const CustomerId& customer, SaleId sale, std::string_view sku) override;

    std::int64_t sku_no(std::string_view code) const;  // of a SKU that is known
    std::int64_t sale_no(SaleId sale) const;           // of a sale that is known
    /// Changes what the customer holds by `units`.
    void hold(const CustomerId& customer, SaleId sale, std::string_view sku, std::int64_t units, WallTime at);

    /// sku, sku_no, price_minor, currency, hidden, weight_g, version, received … withdrawn, sale it is only sold in.
    void take_skus(PostgresRows& rows);
    void take_sales(std::vector<NumberedSale> sales);
    /// customer_id, sale_no, sku_no, units.
    void take_limits(PostgresRows& rows);

    struct KnownSku {
        std::int64_t number = 0;
        domain::SkuFacts facts;
        domain::StockLevel stored;
    };
    struct KnownSale {
        std::int64_t number = 0;
        domain::Sale sale;
        std::vector<std::int64_t> stored_taken;
    };
    struct LimitKey {
        CustomerId customer;
        std::int64_t sale_no = 0;
        std::int64_t sku_no = 0;
        auto operator<=>(const LimitKey&) const = default;
    };
    struct Held {
        std::int64_t units = 0;
        std::optional<WallTime> changed_at;
    };
    const std::map<std::string, KnownSku, std::less<>>& skus() const { return skus_; }
    const std::map<SaleId, KnownSale>& sales() const { return sales_; }
    const std::map<LimitKey, Held>& limits() const { return limits_; }

private:
    LimitKey limit_key(const CustomerId& customer, SaleId sale, std::string_view sku) const;

    std::map<std::string, KnownSku, std::less<>> skus_;
    std::map<SaleId, KnownSale> sales_;
    std::map<LimitKey, Held> limits_;
};

// The statements whose rows the facts take. `skus` are texts, the others uuids.
PostgresStatement select_skus(PostgresValue skus);
PostgresStatement select_skus_of_orders(PostgresValue orders);
PostgresStatement select_sales(PostgresValue sales);
PostgresStatement select_items(PostgresValue sales);
PostgresStatement select_sales_of_orders(PostgresValue orders);
PostgresStatement select_items_of_orders(PostgresValue orders);
/// What customers hold in sales; both arrays are of one length.
PostgresStatement select_limits(PostgresValue customers, PostgresValue sales);
PostgresStatement select_limits_of_orders(PostgresValue orders);

}  // namespace marketday::adapters
