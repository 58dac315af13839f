#include "usecases/known_changes.hpp"

#include <algorithm>

namespace marketday::usecases {

void KnownChanges::complete_above(std::int64_t number) {
    if (floor_ == std::numeric_limits<std::int64_t>::max()) floor_ = std::max(number, given_up_);
}

void KnownChanges::changed(std::string_view name, std::int64_t number) {
    auto found = latest_.find(name);
    if (found == latest_.end())
        found = latest_.emplace(std::string{name}, std::numeric_limits<std::int64_t>::min()).first;
    if (found->second >= number) return;
    found->second = number;
    told_.push_back({number, &found->first});
    while (told_.size() > changes_max_) {
        const Told oldest = told_.front();
        told_.pop_front();
        given_up_ = std::max(given_up_, oldest.number);
        if (floor_ != std::numeric_limits<std::int64_t>::max()) floor_ = std::max(floor_, oldest.number);
        const auto of = latest_.find(*oldest.name);
        // A later change of the same name has a place of its own in the order.
        if (of->second == oldest.number) latest_.erase(of);
    }
}

void KnownChanges::changed_here(std::string_view name) {
    if (const auto found = changed_here_.find(name); found != changed_here_.end())
        found->second = asking_;
    else
        changed_here_.emplace(std::string{name}, asking_);
}

void KnownChanges::asked(std::uint64_t asking) {
    std::erase_if(changed_here_, [asking](const auto& changed) { return changed.second < asking; });
}

bool KnownChanges::holds(std::string_view name, std::int64_t first_unseen) const {
    if (first_unseen <= floor_) return false;
    if (changed_here_.size() > changes_max_ || changed_here_.contains(name)) return false;
    const auto found = latest_.find(name);
    return found == latest_.end() || found->second < first_unseen;
}

}  // namespace marketday::usecases
