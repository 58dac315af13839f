#pragma once

#include <string>
#include <variant>

#include "ports/accounts.hpp"
#include "ports/sessions.hpp"
#include "usecases/accounts_passwords.hpp"
#include "usecases/sessions_attempts.hpp"
#include "usecases/sessions_cache.hpp"

namespace marketday::usecases {

/// Logging in and out. A wrong password and an unknown address get the same answer after the same work. Used on the
/// shop's executor.
class Sessions {
public:
    struct Options {
        /// Failed attempts; unknown addresses are counted just so.
        Attempts::Options attempts{};
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
    Task<void> rehash(ports::Account account, std::string password);

    ports::Accounts& accounts_;
    ports::Sessions& sessions_;
    SessionCache& cache_;
    Passwords& passwords_;
    const Clock& clock_;
    Random& random_;
    Attempts attempts_;
};

}  // namespace marketday::usecases
