#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/async/wait.hpp"
#include "base/cache/byte_cache.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "http/ready.hpp"

namespace marketday::http {

/// What a near cache has done so far. Written by its own thread, read by any.
struct NearCacheFigures {
    std::atomic<std::uint64_t> hits_total{0};
    std::atomic<std::uint64_t> stale_hits_total{0};   // Stale bytes while they were being renewed.
    std::atomic<std::uint64_t> error_hits_total{0};   // Stale bytes because the load failed or took too long.
    std::atomic<std::uint64_t> misses_total{0};       // Loads, those of renewals too.
    std::atomic<std::uint64_t> joined_total{0};       // Waited for somebody else's load.
    std::atomic<std::uint64_t> overtaken_total{0};    // Loads not stored, for an invalidation came meanwhile.
    std::atomic<std::uint64_t> invalidated_total{0};  // Entries that an invalidation removed.
    std::atomic<std::uint64_t> evictions_total{0};
    std::atomic<std::uint64_t> entries{0};
    std::atomic<std::uint64_t> bytes{0};
};

/// How one class of answers is kept: one row of the cache policy table.
struct NearCachePolicy {
    Eviction eviction = Eviction::sieve;
    std::size_t bytes_max = std::size_t{16} << 20;  // 0: nothing is kept; callers of one moment still share a load
    seconds ttl{60};
    seconds stale_while_revalidate{0};      // after the TTL: given at once while one caller loads anew (RFC 5861)
    seconds stale_if_error{0};              // after the TTL: given when loading fails (RFC 5861)
    std::uint32_t ttl_jitter_percent = 10;  // an entry's TTL is drawn from this much below `ttl` up to it
    CompressionEffort compression = CompressionEffort::thorough;
};

/// Ready bytes of answers of one class by key, in this process. Belongs to one executor; figures are for any thread.
///
/// Single flight: of all who ask for a key that is not there, one loads, and the others wait for it until their own
/// deadlines.
///
/// Versions: numbers of the source's changes, in the order in which they were made. An invalidation carries one. A load
/// or an entry has the highest that this cache had been told of when the load began; one that began before an
/// invalidation's version is neither stored, nor joined, nor given as stale. Told twice or late, an invalidation spares
/// what was loaded after its change.
///
/// Only answers of status 200 are kept. An answer of another status below 500 ends what was kept under its key.
class NearCache {
public:
    /// `clock`, `random` live longer.
    NearCache(NearCachePolicy policy, const Clock& clock, Random& random);
    NearCache(const NearCache&) = delete;
    NearCache& operator=(const NearCache&) = delete;

    struct Loaded {
        /// Its Surrogate-Key header names what invalidates it. Without a Cache-Control it may be kept by anybody for a
        /// second.
        Response response;
        std::string remark;  // for the route itself: kept with the entry
    };
    using Load = std::function<Task<Loaded>()>;
    struct Answer {
        Response response;
        std::string remark;
        bool loaded = false;  // by this very call
    };

    /// The bytes if they are there and fresh, or stale with somebody renewing them. Allocates nothing.
    std::optional<Response> find_now(std::string_view key);

    /// The answer for `key`, at `deadline` at the latest unless this call is the one that loads. `load` keeps its own
    /// deadline, and may be run after this call has returned.
    Task<Answer> get(std::string key, Instant deadline, Load load);
    Task<Response> answer(std::string key, Instant deadline, Load load);

    /// The source has changed what `surrogate_key` names; `version` is that change's number.
    void invalidate(std::string_view surrogate_key, std::uint64_t version);
    void invalidate_all(std::uint64_t version);
    /// The highest version it was told of.
    std::uint64_t version() const { return version_; }

    const NearCacheFigures& figures() const { return figures_; }
    const NearCachePolicy& policy() const { return policy_; }

private:
    struct Entry {
        std::shared_ptr<const ReadyResponse> ready;
        std::string remark;
        std::vector<std::string> surrogate_keys;
        Instant fresh_until{};
        std::uint64_t version = 0;  // that this cache had been told of when its load began
    };
    /// One load under way. Shared by its leader and those who joined it.
    struct Flight {
        Event done;
        std::uint64_t version = 0;
        std::optional<Loaded> loaded;  // none when it threw
    };
    /// Ends the flight when its leader ends without having landed it: nobody shall wait for a load that is none.
    struct Leading {
        Leading(NearCache& in, std::string of, std::shared_ptr<Flight> as)
            : cache(&in), key(std::move(of)), flight(std::move(as)) {}
        Leading(Leading&&) noexcept = default;
        Leading& operator=(Leading&&) = delete;
        ~Leading() {
            if (flight != nullptr && !flight->done.is_set()) cache->end_flight(key, flight);
        }
        NearCache* cache;
        std::string key;
        std::shared_ptr<Flight> flight;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    template <class T>
    using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
    using Keys = std::unordered_set<std::string, TextHash, std::equal_to<>>;

    bool is_within(const Entry& entry, seconds beyond_ttl) const;
    /// The load under way that may be joined; null when there is none.
    std::shared_ptr<Flight> flight_for(std::string_view key) const;
    Leading begin_flight(const std::string& key);
    Task<Answer> lead(Leading leading, Load load);
    Task<Answer> join(std::string key, std::shared_ptr<Flight> flight, Instant deadline);
    static Task<void> renew(NearCache* self, Leading leading, Load load);
    std::optional<Answer> stale_for_error(std::string_view key);
    void land(const std::string& key, const std::shared_ptr<Flight>& flight);
    void end_flight(const std::string& key, const std::shared_ptr<Flight>& flight);
    void store(const std::string& key, Entry entry);
    void remove(std::string_view key);
    void forget_surrogates(std::string_view key, const Entry& entry);
    void show_size();

    NearCachePolicy policy_;
    const Clock& clock_;
    Random& random_;
    NearCacheFigures figures_;
    ByText<Keys> by_surrogate_;
    ByText<std::shared_ptr<Flight>> flights_;
    ByteCache<Entry> entries_;
    std::uint64_t version_ = 0;
};

}  // namespace marketday::http
