#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

namespace marketday::usecases {

/// What this process knows of the changes that a log in the database numbers: whether something that was read earlier,
/// by whichever process, still holds. Whoever reads something notes with it the number of the first change that his
/// reading may not have seen; it holds while no change of that number or a later one is known. So nobody has to remove
/// anything anywhere for a change to win. Belongs to one executor.
class KnownChanges {
public:
    explicit KnownChanges(std::size_t changes_max = 100'000) : changes_max_(changes_max) {}

    /// Every change above `number` that has happened so far was told by `changed`. Until this is called, nothing holds.
    void complete_above(std::int64_t number);
    /// The log says so; again is no harm. The oldest are given up when there are more than `changes_max`: what was read
    /// before those does not hold any more, whatever it is.
    void changed(std::string_view name, std::int64_t number);

    /// This process has changed it, so that nothing holds until the log has told by which number: between asking() and
    /// asked() the log was asked for everything new.
    void changed_here(std::string_view name);
    std::uint64_t asking() { return ++asking_; }
    void asked(std::uint64_t asking);

    bool holds(std::string_view name, std::int64_t first_unseen) const;
    std::size_t size() const { return latest_.size(); }

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    template <class T>
    using ByName = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
    struct Told {
        std::int64_t number = 0;
        const std::string* name = nullptr;  // of `latest_`, whose nodes do not move
    };

    std::size_t changes_max_;
    std::int64_t floor_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t given_up_ = std::numeric_limits<std::int64_t>::min();  // the highest, before completeness was told too
    ByName<std::int64_t> latest_;
    std::deque<Told> told_;               // oldest first; no longer the latest of its name: its number differs
    ByName<std::uint64_t> changed_here_;  // with the asking that was last when it happened
    std::uint64_t asking_ = 0;
};

}  // namespace marketday::usecases
