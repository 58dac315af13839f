#include "usecases/shared_products.hpp"

#include <algorithm>

#include "usecases/sealed_bytes.hpp"

namespace marketday::usecases {
namespace {

using domain::LocalText;
using domain::Product;

constexpr std::int64_t kFormat = 1;

std::string name_of(const domain::SkuCode& sku) { return "product:" + sku; }
/// A code ends where the bytes begin.
std::string sealed_name_of(const domain::SkuCode& sku) { return name_of(sku) + '\0'; }

void put(BytesWriter& out, const LocalText& text) {
    for (const auto& one : text.texts) out.put(std::string_view{one});
}
void put(BytesWriter& out, const Product& product) {
    // A field that is added here must be added below, too.
    const auto& [sku, name, name_derived, description, category, images, released, price, price_version, hidden,
                 weight_g, version, created_at, updated_at] = product;
    out.put(std::string_view{sku});
    put(out, name);
    put(out, name_derived);
    put(out, description);
    out.put(static_cast<std::int64_t>(category.size()));
    for (const auto& level : category) put(out, level);
    out.put(static_cast<std::int64_t>(images.size()));
    for (const auto& image : images) out.put(std::string_view{image});
    out.put(std::string_view{released});
    out.put(price ? price->currency.code() : std::string_view{});
    out.put(price ? price->amount_minor : 0);
    out.put(price_version);
    out.put(std::int64_t{hidden ? 1 : 0});
    out.put(weight_g);
    out.put(version);
    out.put(to_unix_ms(created_at));
    out.put(to_unix_ms(updated_at));
}

LocalText take_text(BytesReader& in) {
    LocalText text;
    for (auto& one : text.texts) one = in.text();
    return text;
}
/// Sealed by us, so its sizes are those of a product.
Product take_product(BytesReader& in) {
    Product product;
    product.sku = in.text();
    product.name = take_text(in);
    product.name_derived = take_text(in);
    product.description = take_text(in);
    for (auto left = in.number(); in.good() && left > 0; --left) product.category.push_back(take_text(in));
    for (auto left = in.number(); in.good() && left > 0; --left) product.images.emplace_back(in.text());
    product.released = in.text();
    const auto currency = Currency::parse(in.text());
    const auto amount = in.number();
    if (currency) product.price = Money{amount, *currency};
    product.price_version = in.number();
    product.hidden = in.number() != 0;
    product.weight_g = in.number();
    product.version = in.number();
    product.created_at = from_unix_ms(in.number());
    product.updated_at = from_unix_ms(in.number());
    return product;
}

}  // namespace

std::optional<SharedProducts::Kept> SharedProducts::opened(const domain::SkuCode& sku, std::string_view bytes) const {
    const auto payload = unsealed(options_.key, sealed_name_of(sku), bytes);
    if (!payload) return std::nullopt;
    BytesReader in{*payload};
    if (in.number() != kFormat) return std::nullopt;
    Kept kept;
    kept.first_unseen = in.number();
    kept.product = take_product(in);
    if (!in.at_end() || kept.product.sku != sku) return std::nullopt;
    return kept;
}

std::optional<Product> SharedProducts::judged(const domain::SkuCode& sku, const std::optional<std::string>& bytes) {
    if (!bytes) {
        ++figures_.misses;
        return std::nullopt;
    }
    auto kept = opened(sku, *bytes);
    if (!kept) {
        ++figures_.unreadable;
        return std::nullopt;
    }
    const std::scoped_lock lock(mutex_);
    const bool log_is_known = log_known_to_ && clock_.now() - *log_known_to_ < options_.log_age_max;
    if (!log_is_known || !changes_.holds(sku, kept->first_unseen)) {
        ++figures_.outdated;
        return std::nullopt;
    }
    ++figures_.hits;
    return std::move(kept->product);
}

Task<std::vector<std::optional<Product>>> SharedProducts::find(std::vector<domain::SkuCode> skus) {
    std::vector<std::string> names;
    names.reserve(skus.size());
    for (const auto& sku : skus) names.push_back(name_of(sku));
    const auto found = co_await cache_.find_all(std::move(names));
    std::vector<std::optional<Product>> products;
    products.reserve(skus.size());
    for (std::size_t i = 0; i < skus.size(); ++i) products.push_back(judged(skus[i], found[i]));
    co_return products;
}

std::optional<std::int64_t> SharedProducts::first_unseen() const {
    const std::scoped_lock lock(mutex_);
    if (!up_to_) return std::nullopt;
    return *up_to_ + 1;
}

void SharedProducts::keep(const Product& product, std::int64_t first_unseen) {
    BytesWriter out;
    out.put(kFormat);
    out.put(first_unseen);
    put(out, product);
    cache_.keep(name_of(product.sku), sealed(options_.key, sealed_name_of(product.sku), out.take()), options_.at_most);
}

void SharedProducts::changed_here(const std::vector<domain::SkuCode>& skus) {
    const std::scoped_lock lock(mutex_);
    for (const auto& sku : skus) changes_.changed_here(sku);
}

std::uint64_t SharedProducts::asking() {
    const std::scoped_lock lock(mutex_);
    asking_since_ = clock_.now();
    return changes_.asking();
}

void SharedProducts::asked(const Asked& asked, const std::vector<ports::Catalogue::Change>& changes) {
    const std::scoped_lock lock(mutex_);
    for (const auto& change : changes) changes_.changed(change.product.sku, change.number);
    if (!up_to_) changes_.complete_above(asked.after);
    up_to_ = std::max(up_to_.value_or(asked.up_to), asked.up_to);
    if (!asked.whole) return;
    changes_.asked(asked.asking);
    log_known_to_ = asking_since_;
}

}  // namespace marketday::usecases
