#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "ports/catalogue.hpp"

namespace marketday::usecases {

/// A catalogue that tells of what is written through it, as soon as it is: for whoever keeps products and must not show
/// an old price for longer than it takes to say so. Thread-safe like the catalogue behind it.
class WatchedCatalogue final : public ports::Catalogue {
public:
    /// Told the products that a write may have changed, on the writer's executor. `write` numbers the writes of this
    /// process in the order of their commits: a read that begins after write n was told sees all writes up to n.
    using Changed = std::function<void(std::vector<domain::SkuCode> skus, std::uint64_t write)>;

    /// `catalogue` lives longer.
    WatchedCatalogue(ports::Catalogue& catalogue, Changed changed)
        : catalogue_(catalogue), changed_(std::move(changed)) {}

    /// Tells of what other processes write too, by following the catalogue's changes `every` so often. Spawn once where
    /// there are others; runs until the executor goes.
    Task<void> follow(milliseconds every);

    Answer<std::vector<Written>> put(std::vector<Write> writes) override;
    Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus) override {
        return catalogue_.find(std::move(skus));
    }
    Answer<std::vector<domain::Product>> list(domain::SkuCode after, std::size_t products_max) override {
        return catalogue_.list(std::move(after), products_max);
    }
    Answer<std::vector<domain::Category>> categories() override { return catalogue_.categories(); }
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t changes_max) override {
        return catalogue_.changed_after(number, changes_max);
    }
    Answer<std::int64_t> last_change() override { return catalogue_.last_change(); }
    Answer<std::int64_t> count() override { return catalogue_.count(); }

private:
    ports::Catalogue& catalogue_;
    Changed changed_;
    std::atomic<std::uint64_t> writes_{0};
};

}  // namespace marketday::usecases
