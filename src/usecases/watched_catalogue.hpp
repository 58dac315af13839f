#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/async/wait.hpp"
#include "ports/catalogue.hpp"
#include "usecases/shared_products.hpp"

namespace marketday::usecases {

/// A catalogue that tells of what is written through it, as soon as it is: for whoever keeps products and must not show
/// an old price for longer than it takes to say so. What is read through it, from a copy of the store too, is never
/// older than what it has told. With a cache that all processes share, what is only shown is taken from there where it
/// still holds. Thread-safe like the catalogue behind it.
class WatchedCatalogue final : public ports::Catalogue {
public:
    /// Told the products that a write may have changed, on the writer's executor. `write` numbers the writes of this
    /// process in the order of their commits: a read that begins after write n was told sees all writes up to n.
    using Changed = std::function<void(std::vector<domain::SkuCode> skus, std::uint64_t write)>;

    /// `catalogue` lives longer, and so do `history`, of a store whose reads may be answered by copies, and `shared`.
    WatchedCatalogue(ports::Catalogue& catalogue, Changed changed, ports::WriteHistory* history = nullptr,
                     SharedProducts* shared = nullptr)
        : catalogue_(catalogue),
          changed_(std::move(changed)),
          history_(history),
          shared_(shared),
          told_up_to_(history == nullptr ? ports::Position{} : ports::Position::unknown()) {}

    /// Tells of what other processes write too, by following the catalogue's changes: as soon as one of them was heard
    /// of, and after `every` at the latest. Spawn once where there are others; runs until the executor goes.
    Task<void> follow(milliseconds every);
    /// There is a change of this number. On the executor that follows; may be wrong, late, repeated or missing.
    void heard(std::int64_t change);

    Answer<std::vector<Written>> put(std::vector<Write> writes) override;
    Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus,
                                                             ports::Freshness freshness = {}) override {
        if (shared_ != nullptr && freshness.kind() == ports::Freshness::Kind::bounded)
            return find_shared(std::move(skus), freshness);
        return catalogue_.find(std::move(skus), freshness.not_before(told_up_to()));
    }
    Answer<std::vector<domain::Product>> list(domain::SkuCode after, std::size_t products_max) override {
        return catalogue_.list(std::move(after), products_max);
    }
    Answer<std::vector<domain::Category>> categories(ports::Freshness freshness = {}) override {
        return catalogue_.categories(freshness.not_before(told_up_to()));
    }
    /// Whoever reads these may drop what was kept of them: reads through this are not older from here on.
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t changes_max) override;
    Answer<std::int64_t> last_change() override { return catalogue_.last_change(); }
    Answer<std::int64_t> count() override { return catalogue_.count(); }

private:
    ports::Position told_up_to() const;
    Task<bool> note_up_to(std::int64_t change);
    Answer<std::vector<std::optional<domain::Product>>> find_shared(std::vector<domain::SkuCode> skus,
                                                                    ports::Freshness freshness);
    Task<void> begin_following();
    Task<bool> follow_once();
    void tell(const std::vector<Change>& changes);

    ports::Catalogue& catalogue_;
    Changed changed_;
    ports::WriteHistory* history_;
    SharedProducts* shared_;
    mutable std::mutex mutex_;  // of the next two
    ports::Position told_up_to_;
    std::int64_t told_change_ = -1;  // the newest change that `told_up_to_` covers
    std::atomic<std::uint64_t> writes_{0};
    // Of the executor that follows.
    std::optional<std::int64_t> seen_;  // the newest change that was told of
    Event heard_;
};

}  // namespace marketday::usecases
