#pragma once

#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "usecases/statistics.hpp"

namespace marketday::usecases {

/// Notes who is seen, and tells the store of each of them once a day. Exact: customers by their id; strangers by a
/// keyed hash of address and browser whose key is made anew every day and kept nowhere, so they cannot be followed.
/// Seeing somebody again costs a look into a set. On the shop's executor.
class Visitors {
public:
    struct Options {
        std::size_t known_max = 200'000;    // beyond it, it begins again: the store counts nobody twice
        std::size_t waiting_max = 200'000;  // beyond it, new ones are dropped until the store has taken some
    };
    Visitors(ports::Statistics& statistics, const Clock& clock, Random& random, ShopCalendar calendar, Options options)
        : statistics_(statistics), clock_(clock), random_(random), calendar_(calendar), options_(options) {}

    void saw(const CustomerId& customer);
    void saw_stranger(std::string_view address, std::string_view browser);

    /// Carries them to the store.
    Task<JobTurn> run(ports::Fence fence);

private:
    void begin_day(WallTime now);
    void note(std::uint64_t key, ports::Statistics::Visit visit);

    ports::Statistics& statistics_;
    const Clock& clock_;
    Random& random_;
    ShopCalendar calendar_;
    Options options_;
    ports::ShopDay day_ = -1;
    ports::ShopMonth month_ = 0;
    WallTime day_ends_{};
    Hash256 day_key_{};
    std::unordered_set<std::uint64_t> known_;
    std::vector<ports::Statistics::Visit> waiting_;
};

}  // namespace marketday::usecases
