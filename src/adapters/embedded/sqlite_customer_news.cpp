#include "adapters/embedded/sqlite_customer_news.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

constexpr std::size_t kRunEntries = 2048;
constexpr std::size_t kChains = 1 << 16;

std::uint64_t big_endian(const std::uint8_t* bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes, sizeof number);
    return __builtin_bswap64(number);
}

std::uint64_t mixed(std::uint64_t hash) {
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93ULL;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93ULL;
    return hash ^ hash >> 32;
}

std::size_t chain_of(const CustomerId& customer) { return mixed(big_endian(customer.uuid.bytes.data() + 8)) % kChains; }

}  // namespace

std::uint64_t CustomerNews::hash_of(const CustomerId& customer, std::string_view key) {
    return mixed(UuidHash{}(customer.uuid) ^ std::hash<std::string_view>{}(key));
}

std::uint64_t CustomerNews::hash_of(const CustomerId& customer, const LimitKey& key) {
    return mixed(UuidHash{}(customer.uuid) + 3 * big_endian(key.data()) + mixed(big_endian(key.data() + 8)));
}

template <class Matches>
std::optional<std::uint32_t> CustomerNews::Index::find(std::uint64_t hash, const Matches& matches) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        const Slot& slot = slots_[at];
        if (slot.place == 0) return std::nullopt;
        if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && matches(slot.place - 1)) return slot.place - 1;
    }
}

void CustomerNews::Index::add(std::uint64_t hash, std::uint32_t place) {
    if (2 * (hashes_.size() + 1) > slots_.size()) grow();
    MD_ASSERT(place == hashes_.size());
    hashes_.push_back(hash);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].place != 0) at = (at + 1) & mask;
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), place + 1};
}

void CustomerNews::Index::grow() {
    std::vector<Slot> slots(4 * slots_.size());
    const std::size_t mask = slots.size() - 1;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
        std::size_t at = hashes_[i] & mask;
        while (slots[at].place != 0) at = (at + 1) & mask;
        slots[at] = {static_cast<std::uint32_t>(hashes_[i] >> 32), static_cast<std::uint32_t>(i + 1)};
    }
    slots_ = std::move(slots);
}

CustomerNews::CustomerNews() : chains_(kChains) {}

const CustomerNews::KeyNews* CustomerNews::find(const CustomerId& customer, std::string_view key) const {
    const auto place = key_index_.find(hash_of(customer, key), [&](std::uint32_t at) {
        return keys_[at].customer == customer && keys_[at].key_view() == key;
    });
    return place ? &keys_[*place] : nullptr;
}

const CustomerNews::LimitNews* CustomerNews::find(const CustomerId& customer, const LimitKey& key) const {
    const auto place = limit_index_.find(hash_of(customer, key), [&](std::uint32_t at) {
        return limits_[at].customer == customer && limits_[at].key == key;
    });
    return place ? &limits_[*place] : nullptr;
}

std::string_view CustomerNews::refusal_of(const KeyNews& news) const {
    return news.refusal == 0 ? std::string_view{} : refusals_[news.refusal - 1];
}

void CustomerNews::put(const CustomerId& customer, std::string_view key, const domain::RequestHash& request_hash,
                       OrderId order, std::string_view refusal, WallTime at) {
    MD_ASSERT(key.size() <= kKeyBytesMax && !walking_);
    auto* news = const_cast<KeyNews*>(find(customer, key));
    if (news == nullptr) {
        const auto place = static_cast<std::uint32_t>(keys_.size());
        news = &keys_.add();
        *news = {};
        news->customer = customer;
        news->key_bytes = static_cast<std::uint8_t>(key.size());
        std::ranges::copy(key, news->key.begin());
        key_index_.add(hash_of(customer, key), place);
        note_place(customer, place, false);
        if (!order.uuid.is_nil()) news->earlier = std::exchange(chains_[chain_of(customer)], place + 1);
    }
    news->order = order;
    news->request_hash = request_hash;
    news->at = at;
    news->refusal = 0;
    if (!order.uuid.is_nil()) return;
    refusals_.emplace_back(refusal);
    news->refusal = static_cast<std::uint32_t>(refusals_.size());
}

void CustomerNews::put(const CustomerId& customer, const LimitKey& key, std::int64_t units, WallTime at) {
    MD_ASSERT(!walking_);
    auto* news = const_cast<LimitNews*>(find(customer, key));
    if (news == nullptr) {
        const auto place = static_cast<std::uint32_t>(limits_.size());
        news = &limits_.add();
        *news = {customer, key, 0, {}};
        limit_index_.add(hash_of(customer, key), place);
        note_place(customer, place, true);
    }
    news->units = units;
    news->at = at;
}

void CustomerNews::append_orders(const CustomerId& customer, std::vector<OrderId>& orders) const {
    for (std::uint32_t at = chains_[chain_of(customer)]; at != 0; at = keys_[at - 1].earlier)
        if (keys_[at - 1].customer == customer) orders.push_back(keys_[at - 1].order);
}

void CustomerNews::note_place(const CustomerId& customer, std::size_t entry, bool is_limit) {
    if (runs_.empty() || runs_.back().size() == kRunEntries) {
        if (!runs_.empty())
            std::ranges::sort(runs_.back(), std::ranges::less{},
                              [](const Place& p) { return std::tuple{p.high, p.low, p.entry}; });
        runs_.emplace_back().reserve(kRunEntries);
    }
    runs_.back().push_back({big_endian(customer.uuid.bytes.data()), big_endian(customer.uuid.bytes.data() + 8),
                            static_cast<std::uint32_t>(entry), is_limit});
}

void CustomerNews::begin_walk() {
    walking_ = true;
    if (!runs_.empty())
        std::ranges::sort(runs_.back(), std::ranges::less{},
                          [](const Place& p) { return std::tuple{p.high, p.low, p.entry}; });
    for (std::uint32_t run = 0; run < runs_.size(); ++run) heads_.push_back({runs_[run].front(), run, 0});
    std::ranges::make_heap(heads_, std::greater{}, &Head::place);
}

std::optional<CustomerNews::Next> CustomerNews::next() {
    if (!walking_) begin_walk();
    if (heads_.empty()) return std::nullopt;
    std::ranges::pop_heap(heads_, std::greater{}, &Head::place);
    Head& head = heads_.back();
    const Place given = head.place;
    if (++head.at < runs_[head.run].size()) {
        head.place = runs_[head.run][head.at];
        std::ranges::push_heap(heads_, std::greater{}, &Head::place);
    } else {
        heads_.pop_back();
    }
    if (given.is_limit) return Next{nullptr, &limits_[given.entry]};
    return Next{&keys_[given.entry], nullptr};
}

}  // namespace marketday::adapters
