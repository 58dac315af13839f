#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// The sessions of one site's customers. Contract: tests/contract/sessions_contract.hpp, run on every adapter.
/// * a session belongs to one customer for ever; its token is never stored, only the token's BLAKE2b-256;
/// * what has ended or expired is never found again;
/// * durable: an answer is given only after it would survive loss of power.
/// Reads are strict. Tasks resume on their caller's executor.
class Sessions {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; every call here can be repeated.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    /// The hash of a session's token.
    using Key = Hash256;

    static constexpr std::size_t kBatchMax = 5000;
    /// The oldest sessions of a customer end when there would be more.
    static constexpr std::size_t kPerCustomerMax = 50;

    virtual ~Sessions() = default;

    struct NewSession {
        Key key{};
        CustomerId customer;
        /// Of the password that opened it (ports::Account::password_version): a session is not added when the password
        /// has been changed meanwhile, so that a change ends the log-ins under way too.
        std::int64_t password_version = 0;
        WallTime created_at{};
        WallTime expires_at{};
    };
    /// Adds `sessions` (1..kBatchMax) in one commit. How many were added: fewer when a customer is gone or the password
    /// another.
    virtual Answer<std::size_t> add(std::vector<NewSession> sessions) = 0;

    struct Found {
        CustomerId customer;
        bool verified = false;
        WallTime created_at{};
        WallTime expires_at{};
        /// Of the changes that changed_since() tells of, this may not have seen those of this number and later.
        std::int64_t first_unseen = 0;
    };
    virtual Answer<std::optional<Found>> find(Key key, WallTime now) = 0;

    struct Extension {
        Key key{};
        WallTime expires_at{};
    };
    /// Moves expiries later, never earlier, in one commit (1..kBatchMax); those that have ended stay so.
    virtual Answer<std::monostate> extend(std::vector<Extension> extensions) = 0;

    /// Ends one session. Whose it was, if it was there.
    virtual Answer<std::optional<CustomerId>> end(Key key) = 0;
    /// Ends all sessions of a customer. How many there were.
    virtual Answer<std::size_t> end_all(CustomerId customer) = 0;
    struct Change {
        CustomerId customer;
        std::int64_t number = 0;
    };
    struct Changes {
        std::int64_t position = 0;  // from where to ask next
        std::vector<Change> changes;
    };
    /// Whose sessions some process has ended, or made to say something else, since `position`, which is a change's
    /// number too; without one, only where that is now; from 0, everything of the last hour. May name some again.
    /// Nobody where no other process can write.
    virtual Answer<Changes> changed_since(std::optional<std::int64_t> position) = 0;
    /// Removes at most `sessions_max` that expired at or before `now`. How many.
    virtual Answer<std::size_t> purge(WallTime now, std::size_t sessions_max) = 0;
};

}  // namespace marketday::ports
