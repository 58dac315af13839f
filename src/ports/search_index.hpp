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

    /// Takes over the newest form of each product (hidden ones leave the index) and remembers the last change number,
    /// both or neither. 1..10,000
    virtual Answer<std::monostate> apply(std::vector<Catalogue::Change> changes) = 0;
    /// The number of the last change applied; 0 for an empty index.
    virtual Answer<std::int64_t> applied_change() = 0;

    enum class Sort : std::uint8_t { relevance, price_up, price_down, newest, name };
    struct Query {
        std::string text;      // as typed, 0..200 bytes; empty: everything
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
        std::string suggestion;  // what the shopper may have meant, when little was found; else empty
    };
    virtual Answer<Page> search(Query query) = 0;

    /// Completions of what is being typed, best first.
    virtual Answer<std::vector<std::string>> suggest(std::string typed, domain::Language language,
                                                     std::size_t suggestions_max) = 0;
};

}  // namespace marketday::ports
