#include "usecases/search_follower.hpp"

#include <utility>
#include <vector>

#include "base/log.hpp"

namespace marketday::usecases {

using ports::SearchIndex;

Task<bool> SearchFollower::catch_up() {
    const auto applied = co_await index_.applied_change();
    if (!applied) co_return false;
    applied_change_ = *applied;
    Instant asked_at = clock_.now();
    auto changes = co_await catalogue_.changed_after(applied_change_, options_.changes_per_batch);
    while (changes && !changes->empty() && !stop_.is_set()) {
        catching_up_ = catching_up_ || changes->size() == options_.changes_per_batch;
        const std::int64_t last = changes->back().number;
        const auto count = static_cast<std::int64_t>(changes->size());
        // The batch after this one tells whether this one must be seen at once.
        asked_at = clock_.now();
        auto next = co_await catalogue_.changed_after(last, options_.changes_per_batch);
        const bool more = next && !next->empty();
        const auto visible = more ? SearchIndex::Visible::later : SearchIndex::Visible::now;
        const auto done = co_await index_.apply(std::move(*changes), visible);
        if (!done) co_return false;
        applied_change_ = last;
        applied_total_ += count;
        if (on_applied_) on_applied_(last);
        changes = std::move(next);
    }
    if (!changes) co_return false;
    if (stop_.is_set()) co_return true;
    if (catching_up_ && applied_total_ > 0) {
        log::info("search.index.level", {{"change", applied_change_}, {"applied", applied_total_}});
    }
    catching_up_ = false;
    level_at_ = asked_at;
    co_return true;
}

Task<void> SearchFollower::run() {
    bool failing = false;
    while (!stop_.is_set()) {
        const bool level = co_await catch_up();
        if (!level && !failing) log::warn("search.index.behind", {{"change", applied_change_}});
        failing = !level;
        const Instant next = clock_.now() + (level ? options_.poll : options_.after_failure);
        co_await stop_.wait(next);
    }
}

SearchFollower::Lag SearchFollower::lag() const {
    const auto behind = std::chrono::duration_cast<milliseconds>(clock_.now() - level_at_);
    return {.applied_change = applied_change_,
            .applied_total = applied_total_,
            .catching_up = catching_up_,
            .behind = behind};
}

}  // namespace marketday::usecases
