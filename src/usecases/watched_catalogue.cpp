#include "usecases/watched_catalogue.hpp"

namespace marketday::usecases {

auto WatchedCatalogue::put(std::vector<Write> writes) -> Answer<std::vector<Written>> {
    std::vector<domain::SkuCode> skus;
    skus.reserve(writes.size());
    for (const auto& write : writes) skus.push_back(write.product.sku);
    auto done = co_await catalogue_.put(std::move(writes));
    if (!done && done.error() == Error::unavailable) co_return done;
    std::vector<domain::SkuCode> changed;
    for (std::size_t i = 0; i < skus.size(); ++i) {
        // Without an outcome, all of them may have changed.
        const bool may_have = !done || (*done)[i] == Written::created || (*done)[i] == Written::updated;
        if (may_have) changed.push_back(std::move(skus[i]));
    }
    if (!changed.empty()) changed_(std::move(changed), ++writes_);
    co_return done;
}

}  // namespace marketday::usecases
