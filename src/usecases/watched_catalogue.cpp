#include "usecases/watched_catalogue.hpp"

#include "base/async/wait.hpp"

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

Task<void> WatchedCatalogue::follow(milliseconds every) {
    constexpr std::size_t kChangesRead = 1000;
    std::optional<std::int64_t> seen;
    while (true) {
        bool more = false;
        if (!seen) {
            const auto last = co_await catalogue_.last_change();
            if (last) seen = *last;
        } else {
            const auto changes = co_await catalogue_.changed_after(*seen, kChangesRead);
            if (changes && !changes->empty()) {
                std::vector<domain::SkuCode> changed;
                for (const Change& change : *changes) changed.push_back(change.product.sku);
                seen = changes->back().number;
                more = changes->size() == kChangesRead;
                changed_(std::move(changed), ++writes_);
            }
        }
        if (!more) co_await sleep_for(every);
    }
}

}  // namespace marketday::usecases
