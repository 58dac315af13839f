#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/ids.hpp"

namespace marketday::usecases {

/// The idempotency keys of orders under way in this process. An entry lives in the coroutine that works for it, so
/// taking and giving back a key allocates nothing, and it is given back however that coroutine ends. One executor.
class KeysInFlight {
public:
    struct Entry {
        Entry() = default;
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry() {
            if (keys != nullptr) keys->remove(*this);
        }
        CustomerId customer;
        std::array<char, 64> bytes{};
        std::size_t size = 0;
        std::size_t chain = 0;
        Entry* next = nullptr;
        KeysInFlight* keys = nullptr;  // null: not under way
        std::string_view key() const { return {bytes.data(), size}; }
    };

    /// False when the key is under way already; else `entry` stays where it is until `remove`.
    bool add(Entry& entry, const CustomerId& customer, std::string_view key) {
        MD_ASSERT(key.size() <= entry.bytes.size());
        entry.customer = customer;
        std::ranges::copy(key, entry.bytes.begin());
        entry.size = key.size();
        entry.chain = (UuidHash{}(customer.uuid) ^ std::hash<std::string_view>{}(key)) % kChains;
        for (const Entry* other = chains_[entry.chain]; other != nullptr; other = other->next)
            if (other->customer == customer && other->key() == key) return false;
        entry.next = chains_[entry.chain];
        chains_[entry.chain] = &entry;
        entry.keys = this;
        return true;
    }

    void remove(Entry& entry) {
        Entry** place = &chains_[entry.chain];
        while (*place != &entry) {
            MD_ASSERT(*place != nullptr);
            place = &(*place)->next;
        }
        *place = entry.next;
        entry.keys = nullptr;
    }

private:
    static constexpr std::size_t kChains = 16'384;
    std::vector<Entry*> chains_ = std::vector<Entry*>(kChains);
};

}  // namespace marketday::usecases
