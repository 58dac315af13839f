#include "usecases/browse_shelves.hpp"

namespace marketday::usecases {

using domain::Product;
using ports::Catalogue;

namespace {

constexpr int kEditAttempts = 5;

BrowseShelves::Error to_error(Catalogue::Error error) {
    switch (error) {
        case Catalogue::Error::unavailable: return BrowseShelves::Error::unavailable;
        case Catalogue::Error::outcome_unknown: return BrowseShelves::Error::outcome_unknown;
    }
    return BrowseShelves::Error::unavailable;
}

Product apply(Product product, const ProductEdit& edit, Currency currency) {
    for (const domain::Language language : domain::kLanguages) {
        const auto index = static_cast<std::size_t>(language);
        if (edit.name[index]) product.name.in(language) = *edit.name[index];
        if (edit.description[index]) product.description.in(language) = *edit.description[index];
    }
    if (edit.category) product.category = *edit.category;
    if (edit.images) product.images = *edit.images;
    if (edit.hidden) product.hidden = *edit.hidden;
    if (edit.weight_g) product.weight_g = *edit.weight_g;
    if (edit.price_minor) {
        product.price.reset();
        if (*edit.price_minor) product.price = Money{**edit.price_minor, currency};
    }
    return product;
}

}  // namespace

BrowseShelves::Answer<std::vector<BrowseShelves::Shelf>> BrowseShelves::with_stock(std::vector<Product> products) {
    std::vector<Shelf> shelves;
    if (products.empty()) co_return shelves;
    std::vector<domain::SkuCode> skus;
    skus.reserve(products.size());
    for (const auto& product : products) skus.push_back(product.sku);
    auto levels = co_await order_book_.stock(std::move(skus));
    if (!levels) co_return fail(Error::unavailable);
    shelves.reserve(products.size());
    for (std::size_t i = 0; i < products.size(); ++i)
        shelves.push_back({std::move(products[i]), (*levels)[i].value_or(domain::StockLevel{})});
    co_return shelves;
}

BrowseShelves::Answer<std::vector<BrowseShelves::Shelf>> BrowseShelves::list(domain::SkuCode after,
                                                                             std::size_t products_max) {
    auto products = co_await catalogue_.list(std::move(after), products_max);
    if (!products) co_return fail(to_error(products.error()));
    co_return co_await with_stock(*std::move(products));
}

BrowseShelves::Answer<std::optional<BrowseShelves::Shelf>> BrowseShelves::show(domain::SkuCode sku) {
    std::vector<domain::SkuCode> skus{std::move(sku)};
    auto found = co_await catalogue_.find(std::move(skus));
    if (!found) co_return fail(to_error(found.error()));
    if (!found->front()) co_return std::nullopt;
    std::vector<Product> products{*std::move(found->front())};
    auto shelves = co_await with_stock(std::move(products));
    if (!shelves) co_return fail(shelves.error());
    co_return std::move(shelves->front());
}

BrowseShelves::Answer<std::int64_t> BrowseShelves::count() {
    auto products = co_await catalogue_.count();
    if (!products) co_return fail(to_error(products.error()));
    co_return *products;
}

BrowseShelves::Answer<Result<BrowseShelves::Shelf, BrowseShelves::Refused>> BrowseShelves::preview(domain::SkuCode sku,
                                                                                                   ProductEdit edit) {
    using Outcome = Result<Shelf, Refused>;
    auto shelf = co_await show(std::move(sku));
    if (!shelf) co_return fail(shelf.error());
    if (!*shelf) co_return Outcome{fail(Refused{Refusal::not_found, {}})};
    Shelf after = **std::move(shelf);
    if (edit.if_version != 0 && edit.if_version != after.product.version)
        co_return Outcome{fail(Refused{Refusal::changed_meanwhile, {}})};
    after.product = apply(std::move(after.product), edit, currency_);
    if (auto fault = domain::find_fault(after.product))
        co_return Outcome{fail(Refused{Refusal::invalid, *std::move(fault)})};
    co_return Outcome{std::move(after)};
}

BrowseShelves::Answer<Result<BrowseShelves::Shelf, BrowseShelves::Refused>> BrowseShelves::edit(domain::SkuCode sku,
                                                                                                ProductEdit edit) {
    using Outcome = Result<Shelf, Refused>;
    // Read, change, write over what was read; another operator may have been quicker, then from the start.
    for (int attempt = 0; attempt < kEditAttempts; ++attempt) {
        std::vector<domain::SkuCode> skus{sku};
        auto found = co_await catalogue_.find(std::move(skus));
        if (!found) co_return fail(to_error(found.error()));
        if (!found->front()) co_return Outcome{fail(Refused{Refusal::not_found, {}})};
        const std::int64_t version = found->front()->version;
        if (edit.if_version != 0 && edit.if_version != version) break;
        Product changed = apply(*std::move(found->front()), edit, currency_);
        if (auto fault = domain::find_fault(changed))
            co_return Outcome{fail(Refused{Refusal::invalid, *std::move(fault)})};

        std::vector<Catalogue::Write> writes;
        writes.push_back({.product = std::move(changed), .if_version = version, .image_added = edit.image_added});
        auto written = co_await catalogue_.put(std::move(writes));
        if (!written) co_return fail(to_error(written.error()));
        if (written->front() == Catalogue::Written::conflict) continue;
        auto shelf = co_await show(std::move(sku));
        if (!shelf) co_return fail(shelf.error());
        if (!*shelf) co_return Outcome{fail(Refused{Refusal::not_found, {}})};
        co_return Outcome{**std::move(shelf)};
    }
    co_return Outcome{fail(Refused{Refusal::changed_meanwhile, {}})};
}

}  // namespace marketday::usecases
