#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ports/search_index.hpp"

namespace marketday::adapters {

/// Where a page ended: a product's place in its order, by value, so it stays good while products come and go and after
/// the index was built again. Bound to the query it came from.
struct SearchCursor {
    std::uint8_t tier = 0;
    std::int64_t key = 0;  // price, newness or name length, as the order has it
    std::string name_key;  // of the orders by name
    std::string sku;
    bool operator==(const SearchCursor&) const = default;
};
std::string encode_cursor(const SearchCursor& cursor, const ports::SearchIndex::Query& query);
/// Nothing for text that is no cursor of this query.
std::optional<SearchCursor> decode_cursor(std::string_view text, const ports::SearchIndex::Query& query);

}  // namespace marketday::adapters
