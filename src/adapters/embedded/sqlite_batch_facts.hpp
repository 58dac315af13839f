#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/embedded/sqlite_customer_memory.hpp"
#include "domain/placement.hpp"

namespace marketday::adapters {

/// The rows that one batch touches, each read once, worked on in memory by the domain's rules and written back once.
class SqliteBatchFacts final : public domain::PlacementFacts {
public:
    SqliteBatchFacts(SqliteConnection& connection, CustomerMemory& memory) : connection_(connection), memory_(memory) {}

    domain::SkuFacts* sku(std::string_view code) override;
    domain::Sale* sale(SaleId sale) override;
    std::int64_t units_held(const CustomerId& customer, SaleId sale, std::string_view sku) override;

    std::int64_t sku_no(std::string_view code);  // of a SKU that is known
    std::int64_t sale_no(SaleId sale);           // of a sale that is known
    /// What the customer will hold in the sale after a change by `units`, for CustomerMemory::remember.
    CustomerMemory::Held held_after(const CustomerId& customer, SaleId sale, std::string_view sku, std::int64_t units);
    /// Writes every level and sale item that changed.
    void write_back();

private:
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
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    KnownSku* known_sku(std::string_view code);
    KnownSale* known_sale(SaleId sale);

    SqliteConnection& connection_;
    CustomerMemory& memory_;
    // The last limit that was looked up: deciding about a line and writing it ask for the same one.
    std::optional<std::pair<CustomerId, CustomerMemory::LimitKey>> last_limit_;
    std::int64_t last_units_ = 0;
    // Node-based: the rules hold pointers into them while more are loaded.
    std::unordered_map<std::string, KnownSku, TextHash, std::equal_to<>> skus_;
    std::map<SaleId, KnownSale> sales_;
};

/// The sale in this row set, with its items: columns sale_no, sale_id, name_json, state, opens_ms, closes_ms,
/// line_enabled, line_draw, admissions_per_s_max, admission_valid_s.
domain::Sale read_sale_row(SqliteConnection& connection, const SqliteQuery& row);

/// The key of a customer's limit record: sale and SKU numbers, big-endian.
std::array<std::uint8_t, 16> limit_key(std::int64_t sale_no, std::int64_t sku_no);

}  // namespace marketday::adapters
