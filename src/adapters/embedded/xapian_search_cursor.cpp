#include "adapters/embedded/xapian_search_cursor.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "domain/search_text.hpp"

namespace marketday::adapters {
namespace {

using Query = ports::SearchIndex::Query;
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeadBytes = 1 + 8 + 1 + 8 + 1;

std::array<std::uint8_t, 8> mark_of(const Query& query) {
    std::string meaning = query.text + '\0' + query.category + '\0';
    meaning += query.price_min_minor ? std::to_string(*query.price_min_minor) : "-";
    meaning += query.price_max_minor ? "/" + std::to_string(*query.price_max_minor) : "/-";
    meaning += static_cast<char>('0' + static_cast<int>(query.sort));
    if (query.sort == ports::SearchIndex::Sort::name) meaning += domain::to_string(query.language);
    const Hash256 hash = blake2b(meaning);
    std::array<std::uint8_t, 8> mark{};
    std::copy_n(hash.begin(), mark.size(), mark.begin());
    return mark;
}

}  // namespace

std::string encode_cursor(const SearchCursor& cursor, const Query& query) {
    std::vector<std::uint8_t> bytes{kVersion};
    const auto mark = mark_of(query);
    bytes.insert(bytes.end(), mark.begin(), mark.end());
    bytes.push_back(cursor.tier);
    std::array<std::uint8_t, 8> key{};
    std::memcpy(key.data(), &cursor.key, key.size());
    bytes.insert(bytes.end(), key.begin(), key.end());
    bytes.push_back(static_cast<std::uint8_t>(cursor.sku.size()));
    bytes.insert(bytes.end(), cursor.sku.begin(), cursor.sku.end());
    bytes.insert(bytes.end(), cursor.name_key.begin(), cursor.name_key.end());
    return to_base64url(bytes);
}

std::optional<SearchCursor> decode_cursor(std::string_view text, const Query& query) {
    if (text.size() > 400) return std::nullopt;
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() < kHeadBytes || bytes->front() != kVersion) return std::nullopt;
    const auto mark = mark_of(query);
    if (!std::equal(mark.begin(), mark.end(), bytes->begin() + 1)) return std::nullopt;
    SearchCursor cursor;
    cursor.tier = (*bytes)[9];
    std::memcpy(&cursor.key, bytes->data() + 10, sizeof cursor.key);
    const std::size_t sku_bytes = (*bytes)[18];
    if (bytes->size() < kHeadBytes + sku_bytes || bytes->size() > kHeadBytes + sku_bytes + domain::kSortKeyBytesMax)
        return std::nullopt;
    const auto sku_end = bytes->begin() + static_cast<std::ptrdiff_t>(kHeadBytes + sku_bytes);
    cursor.sku.assign(bytes->begin() + kHeadBytes, sku_end);
    cursor.name_key.assign(sku_end, bytes->end());
    if (!domain::is_sku_code(cursor.sku)) return std::nullopt;
    return cursor;
}

}  // namespace marketday::adapters
