#include "adapters/embedded/sqlite_tree_names.hpp"

#include <algorithm>
#include <utility>

#include "adapters/embedded/sqlite_customer_news.hpp"

namespace marketday::adapters {
namespace {

constexpr std::int64_t kKindOfLimits = 1;
constexpr std::int64_t kKindOfKeys = 2;
constexpr std::size_t kGrowth = 4;

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::optional<std::uint64_t> hash_of_row(const SqliteQuery& row) {
    const CustomerId customer{row.uuid(0)};
    const auto key = row.blob(2);
    if (row.integer(1) == kKindOfKeys)
        return CustomerNews::hash_of(customer, std::string_view{reinterpret_cast<const char*>(key.data()), key.size()});
    CustomerNews::LimitKey limit{};
    if (row.integer(1) != kKindOfLimits || key.size() != limit.size()) return std::nullopt;
    std::ranges::copy(key, limit.begin());
    return CustomerNews::hash_of(customer, limit);
}

}  // namespace

void TreeNames::add(std::uint64_t hash) {
    if (known_) known_->add(hash);
    if (learning_) learning_->add(hash);
    if (known_ && known_->is_full() && !learning_) {
        learning_.emplace(kGrowth * known_->entries_max());
        customer_.clear(), key_.clear(), kind_ = 0;
    }
}

void TreeNames::learn(SqliteConnection& connection, std::int64_t rows_max) {
    if (!learning_) return;
    std::int64_t rows = 0;
    {
        auto row = connection.query(
            "SELECT customer_id, kind, key FROM customer_records WHERE (customer_id, kind, key) > (?1, ?2, ?3)"
            " ORDER BY customer_id, kind, key LIMIT ?4",
            as_bytes(customer_), kind_, as_bytes(key_), rows_max);
        for (; row.step(); ++rows) {
            if (const auto hash = hash_of_row(row)) learning_->add(*hash);
            if (rows + 1 < rows_max) continue;
            const auto customer = row.blob(0);
            const auto key = row.blob(2);
            customer_.assign(customer.begin(), customer.end());
            kind_ = row.integer(1);
            key_.assign(key.begin(), key.end());
        }
    }
    if (learning_->is_full()) {
        learning_.emplace(kGrowth * learning_->entries_max());
        customer_.clear(), key_.clear(), kind_ = 0;
    } else if (rows < rows_max) {
        known_ = std::exchange(learning_, std::nullopt);
    }
}

}  // namespace marketday::adapters
