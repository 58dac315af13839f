#pragma once

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

    struct Session {
        std::string name;
        Role role = Role::viewer;
        WallTime expires_at{};
    };
    /// Opens a session for `name` if its password is still the one whose hash is given. Whether it did.
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
