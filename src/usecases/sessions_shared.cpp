#include "usecases/sessions_shared.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "usecases/sealed_bytes.hpp"

namespace marketday::usecases {
namespace {

using Key = ports::Sessions::Key;

constexpr std::int64_t kFormat = 2;

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

}  // namespace

std::string SharedSessions::to_bytes(const Key& key, const Kept& kept) const {
    BytesWriter out;
    out.put(kFormat);
    out.put(std::string_view{customer_name(kept.found.customer)});
    out.put(std::int64_t{kept.found.verified ? 1 : 0});
    out.put(to_unix_ms(kept.found.created_at));
    out.put(to_unix_ms(kept.found.expires_at));
    out.put(kept.found.first_unseen);
    out.put(to_unix_ms(kept.read_at));
    return sealed(options_.key, session_name(key), out.take());
}

std::optional<SharedSessions::Kept> SharedSessions::from_bytes(const Key& key, std::string_view bytes) const {
    const auto payload = unsealed(options_.key, session_name(key), bytes);
    if (!payload) return std::nullopt;
    BytesReader in{*payload};
    const bool known_format = in.number() == kFormat;
    Kept kept;
    const std::string_view customer = in.text();
    auto& whose = kept.found.customer.uuid.bytes;
    if (!known_format || customer.size() != whose.size()) return std::nullopt;
    std::ranges::copy(customer, whose.begin());
    kept.found.verified = in.number() != 0;
    kept.found.created_at = from_unix_ms(in.number());
    kept.found.expires_at = from_unix_ms(in.number());
    kept.found.first_unseen = in.number();
    kept.read_at = from_unix_ms(in.number());
    if (!in.at_end()) return std::nullopt;
    return kept;
}

Task<std::optional<SharedSessions::Kept>> SharedSessions::find(Key key) {
    const auto bytes = co_await cache_.find(name_of(key));
    if (!bytes) {
        ++figures_.misses;
        co_return std::nullopt;
    }
    const auto kept = from_bytes(key, *bytes);
    if (!kept) {
        ++figures_.unreadable;
        co_return std::nullopt;
    }
    const WallTime now = clock_.wall_now();
    const bool of_its_time = now < kept->read_at + options_.at_most && now < kept->found.expires_at;
    const bool log_is_known = log_known_to_ && clock_.now() - *log_known_to_ < options_.log_age_max;
    if (!of_its_time || !log_is_known ||
        !changes_.holds(customer_name(kept->found.customer), kept->found.first_unseen) ||
        !changes_.holds(session_name(key), kept->found.first_unseen)) {
        ++figures_.outdated;
        co_return std::nullopt;
    }
    ++figures_.hits;
    co_return kept;
}

void SharedSessions::keep(const Key& key, const ports::Sessions::Found& found, WallTime read_at) {
    const auto lives = std::min<milliseconds>(options_.at_most, found.expires_at - read_at);
    if (lives > milliseconds{0}) cache_.keep(name_of(key), to_bytes(key, {found, read_at}), lives);
}

void SharedSessions::ended_here(const Key& key) {
    changes_.changed_here(session_name(key));
    cache_.forget(name_of(key));
}

void SharedSessions::changed_here(const CustomerId& customer) { changes_.changed_here(customer_name(customer)); }

std::uint64_t SharedSessions::asking() {
    asking_since_ = clock_.now();
    return changes_.asking();
}

void SharedSessions::asked(std::uint64_t asking, const ports::Sessions::Changes& changes) {
    for (const auto& change : changes.changes) changes_.changed(customer_name(change.customer), change.number);
    changes_.complete_above(kFrom);
    changes_.asked(asking);
    log_known_to_ = asking_since_;
}

}  // namespace marketday::usecases
