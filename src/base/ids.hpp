#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace marketday {

/// 0..4095: the share of customers that a site may own. The keyed hash of the normalised e-mail address decides it at
/// sign-up, and every id carries it in its last 12 bits, so a request finds its site without a look-up.
using Bucket = std::uint16_t;
inline constexpr Bucket kBucketCount = 4096;

/// 16 bytes of a UUID (RFC 9562), ordered as bytes, so version 7 ids order by time.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    static std::optional<Uuid> parse(std::string_view text);
    /// 8-4-4-4-12 lower-case hex.
    std::string to_string() const;
    Bucket bucket() const { return static_cast<Bucket>(((bytes[14] & 0x0f) << 8) | bytes[15]); }
    WallTime created() const;
    bool is_nil() const { return *this == Uuid{}; }
    auto operator<=>(const Uuid&) const = default;
};

/// A Uuid that says of what. `struct CustomerTag; using CustomerId = Id<CustomerTag>;`
template <class Tag>
struct Id {
    Uuid uuid;

    static std::optional<Id> parse(std::string_view text) {
        if (const auto parsed = Uuid::parse(text)) return Id{*parsed};
        return std::nullopt;
    }
    std::string to_string() const { return uuid.to_string(); }
    Bucket bucket() const { return uuid.bucket(); }
    auto operator<=>(const Id&) const = default;
};

using CustomerId = Id<struct CustomerTag>;
using OrderId = Id<struct OrderTag>;
using SaleId = Id<struct SaleTag>;
using EventId = Id<struct EventTag>;
using PaymentId = Id<struct PaymentTag>;

/// Makes UUIDv7s that never repeat and never go back within one process, even when the clock does: a 12-bit counter in
/// rand_a, and a borrowed millisecond when it overflows (RFC 9562 section 6.2, method 1). Thread-safe.
class UuidSource {
public:
    UuidSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
    Uuid next(Bucket bucket);

private:
    const Clock& clock_;
    Random& random_;
    std::mutex mutex_;
    std::int64_t last_ms_ = 0;
    std::uint16_t counter_ = 0;
};

struct UuidHash {
    std::size_t operator()(const Uuid& id) const {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        std::memcpy(&high, id.bytes.data(), 8);
        std::memcpy(&low, id.bytes.data() + 8, 8);
        return static_cast<std::size_t>((high ^ (low * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL);
    }
};

}  // namespace marketday

template <>
struct std::hash<marketday::Uuid> : marketday::UuidHash {};
template <class Tag>
struct std::hash<marketday::Id<Tag>> {
    std::size_t operator()(const marketday::Id<Tag>& id) const { return marketday::UuidHash{}(id.uuid); }
};
