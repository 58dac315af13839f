#include "usecases/watched_catalogue.hpp"

#include <algorithm>

#include "base/async/wait.hpp"

namespace marketday::usecases {

static constexpr std::size_t kChangesRead = 1000;

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
    if (shared_ != nullptr) shared_->changed_here(changed);
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

auto WatchedCatalogue::find_shared(std::vector<domain::SkuCode> skus, ports::Freshness freshness)
    -> Answer<std::vector<std::optional<domain::Product>>> {
    std::vector<domain::SkuCode> asked = skus;
    auto products = co_await shared_->find(std::move(asked));
    std::vector<domain::SkuCode> missing;
    for (std::size_t i = 0; i < skus.size(); ++i)
        if (!products[i]) missing.push_back(std::move(skus[i]));
    if (missing.empty()) co_return products;
    // First this, then from where is read: what has been told by now is in what is read then.
    const auto first_unseen = shared_->first_unseen();
    auto found = co_await catalogue_.find(std::move(missing), freshness.not_before(told_up_to()));
    if (!found) co_return found;
    auto next = found->begin();
    for (auto& product : products) {
        if (product) continue;
        product = std::move(*next++);
        if (product && first_unseen) shared_->keep(*product, *first_unseen);
    }
    co_return products;
}

void WatchedCatalogue::tell(const std::vector<Change>& changes) {
    std::vector<domain::SkuCode> changed;
    for (const Change& change : changes) changed.push_back(change.product.sku);
    if (!changed.empty()) changed_(std::move(changed), ++writes_);
}

/// From the newest change on, for what this process keeps: it has nothing older. For what others have kept, from a
/// while before.
Task<void> WatchedCatalogue::begin_following() {
    const std::uint64_t asking = shared_ != nullptr ? shared_->asking() : 0;
    const auto last = co_await last_change();
    if (!last) co_return;
    const bool noted = co_await note_up_to(*last);
    if (!noted) co_return;
    if (shared_ != nullptr) {
        const std::int64_t before = std::max<std::int64_t>(*last - static_cast<std::int64_t>(kChangesRead), 0);
        const auto changes = co_await changed_after(before, kChangesRead);
        if (!changes) co_return;
        const bool whole = changes->size() < kChangesRead;
        std::int64_t up_to = changes->empty() ? *last : changes->back().number;
        if (whole) up_to = std::max(up_to, *last);
        shared_->asked({.asking = asking, .after = before, .up_to = up_to, .whole = whole}, *changes);
    }
    seen_ = *last;
}

/// False when there is more.
Task<bool> WatchedCatalogue::follow_once() {
    const std::uint64_t asking = shared_ != nullptr ? shared_->asking() : 0;
    const auto changes = co_await changed_after(*seen_, kChangesRead);
    if (!changes) co_return true;
    const std::int64_t before = *seen_;
    if (!changes->empty()) seen_ = changes->back().number;
    const bool whole = changes->size() < kChangesRead;
    if (shared_ != nullptr)
        shared_->asked({.asking = asking, .after = before, .up_to = *seen_, .whole = whole}, *changes);
    tell(*changes);
    co_return whole;
}

void WatchedCatalogue::heard(std::int64_t change) {
    if (!seen_ || change > *seen_) heard_.set();
}

Task<void> WatchedCatalogue::follow(milliseconds every) {
    Executor& executor = co_await this_executor();
    while (true) {
        // What is heard from here on may not be in what is read next.
        heard_.reset();
        bool level = true;
        if (seen_)
            level = co_await follow_once();
        else
            co_await begin_following();
        const Instant next = executor.now() + every;
        if (level) co_await heard_.wait(next);
    }
}

}  // namespace marketday::usecases
