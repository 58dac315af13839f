#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "domain/customer.hpp"
#include "ports/operators.hpp"
#include "usecases/accounts_passwords.hpp"
#include "usecases/operator_session.hpp"
#include "usecases/operators_second_factor.hpp"
#include "usecases/sessions_attempts.hpp"

namespace marketday::usecases {

std::string_view to_string(ports::Role role);
std::optional<ports::Role> parse_role(std::string_view text);

/// Those who run the shop: logging in, adding each other. Used on the operators' executor, with a hashing pool and a
/// throttle of their own, so that they get in while the shop is full.
class Operators final : public AuthenticateOperator {
public:
    struct Options {
        seconds session_valid{std::chrono::hours{12}};
        /// How long a session is trusted before the store is asked again. One process: for its whole life, since every
        /// end of a session passes here.
        seconds fresh_for{std::chrono::hours{12}};
        Attempts::Options attempts{.at_name_from_client = {.burst = 10, .per_s = 1.0 / 30, .keys_max = 4096},
                                   .at_name = {.burst = 100, .per_s = 1.0 / 30, .keys_max = 1024},
                                   .from_client = {.burst = 30, .per_s = 1.0 / 10, .keys_max = 4096},
                                   .remembered_max = 4096};
        Hash256 second_factor_key{};  // what the secrets of authenticator apps are made of
    };
    Operators(ports::Operators& operators, Passwords& passwords, const Clock& clock, Random& random, Options options);

    /// Reads all open sessions again `every` so often: what other processes opened, ended or changed. Spawn once where
    /// there are others; runs until the executor goes.
    Task<void> follow(milliseconds every);

    const OperatorSession* cached(std::string_view token) override;
    Task<Result<std::optional<OperatorSession>, AuthenticateOperator::Error>> find(std::string token) override;

    enum class Reason : std::uint8_t {
        wrong,         // no such operator, a disabled one, or another password
        code_needed,   // the password is right; the operator has a second factor
        wrong_code,    // of the second factor, or one that was used before
        too_many,      // failed attempts; see `retry_after`
        bad_name,      // not 1..64 of a-z, 0-9, '.', '_', '-'
        bad_password,  // `password` says why
        name_taken,
        full,         // ports::Operators::kOperatorsMax
        not_allowed,  // only owners manage operators
        not_found,    // no operator of this name
        last_owner,   // somebody must be left who can manage operators
        already_enrolled,
        not_enrolled,
        busy,         // the hashing queue is full
        unavailable,  // the store
        outcome_unknown,
    };
    struct Refused {
        Reason reason{};
        domain::PasswordRefusal password{};
        seconds retry_after{1};
    };
    template <class T>
    using Outcome = Task<Result<T, Refused>>;

    struct LogIn {
        std::string name;
        std::string password;
        std::string client;                 // the network address, as a key
        std::optional<std::string> code{};  // of the second factor, if the operator has one
    };
    struct LoggedIn {
        std::string token;
        OperatorSession session;
    };
    Outcome<LoggedIn> log_in(LogIn request);
    Outcome<std::monostate> log_out(std::string token);

    struct NewOperator {
        std::string name;
        ports::Role role = ports::Role::viewer;
        std::optional<std::string> password;  // none: a random one is made
    };
    struct Added {
        std::string name;
        ports::Role role = ports::Role::viewer;
        std::optional<std::string> password;  // the random one, told once
    };
    Outcome<Added> add(OperatorSession who, NewOperator request);
    Outcome<std::vector<ports::Operator>> list();
    /// Another role, or disabled: holds for the operator's open sessions at once. Owners only.
    Outcome<ports::Operator> change(OperatorSession who, std::string name, ports::Operators::Change change);
    /// The operator as `change` would leave them, or why it would be refused; nothing is changed.
    Outcome<ports::Operator> preview_change(OperatorSession who, std::string name, ports::Operators::Change change);
    struct PasswordChange {
        std::string old_password;
        std::string new_password;
    };
    /// Ends every session of the operator, the one that asks too.
    Outcome<std::monostate> change_password(OperatorSession who, PasswordChange request);

    /// The second factor: one's own, and (reset, owners only) that of somebody whose phone is lost.
    Outcome<SecondFactor::Enrolment> begin_second_factor(OperatorSession who);
    Outcome<std::vector<std::string>> confirm_second_factor(OperatorSession who, std::string code);
    Outcome<std::monostate> end_second_factor(OperatorSession who, std::string code);
    Outcome<std::monostate> reset_second_factor(OperatorSession who, std::string name);
    /// The operator without it, or why it would be refused; nothing is changed.
    Outcome<ports::Operator> preview_reset_second_factor(OperatorSession who, std::string name);
    Outcome<SecondFactor::State> second_factor(OperatorSession who);

    seconds session_valid() const { return options_.session_valid; }

    /// Whether `token` may use an operators' route: anybody who is logged in may look, viewers may not change anything.
    /// Without I/O.
    bool allows(std::string_view token, bool changes);

    /// Call once at start: makes the owner "admin" with a random password when there is no operator yet, and reads the
    /// sessions that are open. The password, if it made one: show it once, it is not kept.
    Outcome<std::optional<std::string>> ensure_first_operator();

    /// Speaks as an owner for as long as this object lives, without a row in the store: for programs of the same
    /// machine that may read admin.json.
    const std::string& machine_token() const { return machine_token_; }

private:
    struct Entry {
        OperatorSession session;
        WallTime fresh_until{};
    };
    /// Counts an attempt, which the caller ends: `succeeded` or `undone`.
    Outcome<ports::Operator> check(std::string name, std::string password, std::string client);
    Outcome<std::monostate> pass_second_factor(std::string name, std::optional<std::string> code);
    Outcome<LoggedIn> open(ports::Operator who);
    Outcome<std::string> hash_new(std::string password);
    Outcome<std::monostate> load_sessions();
    void keep(const Hash256& key, OperatorSession session);
    void forget(const std::string& name);

    ports::Operators& operators_;
    Passwords& passwords_;
    const Clock& clock_;
    Random& random_;
    Options options_;
    Attempts attempts_;
    SecondFactor second_factor_;
    std::string machine_token_;
    OperatorSession machine_;
    struct KeyHash {
        std::size_t operator()(const Hash256& key) const noexcept {
            std::size_t bits = 0;
            std::memcpy(&bits, key.data(), sizeof bits);
            return bits;
        }
    };
    std::unordered_map<Hash256, Entry, KeyHash> cache_;
    std::uint64_t invalidations_ = 0;
};

}  // namespace marketday::usecases
