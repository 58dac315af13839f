#include "usecases/visitors.hpp"

#include <cstring>

namespace marketday::usecases {
namespace {
// A turn's share. What a sale's first minute brings is carried over in the minutes after it, not while orders wait for
// the same writer.
constexpr std::size_t kVisitsMax = 500;
}  // namespace

void Visitors::begin_day(WallTime now) {
    if (now < day_ends_ && day_ >= 0) return;
    day_ = calendar_.day_of(now);
    month_ = ShopCalendar::month_of_day(day_);
    day_ends_ = calendar_.start_of(day_ + 1);
    random_.fill(day_key_);
    known_.clear();
}

void Visitors::note(std::uint64_t key, ports::Statistics::Visit visit) {
    if (known_.contains(key) || waiting_.size() >= options_.waiting_max) return;
    if (known_.size() >= options_.known_max) known_.clear();
    known_.insert(key);
    visit.day = day_;
    visit.month = month_;
    waiting_.push_back(visit);
}

void Visitors::saw(const CustomerId& customer) {
    begin_day(clock_.wall_now());
    note(std::hash<CustomerId>{}(customer), {.customer = customer});
}

void Visitors::saw_stranger(std::string_view address, std::string_view browser) {
    begin_day(clock_.wall_now());
    std::string who{address};
    who += '\n';
    who += browser;
    const Hash256 hash = blake2b_keyed(day_key_, who);
    std::uint64_t key = 0;
    std::memcpy(&key, hash.data(), sizeof key);
    note(key, {.customer = {}, .stranger = key});
}

Task<JobTurn> Visitors::run(ports::Fence) {
    if (waiting_.empty()) co_return JobTurn{};
    const std::size_t count = std::min(waiting_.size(), kVisitsMax);
    std::vector<ports::Statistics::Visit> visits(waiting_.begin(),
                                                 waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    const auto counted = co_await statistics_.visited(std::move(visits));
    if (!counted) co_return JobTurn{.failed = true};
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    co_return JobTurn{.items = count};
}

}  // namespace marketday::usecases
