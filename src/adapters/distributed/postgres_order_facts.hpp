#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "adapters/distributed/postgres_order_rows.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "domain/placement.hpp"

namespace marketday::adapters {

/// Where the ledger goes on, as a batch found it (table ledger_head). Two readings of one server that have one version
/// belong to one state of stock, offers, sales, limits and keys.
struct LedgerHead {
    std::int64_t version = 0;
    std::int64_t epoch = 0;
    std::int64_t sequence = 0;
    Hash256 hash{};
    std::int64_t server = 0;  // when it was started, µs since 1970: another server may count on from an older version
    /// Of a head that was not read: the mark of the batch that writes it. Else another process may write its version.
    std::optional<std::int64_t> written_by{};
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
    /// Whether it is known what the customer holds, be it nothing.
    bool knows_units_held(const CustomerId& customer, SaleId sale, std::string_view sku) const;
    /// What was decided has been written: it is what the database has now.
    void settle();
    /// Takes over what `others` know, which are of the same version.
    void absorb(PostgresOrderFacts&& others);

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
        bool operator==(const LimitKey&) const = default;
    };
    struct LimitHash {
        std::size_t operator()(const LimitKey& key) const {
            return UuidHash{}(key.customer.uuid) ^ (static_cast<std::size_t>(key.sku_no) * 0x9e3779b97f4a7c15ULL) ^
                   static_cast<std::size_t>(key.sale_no);
        }
    };
    struct Held {
        std::int64_t units = 0;
        bool stored = false;  // the database was seen to have a row
        std::optional<WallTime> changed_at{};
    };
    const std::map<std::string, KnownSku, std::less<>>& skus() const { return skus_; }
    const std::map<SaleId, KnownSale>& sales() const { return sales_; }
    /// The limits that `hold` has changed since they were settled.
    const std::vector<LimitKey>& changed_limits() const { return changed_limits_; }
    const Held& held(const LimitKey& key) const { return limits_.at(key); }
    std::size_t limits_known() const { return limits_.size(); }

private:
    LimitKey limit_key(const CustomerId& customer, SaleId sale, std::string_view sku) const;

    std::map<std::string, KnownSku, std::less<>> skus_;
    std::map<SaleId, KnownSale> sales_;
    std::unordered_map<LimitKey, Held, LimitHash> limits_;
    std::vector<LimitKey> changed_limits_;
};

/// What this process knows of the database since its last batch, so that the next one need not ask: right while the
/// head's version stands, which is compared when it writes. And who ordered here lately by which key, which are worth a
/// look; others are taken for new, which the database's unique constraints verify. Of one executor.
class PostgresOrderMemory {
public:
    struct Known {
        LedgerHead head;
        PostgresOrderFacts facts;
    };
    /// Leaves nothing behind: whoever fails knows nothing any more. Nothing, too, when it is no longer fresh: a first
    /// statement that only reads finds out harmlessly that a connection has died meanwhile.
    std::optional<Known> take(Instant now);
    /// What is so now, or will be once the batch that was sent has been written.
    void keep(Known known, Instant now);
    /// That batch was not written, or nobody knows: what was decided on it is wrong.
    void forget() { known_.reset(), ++forgotten_; }
    /// How often that has happened.
    std::uint64_t forgotten() const { return forgotten_; }
    /// For a batch to leave in the database: nobody else's, and no other batch's.
    std::int64_t new_mark() { return static_cast<std::int64_t>(random_.u64() | 1); }

    bool may_have_ordered(const CustomerId& customer) const {
        return careful_batches_ > 0 || customers_.contains(customer);
    }
    bool may_have_used(std::string_view customer_and_key) const {
        return careful_batches_ > 0 || keys_.contains(std::hash<std::string_view>{}(customer_and_key));
    }
    void has_ordered(const CustomerId& customer, std::string_view customer_and_key);
    /// Somebody had ordered before who was not known to have: retries come by other processes, or customers come back.
    void was_surprised() { careful_batches_ = kCarefulBatches; }
    void batch_ended() { careful_batches_ -= careful_batches_ > 0 ? 1 : 0; }

private:
    static constexpr std::size_t kSkusMax = 2000;
    static constexpr std::size_t kLimitsMax = 100'000;  // about 10 MiB
    static constexpr std::size_t kLatelyMax = 100'000;  // of customers, and of keys; about 10 MiB
    static constexpr int kCarefulBatches = 16;
    static constexpr milliseconds kFresh{250};

    std::optional<Known> known_;
    Instant known_at_{};
    std::unordered_set<CustomerId> customers_;
    std::unordered_set<std::size_t> keys_;  // hashes of customer and key
    int careful_batches_ = 0;
    std::uint64_t forgotten_ = 0;
    SystemRandom random_;
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
