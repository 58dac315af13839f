#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/metrics.hpp"
#include "http/near_cache.hpp"

namespace marketday::http {

/// The near caches of a shop, one for each class of answers: the rows of the cache policy table. Belong to the shop's
/// executor.
struct NearCaches {
    struct Policies {
        NearCachePolicy products;
        NearCachePolicy searches;
        NearCachePolicy sales;
        NearCachePolicy stock;
    };
    NearCaches(const Policies& policies, const Clock& clock, Random& random)
        : products(policies.products, clock, random),
          searches(policies.searches, clock, random),
          sales(policies.sales, clock, random),
          stock(policies.stock, clock, random) {}

    NearCache products;  // versions: the catalogue's writes
    NearCache searches;  // and categories, suggestions, rankings; versions: the change the search index has reached
    NearCache sales;     // versions: the sale board's
    NearCache stock;     // never invalidated: a second old at most
};

/// The answer through `cache`, or from `load` itself when it is null.
Task<Response> through(NearCache* cache, std::string key, Instant deadline, NearCache::Load load);

/// What names a product, and a category, in Surrogate-Key headers. Made of visible ASCII; two very long categories may
/// share one.
std::string product_surrogate(std::string_view sku);
std::string category_surrogate(std::string_view category_path);

/// Every figure of every cache as marketday_cache_…{cache="products"}. Any thread.
void collect_near_caches(const NearCaches& caches, std::vector<Sample>& samples);

}  // namespace marketday::http
