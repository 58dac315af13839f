#pragma once

#include <string>
#include <variant>

#include "ports/accounts.hpp"
#include "ports/sessions.hpp"
#include "usecases/accounts_passwords.hpp"
#include "usecases/sessions_cache.hpp"
#include "usecases/sessions_throttle.hpp"

namespace marketday::usecases {

/// Logging in and out. A wrong password and an unknown address get the same answer after the same work. Used on the
/// shop's executor.
class Sessions {
public:
    struct Options {
        /// Failed attempts on one account; strict. Counts unknown addresses just so.
        Throttle::Options per_account{.burst = 10, .per_s = 1.0 / 30, .keys_max = 65'536};
        /// Failed attempts from one network address; generous, as a carrier puts thousands behind one.
        Throttle::Options per_client{.burst = 300, .per_s = 1, .keys_max = 65'536};
    };
    Sessions(ports::Accounts& accounts, ports::Sessions& sessions, SessionCache& cache, Passwords& passwords,
             const Clock& clock, Random& random, Options options);

    enum class Reason : std::uint8_t {
        wrong,        // no such account, or another password
        too_many,     // failed attempts; see `retry_after`
        busy,         // the hashing queue is full
        unavailable,  // the store; repeating is safe
    };
    struct Refused {
        Reason reason{};
        seconds retry_after{1};
    };
    struct LogIn {
        std::string email;
        std::string password;
        std::string client;  // the network address, as a key
    };
    struct LoggedIn {
        std::string token;
        Session session;
    };
    Task<Result<LoggedIn, Refused>> log_in(LogIn request);
    /// Ends the session of `token`, which may have ended before.
    Task<Result<std::monostate, Refused>> log_out(std::string token);

private:
    Task<Result<LoggedIn, Refused>> open(ports::Account account);
    std::optional<seconds> count_attempt(const std::string& claim, const std::string& client);
    Task<void> rehash(ports::Account account, std::string password);

    ports::Accounts& accounts_;
    ports::Sessions& sessions_;
    SessionCache& cache_;
    Passwords& passwords_;
    const Clock& clock_;
    Random& random_;
    Throttle per_account_;
    Throttle per_client_;
};

}  // namespace marketday::usecases
