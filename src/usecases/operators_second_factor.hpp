#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "domain/totp.hpp"
#include "ports/operators.hpp"
#include "usecases/sessions_throttle.hpp"

namespace marketday::usecases {

/// The second factor of operators: codes of an authenticator app, and recovery codes for the day the phone is lost. A
/// secret is made of the shop's key and a number in the store, so that a stolen store alone gives no codes. Guesses are
/// throttled by name. Used on the operators' executor.
class SecondFactor {
public:
    struct Options {
        Hash256 key{};  // of the shop, for this purpose only
        Throttle::Options guesses{.burst = 5, .per_s = 1.0 / 60, .keys_max = 1024};
    };
    SecondFactor(ports::Operators& operators, const Clock& clock, Random& random, Options options)
        : operators_(operators),
          clock_(clock),
          random_(random),
          options_(options),
          guesses_(clock, random, options.guesses) {}

    enum class Reason : std::uint8_t {
        no_operator,  // nobody of that name: the machine's own token has no second factor
        already_enrolled,
        not_enrolled,  // or the enrolment was not begun
        wrong_code,    // or one that was used before
        too_many,      // see `retry_after`
        unavailable,
        outcome_unknown,
    };
    struct Refused {
        Reason reason{};
        seconds retry_after{1};
    };
    template <class T>
    using Outcome = Task<Result<T, Refused>>;

    struct Enrolment {
        std::string secret;       // base 32, to type in
        std::string otpauth_uri;  // for a QR code
    };
    /// Begins; a code of the app must confirm it before it counts.
    Outcome<Enrolment> begin(std::string name);
    /// The recovery codes: each works once in place of a code, and they are told this once.
    Outcome<std::vector<std::string>> confirm(std::string name, std::string code);
    /// Uses up a code of the app or a recovery code.
    Outcome<std::monostate> check(std::string name, std::string code);
    /// The operator's own wish, with a code; without one for an owner who helps somebody whose phone is lost.
    Outcome<std::monostate> end(std::string name, std::string code);
    Outcome<std::monostate> reset(std::string name);

    struct State {
        bool enrolled = false;
        std::size_t recovery_codes = 0;
    };
    Outcome<State> state(std::string name);

private:
    domain::TotpSecret secret_of(const std::string& name, const ports::Operators::TotpNonce& nonce) const;

    ports::Operators& operators_;
    const Clock& clock_;
    Random& random_;
    Options options_;
    Throttle guesses_;
};

}  // namespace marketday::usecases
