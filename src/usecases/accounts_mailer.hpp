#pragma once

#include <string>

#include "base/async/wait.hpp"
#include "base/random.hpp"
#include "ports/accounts.hpp"
#include "ports/mail.hpp"

namespace marketday::usecases {

/// Writes the letters that accounts ask for and hands them to the mail. The link's token is made here, at the last
/// moment, so it stands nowhere but in the letter. Tries again, ever more slowly, for about two days. Used on one
/// executor.
class AccountsMailer {
public:
    struct Options {
        std::string shop = "Marketday";
        std::string base_url = "http://localhost:8080";  // of the storefront's pages, without a slash at the end
        seconds verify_valid{std::chrono::hours{48}};
        seconds reset_valid{std::chrono::hours{1}};
        seconds look_every{30};  // for what `wake` does not tell of: another process asked for it, or it is tried again
    };
    AccountsMailer(ports::Accounts& accounts, ports::Mail& mail, const Clock& clock, Random& random, Options options);

    /// A letter has been asked for: looks soon instead of at the next round.
    void wake() { asked_.set(); }
    /// Sends what is due, then waits for more; removes links that have expired. Spawn once; runs until the executor
    /// goes.
    Task<void> run();
    /// Sends everything that is due now. How many letters were handed over.
    Task<std::size_t> send_due();

private:
    Task<bool> send(ports::Accounts::Letter letter);
    Task<Result<std::string, ports::Accounts::Error>> make_link(ports::LetterKind kind, CustomerId customer);

    ports::Accounts& accounts_;
    ports::Mail& mail_;
    const Clock& clock_;
    Random& random_;
    Options options_;
    Event asked_;
};

}  // namespace marketday::usecases
