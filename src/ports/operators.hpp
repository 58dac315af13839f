#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// What an operator may do. The numbers are stored: never reuse one.
///   viewer   looks
///   manager  looks and changes goods, stock, sales and orders
///   owner    everything, operators too
enum class Role : std::uint8_t { viewer = 1, manager = 2, owner = 3 };

struct Operator {
    std::string name;  // 1..64 visible characters, unique
    Role role = Role::viewer;
    std::string password_hash;
    WallTime created_at{};
    bool disabled = false;  // may not log in; has no sessions
    bool has_totp = false;  // a confirmed second factor; not set by `add`
};

/// Those who run the shop, and their sessions. Contract: tests/contract/operators_contract.hpp, run on every adapter.
/// Sessions are kept as the BLAKE2b-256 of their token. Reads are strict. Tasks resume on their caller's executor.
class Operators {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; look before retrying.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kOperatorsMax = 1000;

    virtual ~Operators() = default;

    enum class Added : std::uint8_t { added, name_taken, too_many, not_first };
    /// `only_if_first`: adds nobody (not_first) when there is an operator already.
    virtual Answer<Added> add(Operator who, bool only_if_first) = 0;
    virtual Answer<std::optional<Operator>> find(std::string name) = 0;
    /// All of them, by name.
    virtual Answer<std::vector<Operator>> list() = 0;
    /// Sets the password if `old_hash` is still the one stored, and ends the operator's sessions. Whether it did.
    virtual Answer<bool> set_password(std::string name, std::string old_hash, std::string new_hash) = 0;

    struct Change {
        std::optional<Role> role{};
        std::optional<bool> disabled{};  // true ends the operator's sessions
    };
    enum class Changed : std::uint8_t { changed, not_found, last_owner };
    /// last_owner: nobody who is not disabled would be an owner any more; nothing is changed.
    virtual Answer<Changed> change(std::string name, Change change) = 0;

    /// The second factor of an operator's log-in. Its secret is made of `nonce` elsewhere, so that the store alone does
    /// not hold it.
    using TotpNonce = std::array<std::uint8_t, 16>;
    struct Totp {
        TotpNonce nonce{};
        bool confirmed = false;
        std::int64_t last_step = 0;  // codes of it and of earlier ones have been used
        std::size_t recovery_codes = 0;
    };
    virtual Answer<std::optional<Totp>> find_totp(std::string name) = 0;
    /// Begins an enrolment, over one that was not confirmed. False when there is a confirmed one or no such operator.
    virtual Answer<bool> begin_totp(std::string name, TotpNonce nonce) = 0;
    /// Ends the enrolment that `nonce` began, with the step of the code that proved it and the hashes of 1..20 recovery
    /// codes. Whether it did.
    virtual Answer<bool> confirm_totp(std::string name, TotpNonce nonce, std::int64_t step,
                                      std::vector<Hash256> recovery_codes) = 0;
    /// Uses up the code of `step`: false when it or a later one was used before.
    virtual Answer<bool> use_totp_step(std::string name, std::int64_t step) = 0;
    /// Uses up a recovery code: false when it is none, or none any more.
    virtual Answer<bool> use_recovery_code(std::string name, Hash256 code) = 0;
    /// Takes the second factor away with its recovery codes. Whether there was one, confirmed or not.
    virtual Answer<bool> end_totp(std::string name) = 0;

    struct Session {
        std::string name;
        Role role = Role::viewer;
        WallTime expires_at{};
    };
    /// Opens a session for `name` if its password is still the one whose hash is given and it is not disabled. Whether
    /// it did.
    virtual Answer<bool> add_session(Hash256 key, std::string name, std::string password_hash, WallTime created_at,
                                     WallTime expires_at) = 0;
    virtual Answer<std::optional<Session>> find_session(Hash256 key, WallTime now) = 0;
    struct OpenSession {
        Hash256 key{};
        Session session;
    };
    /// At most `sessions_max` sessions that are open at `now`, those that last longest.
    virtual Answer<std::vector<OpenSession>> open_sessions(WallTime now, std::size_t sessions_max) = 0;
    virtual Answer<std::monostate> end_session(Hash256 key) = 0;
    /// Removes at most `sessions_max` that expired at or before `now`. How many.
    virtual Answer<std::size_t> purge_sessions(WallTime now, std::size_t sessions_max) = 0;
};

}  // namespace marketday::ports
