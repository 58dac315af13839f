#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/statistics.hpp"

namespace marketday::adapters {

/// The name under which events are remembered and delivered.
inline constexpr const char* kStatisticsGroup = "statistics";

/// The differences that a recount found, as their row keeps them.
std::string differences_to_text(const std::vector<ports::Statistics::Difference>& differences);
std::vector<ports::Statistics::Difference> differences_from_text(std::string_view text);

/// A recount under way: the figures of the days counted again, whatever engine the rows come from.
class Recounting {
public:
    using Counts = std::map<std::pair<ports::ShopDay, std::string>, std::int64_t>;
    explicit Recounting(const ports::Statistics::Recount& what) : what_(what) {}

    struct OrderRow {
        std::int64_t placed_ms = 0;
        std::optional<std::int64_t> captured_ms;
        std::optional<std::int64_t> refunded_ms;
        std::int64_t total_minor = 0;
        std::string currency;
        std::int64_t state = 0;
    };
    void order(const OrderRow& row);
    void signed_up(std::int64_t created_ms);
    void figure(ports::ShopDay day, std::string figure, std::int64_t by);
    /// What was counted so far; begins anew.
    Counts take() { return std::exchange(counts_, {}); }

    /// Ids below the first belong to orders that are too old to matter, those from the second on to later days.
    Uuid first_order() const;
    Uuid first_customer() const;
    Uuid end() const;

    ports::Statistics::Check compare(const Counts& counted, Counts kept) const;

private:
    ports::ShopDay day_of(std::int64_t unix_ms) const;
    std::int64_t start_ms(ports::ShopDay day) const;

    const ports::Statistics::Recount& what_;
    Counts counts_;
};

}  // namespace marketday::adapters
