#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ports/sessions.hpp"
#include "ports/shared_cache.hpp"
#include "usecases/known_changes.hpp"

namespace marketday::usecases {

/// Sessions that other processes of the shop have read from the store, in the cache that all of them share: a process
/// that has not seen a session asks here before it asks the store. The rows of the store stay the truth, and a log-out
/// or a change of the password wins over whatever is in the cache, however old it is and whether the cache could be
/// reached or not: what is kept says from which point of the log of session changes (ports::Sessions::Changes) it was
/// read, and this process, which follows that log, does not believe what has changed since. It carries a keyed hash
/// too, so that whoever can write to the cache can make no session. A process that has not read that log for
/// `log_age_max` believes nothing: what it does not know of may have been ended since. Used on the shop's executor.
class SharedSessions {
public:
    struct Options {
        Hash256 key{};         // of this shop; what was kept under another is not believed
        seconds at_most{600};  // after it was read, a session is read from the store again
        milliseconds log_age_max{2000};
        std::size_t changes_max = 100'000;
    };
    SharedSessions(ports::SharedCache& cache, const Clock& clock, Options options)
        : cache_(cache), clock_(clock), options_(options), changes_(options.changes_max) {}

    struct Kept {
        ports::Sessions::Found found;
        WallTime read_at{};  // from the store
    };
    /// Nothing as well when it is to be read from the store.
    Task<std::optional<Kept>> find(ports::Sessions::Key key);
    /// `read_at`: when the reading began.
    void keep(const ports::Sessions::Key& key, const ports::Sessions::Found& found, WallTime read_at);

    /// This process has ended it, or all of a customer's, or changed what they say.
    void ended_here(const ports::Sessions::Key& key);
    void changed_here(const CustomerId& customer);

    /// From where the log is to be read at first, so that everything that may still be kept is told of.
    static constexpr std::int64_t kFrom = 0;
    /// Around one reading of the log.
    std::uint64_t asking();
    void asked(std::uint64_t asking, const ports::Sessions::Changes& changes);

    struct Figures {
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;      // not there, or the cache did not answer
        std::uint64_t outdated = 0;    // there, and not believed: it has changed since, or nobody knows
        std::uint64_t unreadable = 0;  // there, and not written by this shop
    };
    const Figures& figures() const { return figures_; }

private:
    std::string to_bytes(const ports::Sessions::Key& key, const Kept& kept) const;
    std::optional<Kept> from_bytes(const ports::Sessions::Key& key, std::string_view bytes) const;

    ports::SharedCache& cache_;
    const Clock& clock_;
    Options options_;
    KnownChanges changes_;
    Instant asking_since_{};
    std::optional<Instant> log_known_to_;  // every change until then has been told
    Figures figures_;
};

}  // namespace marketday::usecases
