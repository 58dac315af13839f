#include "usecases/search.hpp"

#include <algorithm>
#include <utility>

#include "domain/search_text.hpp"

namespace marketday::usecases {
namespace {

using ports::Rankings;
using ports::SearchIndex;

constexpr std::size_t kRankedBytesMax = 60;
constexpr std::size_t kDigitsMax = 5;

Search::Error to_error(SearchIndex::Error error) {
    switch (error) {
        case SearchIndex::Error::unavailable: return Search::Error::unavailable;
        case SearchIndex::Error::bad_cursor: return Search::Error::bad_cursor;
    }
    return Search::Error::unavailable;
}

}  // namespace

std::string ranked_search(std::string_view typed) {
    if (typed.size() > 2 * kRankedBytesMax || typed.contains('@')) return {};
    std::string ranked;
    std::size_t digits = 0;
    for (const std::string& word : domain::vocabulary_words(typed)) {
        if (!ranked.empty()) ranked += ' ';
        ranked += word;
    }
    for (const char c : typed) digits += c >= '0' && c <= '9' ? 1 : 0;
    return ranked.size() > kRankedBytesMax || digits > kDigitsMax ? std::string{} : ranked;
}

auto Search::find(SearchIndex::Query query, std::uint64_t source) -> Answer<Found> {
    const std::string ranked = query.cursor.empty() ? ranked_search(query.text) : std::string{};
    auto page = co_await index_.search(std::move(query));
    if (!page) co_return fail(to_error(page.error()));
    Found found{.page = std::move(*page), .products = {}, .category_names = {}, .ranked_as = {}};
    if (!ranked.empty() && found.page.total > 0 && !found.page.text_is_partly_matched) {
        found.ranked_as = ranked;
        found_again(ranked, source);
    }
    if (!found.page.skus.empty()) {
        auto skus = found.page.skus;
        auto products = co_await browse_.products(std::move(skus));
        if (!products) co_return fail(Error::unavailable);
        found.products = std::move(*products);
    }
    auto categories = found.page.categories;
    auto names = co_await names_of(std::move(categories));
    if (!names) co_return fail(names.error());
    found.category_names = std::move(*names);
    co_return found;
}

void Search::found_again(std::string ranked_as, std::uint64_t source) {
    rankings_.record({.kind = Rankings::Kind::searches, .key = std::move(ranked_as), .weight = 1, .source = source});
}

auto Search::names_of(std::vector<SearchIndex::CategoryCount> categories) -> Answer<std::vector<domain::LocalText>> {
    std::vector<domain::LocalText> names;
    if (categories.empty()) co_return names;
    if (clock_.now() >= names_until_) {
        names_until_ = clock_.now() + kNamesKept;  // first, so that one asks and the others go on with what there is
        auto all = co_await browse_.categories();
        if (!all) {
            names_until_ = Instant::min();
            co_return fail(Error::unavailable);
        }
        category_names_.clear();
        for (auto& category : *all) category_names_.emplace(std::move(category.path), std::move(category.name));
    }
    for (const auto& category : categories) {
        const auto known = category_names_.find(category.path);
        names.push_back(known == category_names_.end() ? domain::LocalText{} : known->second);
    }
    co_return names;
}

auto Search::index_position() -> Answer<std::int64_t> {
    const auto position = co_await index_.applied_change();
    if (!position) co_return fail(Error::unavailable);
    co_return *position;
}

auto Search::suggest(std::string typed, domain::Language language, std::size_t suggestions_max)
    -> Answer<std::vector<std::string>> {
    auto suggestions = co_await index_.suggest(std::move(typed), language, suggestions_max);
    if (!suggestions) co_return fail(to_error(suggestions.error()));
    co_return std::move(*suggestions);
}

auto Search::popular_searches(std::size_t searches_max) -> Answer<std::vector<Rankings::Ranked>> {
    auto top = co_await rankings_.top(Rankings::Kind::searches, searches_max);
    if (!top) co_return fail(Error::unavailable);
    co_return std::move(*top);
}

auto Search::popular_products(std::size_t products_max) -> Answer<std::vector<PopularProduct>> {
    // Some may have been hidden since: ask for more.
    const std::size_t asked = std::min<std::size_t>(100, products_max + 20);
    auto top = co_await rankings_.top(Rankings::Kind::products, asked);
    if (!top) co_return fail(Error::unavailable);
    std::vector<domain::SkuCode> skus;
    for (const auto& ranked : *top) skus.push_back(ranked.key);
    std::vector<PopularProduct> popular;
    if (skus.empty()) co_return popular;
    auto products = co_await browse_.products(std::move(skus));
    if (!products) co_return fail(Error::unavailable);
    // In the order asked, some left out: walk both.
    auto ranked = top->begin();
    for (auto& product : *products) {
        while (ranked != top->end() && ranked->key != product.sku) ++ranked;
        if (ranked == top->end() || popular.size() == products_max) break;
        popular.push_back({std::move(product), ranked->score});
    }
    co_return popular;
}

void Search::looked_at(const domain::SkuCode& sku, std::uint64_t source) {
    rankings_.record({.kind = Rankings::Kind::products, .key = sku, .weight = kLookWeight, .source = source});
}

void Search::ordered(const domain::SkuCode& sku, std::uint64_t source) {
    rankings_.record({.kind = Rankings::Kind::products, .key = sku, .weight = kOrderWeight, .source = source});
}

}  // namespace marketday::usecases
