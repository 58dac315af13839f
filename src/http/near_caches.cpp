#include "http/near_caches.hpp"

#include <utility>

#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kSurrogateBytesMax = 100;

using Kind = Sample::Kind;

void collect(std::string_view name, const NearCache& cache, std::vector<Sample>& samples) {
    const NearCacheFigures& figures = cache.figures();
    const auto add = [&](Kind kind, std::string_view what, std::string_view help, double value,
                         std::vector<std::pair<std::string, std::string>> labels = {}) {
        labels.emplace(labels.begin(), "cache", name);
        samples.push_back(
            {kind, std::string{"marketday_cache_"}.append(what), std::string{help}, std::move(labels), value});
    };
    const auto of = [](const std::atomic<std::uint64_t>& figure) { return static_cast<double>(figure.load()); };
    constexpr std::string_view kHits = "Answers from the near cache: fresh, stale while renewed, stale for an error";
    add(Kind::counter, "hits_total", kHits, of(figures.hits_total), {{"kind", "fresh"}});
    add(Kind::counter, "hits_total", kHits, of(figures.stale_hits_total), {{"kind", "stale"}});
    add(Kind::counter, "hits_total", kHits, of(figures.error_hits_total), {{"kind", "error"}});
    add(Kind::counter, "misses_total", "Loads for the near cache", of(figures.misses_total));
    add(Kind::counter, "joined_total", "Requests that waited for another's load", of(figures.joined_total));
    add(Kind::counter, "overtaken_total", "Loads not kept, for something changed meanwhile",
        of(figures.overtaken_total));
    add(Kind::counter, "invalidated_total", "Entries removed because something changed", of(figures.invalidated_total));
    add(Kind::counter, "evictions_total", "Entries removed for want of room", of(figures.evictions_total));
    add(Kind::gauge, "entries", "Answers kept", of(figures.entries));
    add(Kind::gauge, "bytes", "Memory of the answers kept", of(figures.bytes));
    add(Kind::gauge, "bytes_max", "The most they may take", static_cast<double>(cache.policy().bytes_max));
}

Task<Response> straight(NearCache::Load load) {
    auto loading = load();
    auto loaded = co_await std::move(loading);
    co_return std::move(loaded.response);
}

}  // namespace

Task<Response> through(NearCache* cache, std::string key, Instant deadline, NearCache::Load load) {
    if (cache == nullptr) return straight(std::move(load));
    return cache->answer(std::move(key), deadline, std::move(load));
}

std::string product_surrogate(std::string_view sku) { return std::string{"product-"}.append(sku); }

std::string category_surrogate(std::string_view category_path) {
    return "category-" + percent_encode(category_path).substr(0, kSurrogateBytesMax);
}

void collect_near_caches(const NearCaches& caches, std::vector<Sample>& samples) {
    collect("products", caches.products, samples);
    collect("searches", caches.searches, samples);
    collect("sales", caches.sales, samples);
    collect("stock", caches.stock, samples);
}

}  // namespace marketday::http
