#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/order.hpp"

namespace marketday::adapters {

/// One generation of what CustomerMemory knows of customers and has not carried over: verdicts by idempotency key, and
/// units held by sale and SKU. Flat and without a node an entry, because random customers make every access a miss of
/// the processor's caches: a look-up costs about one, an entry 130 bytes, and dropping a generation next to nothing.
/// Grows to any size; one thread at a time.
class CustomerNews {
public:
    using LimitKey = std::array<std::uint8_t, 16>;  // sale and SKU numbers
    static constexpr std::size_t kKeyBytesMax = 64;

    struct KeyNews {
        CustomerId customer;
        OrderId order;  // nil: refused
        domain::RequestHash request_hash{};
        WallTime at{};
        std::uint32_t refusal = 0;  // place in `refusals_` + 1
        std::uint32_t earlier = 0;  // place + 1 of an earlier grant in the same chain
        std::uint8_t key_bytes = 0;
        std::array<char, kKeyBytesMax> key;
        std::string_view key_view() const { return {key.data(), key_bytes}; }
    };
    struct LimitNews {
        CustomerId customer;
        LimitKey key{};
        std::int64_t units = 0;
        WallTime at{};
    };

    CustomerNews();
    CustomerNews(CustomerNews&&) noexcept = default;
    CustomerNews& operator=(CustomerNews&&) noexcept = default;

    /// A later entry of the same customer and key replaces the earlier one. A nil `order` means refused, for `refusal`.
    void put(const CustomerId& customer, std::string_view key, const domain::RequestHash& request_hash, OrderId order,
             std::string_view refusal, WallTime at);
    void put(const CustomerId& customer, const LimitKey& key, std::int64_t units, WallTime at);
    /// Null when there is none; until the next `put`.
    const KeyNews* find(const CustomerId& customer, std::string_view key) const;
    const LimitNews* find(const CustomerId& customer, const LimitKey& key) const;
    std::string_view refusal_of(const KeyNews& news) const;
    std::size_t size() const { return keys_.size() + limits_.size(); }
    /// Appends the customer's orders, in no order.
    void append_orders(const CustomerId& customer, std::vector<OrderId>& orders) const;

    /// Gives all entries once, sorted by customer, so that the tree's pages are met one after the other. Nothing may be
    /// put after the first call.
    struct Next {
        const KeyNews* key = nullptr;
        const LimitNews* limit = nullptr;
    };
    std::optional<Next> next();

    /// 64 mixed bits of a name; the same for both kinds of names of one customer only by chance.
    static std::uint64_t hash_of(const CustomerId& customer, std::string_view key);
    static std::uint64_t hash_of(const CustomerId& customer, const LimitKey& key);

private:
    /// Entries that stay where they are while more come.
    template <class T>
    class Slabs {
    public:
        std::size_t size() const { return size_; }
        T& operator[](std::size_t i) { return blocks_[i / kBlock][i % kBlock]; }
        const T& operator[](std::size_t i) const { return blocks_[i / kBlock][i % kBlock]; }
        T& add() {
            if (size_ % kBlock == 0) blocks_.push_back(std::make_unique_for_overwrite<T[]>(kBlock));
            return (*this)[size_++];
        }

    private:
        static constexpr std::size_t kBlock = 512;
        std::vector<std::unique_ptr<T[]>> blocks_;
        std::size_t size_ = 0;
    };

    /// Open addressing over places of entries: half of the hash beside each, so that others' entries are seldom
    /// touched.
    class Index {
    public:
        Index() : slots_(kSlotsMin) {}
        template <class Matches>
        std::optional<std::uint32_t> find(std::uint64_t hash, const Matches& matches) const;
        void add(std::uint64_t hash, std::uint32_t place);

    private:
        static constexpr std::size_t kSlotsMin = 1024;
        struct Slot {
            std::uint32_t hash = 0;
            std::uint32_t place = 0;  // + 1; 0: free
        };
        void grow();
        std::vector<Slot> slots_;
        std::vector<std::uint64_t> hashes_;  // of all entries, for growing
    };

    /// Where an entry stands in the order of customers.
    struct Place {
        std::uint64_t high;
        std::uint64_t low;
        std::uint32_t entry;
        bool is_limit;
        bool operator>(const Place& other) const {
            return high != other.high ? high > other.high : low != other.low ? low > other.low : entry > other.entry;
        }
    };
    void note_place(const CustomerId& customer, std::size_t entry, bool is_limit);
    void begin_walk();

    Slabs<KeyNews> keys_;
    Slabs<LimitNews> limits_;
    std::vector<std::string> refusals_;
    Index key_index_;
    Index limit_index_;
    std::vector<std::uint32_t> chains_;  // the last grant + 1 by the customer's hash
    /// Short sorted runs, merged as they are given out: no moment in which everything is sorted.
    std::vector<std::vector<Place>> runs_;
    struct Head {
        Place place;
        std::uint32_t run;
        std::uint32_t at;
    };
    std::vector<Head> heads_;  // a heap, the smallest first
    bool walking_ = false;
};

}  // namespace marketday::adapters
