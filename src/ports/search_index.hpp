#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "domain/product.hpp"
#include "ports/catalogue.hpp"

namespace marketday::ports {

/// Finds products by text, category and price. A projection of the catalogue: it may lag, and can be thrown away and
/// built again from `Catalogue::changed_after(0)`. Contract: tests/contract/search_index_contract.hpp.
/// Thread-safe; tasks resume on their caller's executor.
class SearchIndex {
public:
    enum class Error {
        unavailable,  // Reads: try again. Writes: nothing of the batch is in the index.
        bad_cursor,   // not one that this index gave out for this query
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    virtual ~SearchIndex() = default;

    enum class Visible : std::uint8_t {
        now,    // searches that begin after `apply` returns see the batch
        later,  // they see it when a later batch says `now`, or some seconds after: cheaper while rebuilding
    };
    /// Takes over the newest form of each product (hidden ones leave the index) and remembers the last change number,
    /// both or neither, in the order of the numbers. 1..kChangesMax
    virtual Answer<std::monostate> apply(std::vector<Catalogue::Change> changes, Visible visible) = 0;
    /// The number of the last change applied; 0 for an empty index, and again after the index was found damaged and
    /// thrown away: the caller then begins from the catalogue's first change.
    virtual Answer<std::int64_t> applied_change() = 0;
    static constexpr std::size_t kChangesMax = 10'000;

    enum class Sort : std::uint8_t { relevance, price_up, price_down, newest, name };
    static constexpr std::size_t kTextBytesMax = 200;
    struct Query {
        std::string text;      // as typed, UTF-8, 0..kTextBytesMax; empty: everything
        std::string category;  // a category_path, with everything below it; empty: all
        std::optional<std::int64_t> price_min_minor;
        std::optional<std::int64_t> price_max_minor;
        Sort sort = Sort::relevance;
        domain::Language language = domain::Language::ko;  // of names to sort by
        std::size_t products_max = 20;                     // 1..100
        std::string cursor;                                // empty: from the first
    };
    struct CategoryCount {
        std::string path;
        std::int64_t products = 0;
    };
    struct PriceCount {
        std::int64_t from_minor = 0;
        std::optional<std::int64_t> below_minor;
        std::int64_t products = 0;
    };
    struct Page {
        std::vector<domain::SkuCode> skus;  // in order; the caller fetches the products from the catalogue
        std::string next_cursor;            // empty at the end
        std::int64_t total = 0;
        bool total_is_estimate = false;
        std::vector<CategoryCount> categories;  // most products first
        std::vector<PriceCount> prices;
        bool facets_are_approximate = false;
        bool text_is_partly_matched = false;  // nothing holds all words: these hold at least half of them
        std::string suggestion;               // what the shopper may have meant, when little was found; else empty
    };
    virtual Answer<Page> search(Query query) = 0;

    /// Completions of what is being typed, best first.
    virtual Answer<std::vector<std::string>> suggest(std::string typed, domain::Language language,
                                                     std::size_t suggestions_max) = 0;
};

}  // namespace marketday::ports
