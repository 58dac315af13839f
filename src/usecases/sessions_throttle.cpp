#include "usecases/sessions_throttle.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace marketday::usecases {

Throttle::Throttle(const Clock& clock, Random& random, Options options)
    : clock_(clock), options_(options), started_(clock.now()), slots_(options.keys_max) {
    MD_ASSERT(std::has_single_bit(options.keys_max) && options.keys_max >= kWays);
    MD_ASSERT(options.burst >= 1 && options.per_s > 0);
    random.fill(secret_);
}

std::optional<seconds> Throttle::take(std::string_view key) {
    const std::uint32_t now = now_s();
    Slot& slot = find_or_take(hash(key), now);
    slot.level = decayed(slot, now);
    slot.at_s = now;
    const double excess = static_cast<double>(slot.level) + 1 - options_.burst;
    if (excess > 0.001)
        return seconds{std::max<std::int64_t>(1, std::llround(std::ceil(excess / options_.per_s - 0.01)))};
    slot.level += 1;
    return std::nullopt;
}

void Throttle::give_back(std::string_view key) {
    if (Slot* slot = find(hash(key))) slot->level = std::max(0.0F, slot->level - 1);
}

bool Throttle::counts(std::string_view key) const {
    const Slot* slot = find(hash(key));
    return slot != nullptr && decayed(*slot, now_s()) > 0;
}

void Throttle::clear(std::string_view key) {
    if (Slot* slot = find(hash(key))) *slot = Slot{};
}

std::uint64_t Throttle::hash(std::string_view key) const {
    const Hash256 full = blake2b_keyed(secret_, key);
    std::uint64_t value = 0;
    std::memcpy(&value, full.data(), sizeof value);
    return value | 1;  // 0 marks a free slot.
}

Throttle::Slot* Throttle::find(std::uint64_t hash) { return const_cast<Slot*>(std::as_const(*this).find(hash)); }

const Throttle::Slot* Throttle::find(std::uint64_t hash) const {
    const std::size_t first = (hash >> 1) % (slots_.size() / kWays) * kWays;
    for (std::size_t i = first; i < first + kWays; ++i) {
        if (slots_[i].key == hash) return &slots_[i];
    }
    return nullptr;
}

Throttle::Slot& Throttle::find_or_take(std::uint64_t hash, std::uint32_t now) {
    if (Slot* known = find(hash)) return *known;
    const std::size_t first = (hash >> 1) % (slots_.size() / kWays) * kWays;
    std::size_t least = first;
    for (std::size_t i = first + 1; i < first + kWays; ++i) {
        if (decayed(slots_[i], now) < decayed(slots_[least], now)) least = i;
    }
    slots_[least] = Slot{.key = hash, .level = 0, .at_s = now};
    return slots_[least];
}

float Throttle::decayed(const Slot& slot, std::uint32_t now) const {
    const double fallen = static_cast<double>(now - slot.at_s) * options_.per_s;
    return std::max(0.0F, slot.level - static_cast<float>(fallen));
}

std::uint32_t Throttle::now_s() const {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<seconds>(clock_.now() - started_).count());
}

}  // namespace marketday::usecases
