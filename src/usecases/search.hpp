#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/product.hpp"
#include "ports/rankings.hpp"
#include "ports/search_index.hpp"
#include "usecases/browse.hpp"

namespace marketday::usecases {

/// Finding goods, as a shopper: search, completions, and what others search and look at just now.
class Search {
public:
    enum class Error { unavailable, bad_cursor };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    /// Runs on one executor.
    Search(ports::SearchIndex& index, Browse& browse, ports::Rankings& rankings, const Clock& clock)
        : index_(index), browse_(browse), rankings_(rankings), clock_(clock) {}

    struct Found {
        ports::SearchIndex::Page page;  // its `skus` in order
        /// Those of the page that the catalogue shows; the index may lag, so there may be fewer.
        std::vector<domain::Product> products;
        /// The names of page.categories, in its order; up to kNamesKept old, and empty for what is newer.
        std::vector<domain::LocalText> category_names;
        /// As what it counted for the ranking of searches; empty: it did not.
        std::string ranked_as;
    };
    /// `query` within the port's limits. A first page with a text counts for the ranking of searches, once a `source`
    /// (a hash of who asks; 0: nobody) and step of the window, if it found something.
    Answer<Found> find(ports::SearchIndex::Query query, std::uint64_t source);
    /// Someone was shown what `find` had given before: counts like it. Never waits.
    void found_again(std::string ranked_as, std::uint64_t source);

    /// The number of the last change of the catalogue that can be found.
    Answer<std::int64_t> index_position();

    Answer<std::vector<std::string>> suggest(std::string typed, domain::Language language, std::size_t suggestions_max);

    Answer<std::vector<ports::Rankings::Ranked>> popular_searches(std::size_t searches_max);
    struct PopularProduct {
        domain::Product product;
        std::int64_t score = 0;
    };
    Answer<std::vector<PopularProduct>> popular_products(std::size_t products_max);

    /// How much each act counts for the ranking of products.
    static constexpr std::int64_t kLookWeight = 1;
    static constexpr std::int64_t kOrderWeight = 20;
    /// Someone looked at or ordered a product. Never waits.
    void looked_at(const domain::SkuCode& sku, std::uint64_t source);
    void ordered(const domain::SkuCode& sku, std::uint64_t source);

    static constexpr seconds kNamesKept{30};

private:
    Answer<std::vector<domain::LocalText>> names_of(std::vector<ports::SearchIndex::CategoryCount> categories);

    ports::SearchIndex& index_;
    Browse& browse_;
    ports::Rankings& rankings_;
    const Clock& clock_;
    std::unordered_map<std::string, domain::LocalText> category_names_;
    Instant names_until_ = Instant::min();
};

/// A search as it is ranked and shown to others: folded spaces, lower case; empty when it must not be shown (an
/// address, a number that may be somebody's, too long or too short).
std::string ranked_search(std::string_view typed);

}  // namespace marketday::usecases
