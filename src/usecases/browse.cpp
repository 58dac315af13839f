#include "usecases/browse.hpp"

namespace marketday::usecases {

using domain::Product;

// What the goods are like and how many are left is shown to all alike; an order reads again what it is decided by.
static constexpr ports::Freshness kShown = ports::Freshness::bounded();

Browse::Answer<std::optional<Product>> Browse::product(domain::SkuCode sku) {
    if (!domain::is_sku_code(sku)) co_return std::nullopt;
    std::vector<domain::SkuCode> skus{std::move(sku)};
    auto found = co_await catalogue_.find(std::move(skus), kShown);
    if (!found) co_return fail(Error::unavailable);
    auto& product = found->front();
    if (product && product->hidden) product.reset();
    co_return std::move(product);
}

Browse::Answer<std::vector<Product>> Browse::products(std::vector<domain::SkuCode> skus) {
    std::vector<Product> products;
    if (skus.empty()) co_return products;
    auto found = co_await catalogue_.find(std::move(skus), kShown);
    if (!found) co_return fail(Error::unavailable);
    products.reserve(found->size());
    for (auto& product : *found)
        if (product && !product->hidden) products.push_back(*std::move(product));
    co_return products;
}

Browse::Answer<std::optional<domain::StockLevel>> Browse::stock(domain::SkuCode sku) {
    auto shown = co_await product(sku);
    if (!shown) co_return fail(Error::unavailable);
    if (!*shown) co_return std::nullopt;
    std::vector<domain::SkuCode> skus{std::move(sku)};
    auto levels = co_await order_book_.stock(std::move(skus), kShown);
    if (!levels) co_return fail(Error::unavailable);
    co_return levels->front().value_or(domain::StockLevel{});
}

Browse::Answer<std::vector<Browse::Changed>> Browse::changed(std::int64_t after, std::int64_t up_to) {
    // No more products than numbers.
    auto changes = co_await catalogue_.changed_after(after, static_cast<std::size_t>(up_to - after));
    if (!changes) co_return fail(Error::unavailable);
    std::vector<Changed> changed;
    for (auto& change : *changes)
        if (change.number <= up_to && !change.product.hidden)
            changed.push_back({std::move(change.product.sku), change.product.updated_at});
    co_return changed;
}

Browse::Answer<std::vector<domain::Category>> Browse::categories() {
    auto categories = co_await catalogue_.categories(kShown);
    if (!categories) co_return fail(Error::unavailable);
    co_return *std::move(categories);
}

}  // namespace marketday::usecases
