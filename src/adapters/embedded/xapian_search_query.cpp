#include "adapters/embedded/xapian_search_query.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/embedded/xapian_search_cursor.hpp"
#include "adapters/embedded/xapian_search_text.hpp"

namespace marketday::adapters {
namespace {

using ports::SearchIndex;
using Query = SearchIndex::Query;
using Sort = SearchIndex::Sort;

constexpr std::size_t kCategoriesShownMax = 50;
constexpr std::uint32_t kFewFound = 3;

SearchOrder order_of(const Query& query) {
    switch (query.sort) {
        case Sort::relevance: return query.text.empty() ? SearchOrder::newest : SearchOrder::closeness;
        case Sort::price_up: return SearchOrder::price_up;
        case Sort::price_down: return SearchOrder::price_down;
        case Sort::newest: return SearchOrder::newest;
        case Sort::name: return name_order(query.language);
    }
    return SearchOrder::newest;
}

bool is_by_name(SearchOrder order) {
    return order == SearchOrder::name_en || order == SearchOrder::name_ja || order == SearchOrder::name_ko;
}

SearchFilters filters_of(const SearchColumns& columns, const Query& query) {
    SearchFilters filters;
    if (!query.category.empty()) filters.categories = columns.category(query.category);
    if (query.price_min_minor || query.price_max_minor) {
        filters.prices =
            columns.priced(query.price_min_minor.value_or(0), query.price_max_minor.value_or(SearchRow::kNoPrice - 1));
    }
    return filters;
}

/// Turns places into cursors and back.
class Places {
public:
    Places(const Xapian::Database& index, const SearchColumns& columns, const Query& query, SearchOrder order)
        : index_(index), columns_(columns), query_(query), order_(order) {}

    SearchCursor cursor_at(SearchDocument document, std::uint8_t tier) const {
        SearchCursor cursor{
            .tier = tier, .key = key_of(document), .name_key = {}, .sku = std::string{columns_.sku(document)}};
        if (is_by_name(order_)) cursor.name_key = name_key_of(document);
        return cursor;
    }
    /// The first place after the cursor's.
    std::uint32_t after(const SearchCursor& cursor) const {
        const std::string term = sku_term(cursor.sku);
        if (auto found = index_.postlist_begin(term); found != index_.postlist_end(term)) {
            const SearchDocument d = *found - 1;
            const bool same = d < columns_.documents() && columns_.row(d).live && columns_.sku(d) == cursor.sku &&
                              key_of(d) == cursor.key && (!is_by_name(order_) || name_key_of(d) == cursor.name_key);
            if (same) return columns_.place_of(order_, d) + 1;
        }
        // It has moved or gone: look for where it was.
        std::uint32_t low = 0;
        std::uint32_t high = columns_.products();
        while (low < high) {
            const std::uint32_t middle = std::midpoint(low, high);
            if (is_after(columns_.at(order_, middle), cursor))
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

private:
    std::int64_t key_of(SearchDocument d) const {
        switch (order_) {
            case SearchOrder::closeness: return columns_.row(d).name_characters;
            case SearchOrder::price_up: return columns_.row(d).price_minor;
            case SearchOrder::price_down: return columns_.row(d).price_minor;
            case SearchOrder::newest: return columns_.row(d).newness;
            case SearchOrder::name_en: return 0;
            case SearchOrder::name_ja: return 0;
            case SearchOrder::name_ko: return 0;
        }
        return 0;
    }
    std::string name_key_of(SearchDocument d) const {
        return index_.get_document(d + 1, Xapian::DOC_ASSUME_VALID).get_value(name_key_slot(query_.language));
    }
    bool is_after(SearchDocument d, const SearchCursor& cursor) const {
        const std::string_view sku = columns_.sku(d);
        if (is_by_name(order_)) {
            const std::string name = name_key_of(d);
            return name == cursor.name_key ? sku > cursor.sku : name > cursor.name_key;
        }
        const std::int64_t key = key_of(d);
        if (order_ == SearchOrder::newest) return key == cursor.key ? sku > cursor.sku : key < cursor.key;
        if (order_ != SearchOrder::price_down) return key == cursor.key ? sku > cursor.sku : key > cursor.key;
        // Dear first, then those without a price, these as in price_up.
        const bool priced = key != SearchRow::kNoPrice;
        const bool cursor_priced = cursor.key != SearchRow::kNoPrice;
        if (priced != cursor_priced) return !priced;
        if (!priced) return sku > cursor.sku;
        return key == cursor.key ? sku < cursor.sku : key < cursor.key;
    }

    const Xapian::Database& index_;
    const SearchColumns& columns_;
    const Query& query_;
    SearchOrder order_;
};

void show_facets(const SearchColumns& columns, const SearchTally& counted, SearchIndex::Page& page) {
    page.total = counted.total;
    page.total_is_estimate = counted.total_is_estimate;
    page.facets_are_approximate = counted.facets_are_approximate;
    for (const auto& count : counted.categories) {
        if (page.categories.size() == kCategoriesShownMax) break;
        page.categories.push_back({columns.categories()[count.category].path, count.products});
    }
    for (const auto& price : counted.prices) {
        page.prices.push_back(
            {.from_minor = price.from_minor, .below_minor = price.below_minor, .products = price.products});
    }
}

}  // namespace

Result<SearchIndex::Page, SearchIndex::Error> run_search(const Xapian::Database& index, const SearchSnapshot& snapshot,
                                                         const Query& query) {
    const SearchColumns& columns = *snapshot.columns;
    const SearchOrder order = order_of(query);
    const Places places{index, columns, query, order};
    SearchCursor cursor;
    std::uint32_t from = 0;
    if (!query.cursor.empty()) {
        auto decoded = decode_cursor(query.cursor, query);
        if (!decoded) return fail(SearchIndex::Error::bad_cursor);
        cursor = std::move(*decoded);
        from = places.after(cursor);
    }

    SearchIndex::Page page;
    TextResult text;
    if (!query.text.empty()) text = match_text(index, snapshot, query.text);
    page.text_is_partly_matched = text.partly && text.any.count > 0;
    const SearchFilters filters = filters_of(columns, query);
    const SearchTally counted = tally(columns, text.any, filters);
    show_facets(columns, counted, page);

    const bool by_closeness = order == SearchOrder::closeness;
    std::vector<const TextMatches*> tiers;
    if (by_closeness) {
        for (const auto& tier : text.tiers) tiers.push_back(&tier);
    } else {
        tiers.push_back(&text.any);
    }
    std::vector<SearchDocument> found;
    std::vector<std::uint8_t> tier_of;
    for (std::size_t i = cursor.tier; i < tiers.size() && found.size() <= query.products_max; ++i) {
        const std::uint32_t start = i == cursor.tier ? from : 0;
        const std::int64_t share =
            by_closeness && text.any.count > 0 ? counted.total * tiers[i]->count / text.any.count : counted.total;
        select(columns, *tiers[i], filters, order, start, query.products_max + 1 - found.size(), share, found);
        tier_of.resize(found.size(), static_cast<std::uint8_t>(i));
    }
    const bool more = found.size() > query.products_max;
    if (more) found.pop_back();
    for (const SearchDocument d : found) page.skus.emplace_back(columns.sku(d));
    if (more) page.next_cursor = encode_cursor(places.cursor_at(found.back(), tier_of[found.size() - 1]), query);
    if (!query.text.empty() && (text.partly || text.any.count < kFewFound))
        page.suggestion = respelled(index, snapshot, query.text);
    return page;
}

}  // namespace marketday::adapters
