#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "domain/customer.hpp"
#include "ports/accounts.hpp"
#include "usecases/accounts_mailer.hpp"
#include "usecases/accounts_passwords.hpp"
#include "usecases/sessions_cache.hpp"
#include "usecases/sessions_throttle.hpp"

namespace marketday::usecases {

/// Signing up, proving that an address is one's own, and choosing a new password. No answer, and no answer's time,
/// tells whether an address is known: what there is to say is said by mail, to the owner. Used on the shop's executor.
class Accounts {
public:
    struct Options {
        Hash256 bucket_key{};  // the shop's secret; another key would send known customers to other buckets
        domain::Locale locale = domain::Locale::en;
        /// Sign-ups and reset requests from one network address; generous, as a carrier puts thousands behind one.
        Throttle::Options per_client{.burst = 1000, .per_s = 5, .keys_max = 65'536};
        /// Letters that strangers can have sent to one mailbox.
        Throttle::Options per_mailbox{.burst = 5, .per_s = 1.0 / 600, .keys_max = 65'536};
    };
    Accounts(ports::Accounts& accounts, SessionCache& sessions, Passwords& passwords, AccountsMailer& mailer,
             const Clock& clock, Random& random, UuidSource& ids, Options options);

    enum class Reason : std::uint8_t {
        bad_email,
        bad_password,  // `password` says why
        bad_link,      // unknown, used or expired
        too_many,      // from this network address; see `retry_after`
        busy,          // the hashing queue is full
        unavailable,   // the store; repeating is safe
    };
    struct Refused {
        Reason reason{};
        domain::PasswordRefusal password{};
        seconds retry_after{1};
    };
    template <class T>
    using Outcome = Task<Result<T, Refused>>;

    struct SignUp {
        std::string email;
        std::string password;
        std::optional<domain::Locale> locale;
        std::string client;  // the network address, as a key
    };
    /// Makes an account with a pending claim and writes to its address; or writes to whoever has the address already.
    Outcome<std::monostate> sign_up(SignUp request);
    /// Follows the link of a `verify` letter.
    Outcome<std::monostate> verify(std::string token);
    struct ResetRequest {
        std::string email;
        std::string client;
    };
    Outcome<std::monostate> ask_reset(ResetRequest request);
    /// Follows the link of a `reset` letter: a new password, a verified address, and all sessions ended.
    Outcome<std::monostate> complete_reset(std::string token, std::string password);
    /// Whom a session speaks for.
    Outcome<std::optional<ports::Account>> find(CustomerId customer);

private:
    Result<std::monostate, Refused> let_in(const std::string& client);

    ports::Accounts& accounts_;
    SessionCache& sessions_;
    Passwords& passwords_;
    AccountsMailer& mailer_;
    const Clock& clock_;
    Random& random_;
    UuidSource& ids_;
    Options options_;
    Throttle per_client_;
    Throttle per_mailbox_;
};

}  // namespace marketday::usecases
