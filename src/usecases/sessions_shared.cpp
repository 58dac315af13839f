#include "usecases/sessions_shared.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace marketday::usecases {
namespace {

using Key = ports::Sessions::Key;

constexpr char kFormat = 1;
constexpr std::size_t kSealBytes = 16;

std::string name_of(const Key& key) {
    std::string name = "session:";
    for (const auto byte : key) fmt::format_to(std::back_inserter(name), "{:02x}", byte);
    return name;
}

// Names in the list of changes.
std::string customer_name(const CustomerId& customer) {
    return {reinterpret_cast<const char*>(customer.uuid.bytes.data()), customer.uuid.bytes.size()};
}
std::string session_name(const Key& key) { return {reinterpret_cast<const char*>(key.data()), key.size()}; }

void put(std::string& bytes, std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
        bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff);
}
std::int64_t take(std::string_view& bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i)
        number |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
    bytes.remove_prefix(8);
    return static_cast<std::int64_t>(number);
}

constexpr std::size_t kPayloadBytes = 1 + 16 + 1 + 4 * 8;

Hash256 seal_of(const Hash256& secret, const Key& key, std::string_view payload) {
    return blake2b_keyed(secret, session_name(key).append(payload));
}

}  // namespace

std::string SharedSessions::sealed(const Key& key, const Kept& kept) const {
    std::string bytes(1, kFormat);
    bytes += customer_name(kept.found.customer);
    bytes += kept.found.verified ? '\1' : '\0';
    put(bytes, to_unix_ms(kept.found.created_at));
    put(bytes, to_unix_ms(kept.found.expires_at));
    put(bytes, kept.found.first_unseen);
    put(bytes, to_unix_ms(kept.read_at));
    const Hash256 seal = seal_of(options_.key, key, bytes);
    bytes.append(reinterpret_cast<const char*>(seal.data()), kSealBytes);
    return bytes;
}

std::optional<SharedSessions::Kept> SharedSessions::opened(const Key& key, std::string_view bytes) const {
    if (bytes.size() != kPayloadBytes + kSealBytes || bytes.front() != kFormat) return std::nullopt;
    const Hash256 seal = seal_of(options_.key, key, bytes.substr(0, kPayloadBytes));
    const auto* found = reinterpret_cast<const std::uint8_t*>(bytes.data() + kPayloadBytes);
    if (!equal_secret({seal.data(), kSealBytes}, {found, kSealBytes})) return std::nullopt;
    Kept kept;
    std::copy_n(bytes.begin() + 1, 16, kept.found.customer.uuid.bytes.begin());
    kept.found.verified = bytes[17] != '\0';
    bytes.remove_prefix(18);
    kept.found.created_at = from_unix_ms(take(bytes));
    kept.found.expires_at = from_unix_ms(take(bytes));
    kept.found.first_unseen = take(bytes);
    kept.read_at = from_unix_ms(take(bytes));
    return kept;
}

Task<std::optional<SharedSessions::Kept>> SharedSessions::find(Key key) {
    const auto bytes = co_await cache_.find(name_of(key));
    if (!bytes) {
        ++figures_.misses;
        co_return std::nullopt;
    }
    const auto kept = opened(key, *bytes);
    if (!kept) {
        ++figures_.unreadable;
        co_return std::nullopt;
    }
    const WallTime now = clock_.wall_now();
    const bool of_its_time = now < kept->read_at + options_.at_most && now < kept->found.expires_at;
    if (!of_its_time || !changes_.holds(customer_name(kept->found.customer), kept->found.first_unseen) ||
        !changes_.holds(session_name(key), kept->found.first_unseen)) {
        ++figures_.outdated;
        co_return std::nullopt;
    }
    ++figures_.hits;
    co_return kept;
}

void SharedSessions::keep(const Key& key, const ports::Sessions::Found& found, WallTime read_at) {
    const auto lives = std::min<milliseconds>(options_.at_most, found.expires_at - read_at);
    if (lives > milliseconds{0}) cache_.keep(name_of(key), sealed(key, {found, read_at}), lives);
}

void SharedSessions::ended_here(const Key& key) {
    changes_.changed_here(session_name(key));
    cache_.forget(name_of(key));
}

void SharedSessions::changed_here(const CustomerId& customer) { changes_.changed_here(customer_name(customer)); }

void SharedSessions::asked(std::uint64_t asking, const ports::Sessions::Changes& changes) {
    for (const auto& change : changes.changes) changes_.changed(customer_name(change.customer), change.number);
    changes_.complete_above(kFrom);
    changes_.asked(asking);
}

}  // namespace marketday::usecases
