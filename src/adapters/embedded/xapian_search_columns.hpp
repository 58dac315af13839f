#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::adapters {

/// A document of the Xapian index, counted from 0.
using SearchDocument = std::uint32_t;

/// The orders in which products can be walked. Each is total (ties go by SKU), so a cursor is one place in it.
enum class SearchOrder : std::uint8_t { closeness, price_up, price_down, newest, name_en, name_ja, name_ko };

struct SearchRow {
    static constexpr std::int64_t kNoPrice = std::numeric_limits<std::int64_t>::max();
    std::int64_t price_minor = kNoPrice;
    std::int64_t newness = 0;           // larger is newer
    std::uint32_t category = 0;         // in the category table
    std::uint16_t name_characters = 0;  // short names are closer to what was asked
    bool live = false;
};

/// What the filters look at: eight bytes that lie in the sequence in which they are walked.
struct SearchKey {
    static constexpr std::uint32_t kGone = 0xffffffff;
    std::uint32_t category = kGone;
    std::uint32_t price_place = kGone;  // in price_up
};

/// What a search must know of every product besides its words, in memory and never changed once built: about 160 bytes
/// a product. Each order is a permutation with its inverse, so the first page of any filter is found by walking either
/// the order or the smallest filter, whichever is shorter.
class SearchColumns {
public:
    struct Category {
        std::string path;
        std::uint32_t level = 0;  // "" is 0
        std::uint32_t first = 0;  // of its products in by_category
        std::uint32_t end = 0;    // of all below it in the table: [its index, end)
    };
    struct Slice {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
        std::uint32_t size() const { return end - begin; }
    };

    std::uint32_t documents() const { return static_cast<std::uint32_t>(rows_.size()); }
    std::uint32_t products() const { return products_; }
    const SearchRow& row(SearchDocument document) const { return rows_[document]; }
    std::string_view sku(SearchDocument document) const {
        return std::string_view{skus_}.substr(sku_ends_[document], sku_ends_[document + 1] - sku_ends_[document]);
    }

    const SearchKey& key(SearchDocument document) const { return keys_[document]; }
    /// Whether the document is a product's still. Looks at its key, which whoever asks needs next.
    bool has(SearchDocument document) const { return keys_[document].category != SearchKey::kGone; }
    SearchDocument at(SearchOrder order, std::uint32_t place) const;
    const SearchKey& key_at(SearchOrder order, std::uint32_t place) const;
    std::uint32_t place_of(SearchOrder order, SearchDocument document) const;
    /// The places of `price_up` whose prices are within [min, max].
    Slice priced(std::int64_t min_minor, std::int64_t max_minor) const;
    /// How many have a price; they come first in price_up and price_down.
    std::uint32_t priced() const { return priced_; }

    const std::vector<Category>& categories() const { return categories_; }
    /// The table's entries for `path` and all below it; empty for an unknown one.
    Slice category(std::string_view path) const;
    /// By category, as in the table; the newest of each first.
    std::span<const SearchDocument> by_category() const { return by_category_.at; }
    const SearchKey& key_by_category(std::uint32_t place) const { return by_category_.keys[place]; }
    /// Products of a slice of the table, as a slice of by_category.
    Slice products_of(Slice categories) const;

    std::size_t bytes() const;

private:
    friend class SearchColumnsBuilder;
    std::vector<SearchRow> rows_;
    std::uint32_t products_ = 0;
    std::uint32_t priced_ = 0;
    std::string skus_;
    std::vector<std::uint32_t> sku_ends_;
    std::vector<SearchKey> keys_;
    struct Permutation {
        std::vector<SearchDocument> at;
        std::vector<SearchKey> keys;
        std::vector<std::uint32_t> place;
    };
    std::array<Permutation, 6> orders_;  // closeness, price_up, newest, names
    std::vector<Category> categories_;
    Permutation by_category_;  // without `place`

    std::uint32_t turned(SearchOrder order, std::uint32_t place) const {
        // Dear first: the priced ones backwards, then those without a price, as in price_up.
        return order == SearchOrder::price_down && place < priced_ ? priced_ - 1 - place : place;
    }
    static std::size_t permutation_of(SearchOrder order);
};

/// Takes the products in document order, then their names' sort keys one language after the other.
class SearchColumnsBuilder {
public:
    explicit SearchColumnsBuilder(std::uint32_t documents);
    void add(SearchDocument document, const SearchRow& row, std::string_view sku, std::string_view category_path);
    /// `keys(sink)` calls sink(document, key) for each product; the key's bytes are copied.
    using KeySink = std::function<void(SearchDocument, std::string_view)>;
    void order_names(SearchOrder order, const std::function<void(const KeySink&)>& keys);
    std::shared_ptr<const SearchColumns> build();

private:
    template <class Less>
    void sort_order(SearchOrder order, Less less);
    void build_categories();
    void build_keys();

    std::shared_ptr<SearchColumns> columns_;
    std::vector<SearchDocument> live_;
    std::vector<std::string> paths_;                                   // as they came; rows refer to them until build()
    std::vector<std::pair<std::string, std::uint32_t>> path_numbers_;  // sorted
};

/// Compares category paths so that a path is followed by all below it and nothing else.
bool category_path_less(std::string_view a, std::string_view b);

}  // namespace marketday::adapters
