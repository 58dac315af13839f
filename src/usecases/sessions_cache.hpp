#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/async/wait.hpp"
#include "ports/sessions.hpp"
#include "usecases/session.hpp"
#include "usecases/sessions_shared.hpp"
#include "usecases/sessions_token.hpp"

namespace marketday::usecases {

/// Sessions of this process, before those of the store. A hit costs one look-up by the token's own bytes and allocates
/// nothing. Bounded in bytes; the least used go first (SIEVE). Used on the shop's executor only.
///
/// An entry is trusted for `fresh_for` and then read again, so a session that another process ended lives here at most
/// that long; this process ends them at once through `forget`. A load that an invalidation overlapped is not kept.
///
/// A session lives for `idle` after its last use, and `life` in all. The later expiry is written at most once in
/// `extend_every` for a session, many at a time, by `maintain`.
class SessionCache final : public Authenticate {
public:
    struct Options {
        std::size_t bytes_max = std::size_t{64} << 20;
        seconds fresh_for{600};
        seconds idle{std::chrono::days{30}};
        seconds life{std::chrono::days{180}};
        seconds extend_every{3600};
        std::size_t extensions_waiting_max = 50'000;
    };
    /// `shared`: what is asked before the store; null where nothing is shared.
    SessionCache(ports::Sessions& sessions, const Clock& clock, Options options, SharedSessions* shared = nullptr);

    const Session* cached(std::string_view token) override;
    Task<Result<std::optional<Session>, Error>> find(std::string token) override;

    /// Keeps a session that has just been stored. `created` starts its life.
    void keep(std::string_view token, const ports::Sessions::Found& found) { keep(token, found, clock_.wall_now()); }
    /// After the session has been ended in the store.
    void forget(std::string_view token);
    /// After the customer's sessions have been ended in the store, or what they say has changed.
    void forget_all(CustomerId customer);

    /// Writes expiries that moved and removes sessions that have ended of age. Spawn once, on the shop's executor; runs
    /// until the executor goes.
    Task<void> maintain();

    /// Forgets what other processes have changed, a quarter of a second later at most while the store answers. Spawn
    /// once where there are others, on the shop's executor; runs until the executor goes.
    Task<void> follow();

    WallTime expiry(WallTime created, WallTime now) const;
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return entries_.size() * kEntryBytes; }
    const Options& options() const { return options_; }

    /// What an entry takes with its nodes, text and share of the tables.
    static constexpr std::size_t kEntryBytes = 400;

private:
    using Key = std::array<char, Token::kCharacters>;
    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view token) const noexcept;
        std::size_t operator()(const Key& key) const noexcept {
            return (*this)(std::string_view{key.data(), key.size()});
        }
    };
    struct KeyEqual {
        using is_transparent = void;
        bool operator()(const Key& a, const Key& b) const noexcept { return a == b; }
        bool operator()(std::string_view a, const Key& b) const noexcept {
            return a == std::string_view{b.data(), b.size()};
        }
        bool operator()(const Key& a, std::string_view b) const noexcept { return (*this)(b, a); }
    };
    struct Entry {
        Session session;
        WallTime created{};
        WallTime fresh_until{};  // never after the session's expiry
        WallTime extend_at{};
        const Key* key = nullptr;
        Entry* older = nullptr;  // in order of arrival, for SIEVE
        Entry* newer = nullptr;
        Entry* next_of_customer = nullptr;
        Entry* previous_of_customer = nullptr;
        bool visited = false;
    };

    void keep(std::string_view token, const ports::Sessions::Found& found, WallTime read_at);
    void drop_all(const CustomerId& customer);
    void ask_extension(Entry& entry, WallTime now);
    void link(Entry& entry);
    void remove(Entry& entry);
    void make_room();
    Task<void> write_extensions();

    ports::Sessions& sessions_;
    const Clock& clock_;
    Options options_;
    SharedSessions* shared_;
    std::unordered_map<Key, Entry, KeyHash, KeyEqual> entries_;
    std::unordered_map<CustomerId, Entry*> of_customer_;
    Entry* newest_ = nullptr;
    Entry* oldest_ = nullptr;
    Entry* hand_ = nullptr;
    std::uint64_t invalidations_ = 0;
    std::vector<ports::Sessions::Extension> extensions_;
};

}  // namespace marketday::usecases
