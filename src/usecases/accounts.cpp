#include "usecases/accounts.hpp"

#include "usecases/sessions_token.hpp"

namespace marketday::usecases {
namespace {

using Refused = Accounts::Refused;
using Reason = Accounts::Reason;

Refused refused(Reason reason) { return Refused{.reason = reason, .password = {}, .retry_after = seconds{1}}; }
Refused refused(domain::PasswordRefusal why) {
    return Refused{.reason = Reason::bad_password, .password = why, .retry_after = seconds{1}};
}

Refused refused(ports::Accounts::Error error) {
    switch (error) {
        // A shopper who repeats any of these gets to the same end, so both are "try again".
        case ports::Accounts::Error::unavailable:
        case ports::Accounts::Error::outcome_unknown: return refused(Reason::unavailable);
    }
    return refused(Reason::unavailable);
}

Refused refused(Passwords::Error error) {
    switch (error) {
        case Passwords::Error::busy:
        case Passwords::Error::no_memory: return refused(Reason::busy);
    }
    return refused(Reason::busy);
}

}  // namespace

Accounts::Accounts(ports::Accounts& accounts, SessionCache& sessions, Passwords& passwords, AccountsMailer& mailer,
                   const Clock& clock, Random& random, UuidSource& ids, Options options)
    : accounts_(accounts),
      sessions_(sessions),
      passwords_(passwords),
      mailer_(mailer),
      clock_(clock),
      random_(random),
      ids_(ids),
      options_(options),
      per_client_(clock, random, options.per_client),
      per_mailbox_(clock, random, options.per_mailbox) {}

Result<std::monostate, Refused> Accounts::let_in(const std::string& client) {
    if (const auto wait = per_client_.take(client)) {
        Refused too_many = refused(Reason::too_many);
        too_many.retry_after = *wait;
        return fail(too_many);
    }
    return std::monostate{};
}

Accounts::Outcome<std::monostate> Accounts::sign_up(SignUp request) {
    const auto email = domain::EmailAddress::parse(request.email);
    if (!email) co_return fail(refused(Reason::bad_email));
    auto password = domain::check_new_password(request.password, &*email);
    if (!password) co_return fail(refused(password.error()));
    if (const auto allowed = let_in(request.client); !allowed) co_return fail(allowed.error());

    const auto hash = co_await passwords_.hash(std::move(*password));
    if (!hash) co_return fail(refused(hash.error()));
    const bool may_write_again = !per_mailbox_.take(email->claim()).has_value();
    ports::Accounts::NewAccount account{.id = CustomerId{ids_.next(domain::bucket_of(*email, options_.bucket_key))},
                                        .email = *email,
                                        .password_hash = *hash,
                                        .locale = request.locale.value_or(options_.locale),
                                        .created_at = clock_.wall_now()};
    const Uuid letter = ids_.next(account.id.bucket());
    const auto signed_up = co_await accounts_.sign_up(std::move(account), letter, may_write_again);
    if (!signed_up) co_return fail(refused(signed_up.error()));
    mailer_.wake();
    co_return std::monostate{};
}

Accounts::Outcome<std::monostate> Accounts::verify(std::string token) {
    const auto key = token_key(token);
    if (!key) co_return fail(refused(Reason::bad_link));
    const WallTime now = clock_.wall_now();
    const auto customer = co_await accounts_.verify(*key, now);
    if (!customer) co_return fail(refused(customer.error()));
    if (!*customer) co_return fail(refused(Reason::bad_link));
    // Sessions that say "unverified" are read again.
    sessions_.forget_all(**customer);
    co_return std::monostate{};
}

Accounts::Outcome<std::monostate> Accounts::ask_reset(ResetRequest request) {
    const auto email = domain::EmailAddress::parse(request.email);
    if (!email) co_return fail(refused(Reason::bad_email));
    if (const auto allowed = let_in(request.client); !allowed) co_return fail(allowed.error());
    // Over the limit of a mailbox the answer is the same, and no letter goes out.
    if (per_mailbox_.take(email->claim())) co_return std::monostate{};
    const Uuid letter = ids_.next(domain::bucket_of(*email, options_.bucket_key));
    const WallTime now = clock_.wall_now();
    const auto asked = co_await accounts_.ask_reset(email->claim(), letter, now);
    if (!asked) co_return fail(refused(asked.error()));
    mailer_.wake();
    co_return std::monostate{};
}

Accounts::Outcome<std::monostate> Accounts::complete_reset(std::string token, std::string password) {
    const auto key = token_key(token);
    if (!key) co_return fail(refused(Reason::bad_link));
    const auto account = co_await accounts_.find_reset(*key, clock_.wall_now());
    if (!account) co_return fail(refused(account.error()));
    if (!*account) co_return fail(refused(Reason::bad_link));
    const auto email = domain::EmailAddress::parse((*account)->email);
    auto checked = domain::check_new_password(password, email ? &*email : nullptr);
    if (!checked) co_return fail(refused(checked.error()));
    auto hash = co_await passwords_.hash(std::move(*checked));
    if (!hash) co_return fail(refused(hash.error()));
    const CustomerId customer = (*account)->id;
    const Uuid letter = ids_.next(customer.bucket());
    const WallTime now = clock_.wall_now();
    const auto completed = co_await accounts_.complete_reset(*key, std::move(*hash), letter, now);
    // Forgotten after an unknown outcome too: then the store says who is still logged in.
    sessions_.forget_all(customer);
    if (!completed) co_return fail(refused(completed.error()));
    if (!*completed) co_return fail(refused(Reason::bad_link));
    mailer_.wake();
    co_return std::monostate{};
}

Accounts::Outcome<std::optional<ports::Account>> Accounts::find(CustomerId customer) {
    auto found = co_await accounts_.find(customer);
    if (!found) co_return fail(refused(found.error()));
    co_return std::move(*found);
}

}  // namespace marketday::usecases
