#include "http/near_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/assert.hpp"
#include "base/memory_reserve.hpp"
#include "http/problems.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

using Figure = std::atomic<std::uint64_t>;

/// One thread writes: no locked instruction needed.
void count(Figure& figure, std::uint64_t by = 1) {
    figure.store(figure.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// Nodes, links and shares of tables, beside the texts.
constexpr std::size_t kEntryBytes = 450;
constexpr std::size_t kSurrogateBytes = 250;

std::size_t bytes_of(const ReadyResponse& ready) {
    return sizeof(ReadyResponse) + ready.identity.capacity() + ready.gzip.capacity() + ready.brotli.capacity() +
           ready.not_modified.capacity() + ready.etag.capacity();
}

const std::string* find_header(const HeaderLines& headers, std::string_view name) {
    for (const auto& [have, value] : headers) {
        if (equal_ignoring_case(have, name)) return &value;
    }
    return nullptr;
}

std::vector<std::string> surrogate_keys_of(const HeaderLines& headers) {
    std::vector<std::string> keys;
    const std::string* line = find_header(headers, "Surrogate-Key");
    if (line == nullptr) return keys;
    for (std::string_view rest = *line; !rest.empty();) {
        const std::string_view key = take_until(rest, ' ');
        if (!key.empty()) keys.emplace_back(key);
    }
    return keys;
}

/// RFC 9213: what a shared cache that can be purged may do, beside what Cache-Control lets everybody do.
std::string cdn_cache_control(const NearCachePolicy& policy) {
    std::string line = fmt::format("max-age={}", policy.ttl.count());
    if (policy.stale_while_revalidate > seconds{0})
        line += fmt::format(", stale-while-revalidate={}", policy.stale_while_revalidate.count());
    if (policy.stale_if_error > seconds{0}) line += fmt::format(", stale-if-error={}", policy.stale_if_error.count());
    return line;
}

void add_cache_headers(HeaderLines& headers, const NearCachePolicy& policy) {
    if (find_header(headers, "Cache-Control") == nullptr) {
        std::string line = "public, max-age=1";
        if (policy.stale_if_error > seconds{0})
            line += fmt::format(", stale-if-error={}", policy.stale_if_error.count());
        headers.emplace_back("Cache-Control", std::move(line));
    }
    headers.emplace_back("CDN-Cache-Control", cdn_cache_control(policy));
}

Response from(std::shared_ptr<const ReadyResponse> ready) {
    Response response;
    response.ready = std::move(ready);
    return response;
}

}  // namespace

NearCache::NearCache(NearCachePolicy policy, const Clock& clock, Random& random)
    : policy_(policy),
      clock_(clock),
      random_(random),
      entries_({.eviction = policy.eviction, .bytes_max = policy.bytes_max, .evicting = [this](auto key, Entry& entry) {
                    forget_surrogates(key, entry);
                }}) {
    MD_ASSERT(policy.ttl_jitter_percent < 100);
}

bool NearCache::is_within(const Entry& entry, seconds beyond_ttl) const {
    return clock_.now() < entry.fresh_until + beyond_ttl;
}

std::shared_ptr<NearCache::Flight> NearCache::flight_for(std::string_view key) const {
    const auto found = flights_.find(key);
    if (found == flights_.end() || found->second->version < version_) return nullptr;
    return found->second;
}

std::optional<Response> NearCache::find_now(std::string_view key) {
    const Entry* entry = entries_.find(key);
    if (entry == nullptr) return std::nullopt;
    if (is_within(*entry, seconds{0})) {
        count(figures_.hits_total);
    } else if (is_within(*entry, policy_.stale_while_revalidate) && flights_.contains(key)) {
        count(figures_.stale_hits_total);
    } else {
        return std::nullopt;
    }
    return from(entry->ready);
}

Task<NearCache::Answer> NearCache::get(std::string key, Instant deadline, Load load) {
    if (const Entry* entry = entries_.find(key); entry != nullptr) {
        const bool fresh = is_within(*entry, seconds{0});
        if (fresh || is_within(*entry, policy_.stale_while_revalidate)) {
            Answer answer{.response = from(entry->ready), .remark = entry->remark, .loaded = false};
            count(fresh ? figures_.hits_total : figures_.stale_hits_total);
            if (fresh || flight_for(key) != nullptr) co_return answer;
            Executor& executor = co_await this_executor();
            auto leading = begin_flight(key);
            spawn(executor, "near_cache.renew", renew(this, std::move(leading), std::move(load)));
            co_return answer;
        }
    }
    auto flight = flight_for(key);
    if (flight != nullptr) {
        count(figures_.joined_total);
        co_return co_await join(std::move(key), std::move(flight), deadline);
    }
    auto leading = begin_flight(key);
    co_return co_await lead(std::move(leading), std::move(load));
}

Task<Response> NearCache::answer(std::string key, Instant deadline, Load load) {
    Answer answer = co_await get(std::move(key), deadline, std::move(load));
    co_return std::move(answer.response);
}

NearCache::Leading NearCache::begin_flight(const std::string& key) {
    count(figures_.misses_total);
    Leading leading{*this, key, std::make_shared<Flight>()};
    leading.flight->version = version_;
    flights_[key] = leading.flight;
    return leading;
}

void NearCache::end_flight(const std::string& key, const std::shared_ptr<Flight>& flight) {
    if (const auto mine = flights_.find(key); mine != flights_.end() && mine->second == flight) flights_.erase(mine);
    flight->done.set();
}

Task<NearCache::Answer> NearCache::lead(Leading leading, Load load) {
    const std::string& key = leading.key;
    const std::shared_ptr<Flight>& flight = leading.flight;
    std::exception_ptr failure;
    try {
        auto loading = load();
        flight->loaded = co_await std::move(loading);
    } catch (...) {
        failure = std::current_exception();
    }
    land(key, flight);
    if (!flight->loaded || flight->loaded->response.status >= 500) {
        if (auto stale = stale_for_error(key)) co_return std::move(*stale);
        if (failure) std::rethrow_exception(failure);
    }
    co_return Answer{.response = flight->loaded->response, .remark = flight->loaded->remark, .loaded = true};
}

Task<NearCache::Answer> NearCache::join(std::string key, std::shared_ptr<Flight> flight, Instant deadline) {
    Trace* const trace = current_trace();
    const Instant begun = trace != nullptr ? clock_.now() : Instant{};
    const bool landed = co_await flight->done.wait(deadline);
    if (trace != nullptr) trace->add("cache wait", begun, clock_.now());
    if (!landed || !flight->loaded || flight->loaded->response.status >= 500) {
        if (auto stale = stale_for_error(key)) co_return std::move(*stale);
        if (!landed || !flight->loaded)
            co_return Answer{.response = problem(store_unavailable()), .remark = {}, .loaded = false};
    }
    co_return Answer{.response = flight->loaded->response, .remark = flight->loaded->remark, .loaded = false};
}

Task<void> NearCache::renew(NearCache* self, Leading leading, Load load) {
    co_await self->lead(std::move(leading), std::move(load));
}

std::optional<NearCache::Answer> NearCache::stale_for_error(std::string_view key) {
    const Entry* entry = entries_.peek(key);
    if (entry == nullptr || !is_within(*entry, policy_.stale_if_error)) return std::nullopt;
    count(figures_.error_hits_total);
    return Answer{.response = from(entry->ready), .remark = entry->remark, .loaded = false};
}

void NearCache::land(const std::string& key, const std::shared_ptr<Flight>& flight) {
    if (flight->loaded && flight->loaded->response.status < 500) {
        Response& response = flight->loaded->response;
        if (response.status != 200) {
            remove(key);
        } else {
            Entry entry{.ready = nullptr,
                        .remark = flight->loaded->remark,
                        .surrogate_keys = surrogate_keys_of(response.headers),
                        .fresh_until = {},
                        .version = flight->version};
            add_cache_headers(response.headers, policy_);
            entry.ready = make_ready(200, response.content_type, response.headers, response.body, policy_.compression);
            response = from(entry.ready);
            if (flight->version == version_)
                store(key, std::move(entry));
            else
                count(figures_.overtaken_total);
        }
    }
    show_size();
    end_flight(key, flight);
}

void NearCache::store(const std::string& key, Entry entry) {
    const auto ttl_ms = static_cast<std::uint64_t>(std::chrono::milliseconds{policy_.ttl}.count());
    const std::uint64_t jitter_ms = ttl_ms * policy_.ttl_jitter_percent / 100;
    entry.fresh_until = clock_.now() + std::chrono::milliseconds{ttl_ms - random_.below(jitter_ms + 1)};
    if (const Entry* old = entries_.peek(key); old != nullptr) forget_surrogates(key, *old);
    std::size_t bytes = kEntryBytes + 2 * key.size() + entry.remark.size() + bytes_of(*entry.ready);
    for (const auto& surrogate : entry.surrogate_keys) bytes += kSurrogateBytes + 2 * surrogate.size() + key.size();
    const auto surrogates = entry.surrogate_keys;
    const MustSucceed scope;  // Kept and not found by its names, it would outlive what it shows.
    if (!entries_.put(key, std::move(entry), bytes)) return;
    for (const auto& surrogate : surrogates) by_surrogate_[surrogate].insert(key);
}

void NearCache::remove(std::string_view key) {
    const Entry* entry = entries_.peek(key);
    if (entry == nullptr) return;
    forget_surrogates(key, *entry);
    entries_.erase(key);
}

void NearCache::forget_surrogates(std::string_view key, const Entry& entry) {
    for (const auto& surrogate : entry.surrogate_keys) {
        const auto keys = by_surrogate_.find(surrogate);
        if (keys == by_surrogate_.end()) continue;
        if (const auto at = keys->second.find(key); at != keys->second.end()) keys->second.erase(at);
        if (keys->second.empty()) by_surrogate_.erase(keys);
    }
}

void NearCache::invalidate(std::string_view surrogate_key, std::uint64_t version) {
    version_ = std::max(version_, version);
    const auto named = by_surrogate_.find(surrogate_key);
    if (named == by_surrogate_.end()) return;
    const std::vector<std::string> keys{named->second.begin(), named->second.end()};
    for (const auto& key : keys) {
        if (entries_.peek(key)->version >= version) continue;
        remove(key);
        count(figures_.invalidated_total);
    }
    show_size();
}

void NearCache::invalidate_all(std::uint64_t version) {
    // What is there was loaded at most at `version_`.
    if (version <= version_) return;
    version_ = version;
    count(figures_.invalidated_total, entries_.size());
    entries_.clear();
    by_surrogate_.clear();
    show_size();
}

void NearCache::show_size() {
    figures_.evictions_total.store(entries_.evictions(), std::memory_order_relaxed);
    figures_.entries.store(entries_.size(), std::memory_order_relaxed);
    figures_.bytes.store(entries_.bytes(), std::memory_order_relaxed);
}

}  // namespace marketday::http
