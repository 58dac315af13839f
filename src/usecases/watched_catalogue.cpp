#include "usecases/watched_catalogue.hpp"

#include <algorithm>

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
    if (changed.empty()) co_return done;
    const std::uint64_t write = ++writes_;
    if (history_ != nullptr) {
        const std::scoped_lock lock(mutex_);
        told_up_to_ = later_of(told_up_to_, history_->newest());
    }
    changed_(std::move(changed), write);
    co_return done;
}

ports::Position WatchedCatalogue::told_up_to() const {
    if (history_ == nullptr) return {};
    const std::scoped_lock lock(mutex_);
    return told_up_to_;
}

/// Before the change is told: whoever loads again because of it must not meet a copy without it.
Task<bool> WatchedCatalogue::note_up_to(std::int64_t change) {
    if (history_ == nullptr) co_return true;
    {
        const std::scoped_lock lock(mutex_);
        if (change <= told_change_ && told_up_to_ != ports::Position::unknown()) co_return true;
    }
    const std::uint64_t writes = writes_;
    const auto up_to = co_await history_->ask();
    if (!up_to) co_return false;
    const std::scoped_lock lock(mutex_);
    // What was unknown is known now, unless this process has written meanwhile. Of two who asked the earlier may be
    // here last.
    const bool known_now = told_up_to_ == ports::Position::unknown() && writes == writes_;
    told_up_to_ = known_now ? *up_to : later_of(told_up_to_, *up_to);
    told_change_ = std::max(told_change_, change);
    co_return true;
}

auto WatchedCatalogue::changed_after(std::int64_t number, std::size_t changes_max) -> Answer<std::vector<Change>> {
    auto changes = co_await catalogue_.changed_after(number, changes_max);
    if (!changes) co_return changes;
    // `number` is the asker's own: there may never have been a change of that number.
    if (changes->empty()) co_return changes;
    const bool noted = co_await note_up_to(changes->back().number);
    if (!noted) co_return fail(Error::unavailable);
    co_return changes;
}

Task<void> WatchedCatalogue::follow(milliseconds every) {
    constexpr std::size_t kChangesRead = 1000;
    std::optional<std::int64_t> seen;
    while (true) {
        bool more = false;
        if (!seen) {
            const auto last = co_await catalogue_.last_change();
            bool noted = false;
            if (last) noted = co_await note_up_to(*last);
            if (noted) seen = *last;
        } else {
            const auto changes = co_await changed_after(*seen, kChangesRead);
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
