#include "usecases/sessions.hpp"

#include "base/log.hpp"
#include "domain/customer.hpp"

namespace marketday::usecases {
namespace {

using Refused = Sessions::Refused;
using Reason = Sessions::Reason;

Refused refused(Reason reason) { return Refused{.reason = reason, .retry_after = seconds{1}}; }

}  // namespace

Sessions::Sessions(ports::Accounts& accounts, ports::Sessions& sessions, SessionCache& cache, Passwords& passwords,
                   const Clock& clock, Random& random, Options options)
    : accounts_(accounts),
      sessions_(sessions),
      cache_(cache),
      passwords_(passwords),
      clock_(clock),
      random_(random),
      attempts_(clock, random, options.attempts) {}

Task<Result<Sessions::LoggedIn, Refused>> Sessions::log_in(LogIn request) {
    const auto email = domain::EmailAddress::parse(request.email);
    auto password = domain::prepare_password(request.password);
    // What no account can have tells nothing about accounts.
    if (!email || !password) co_return fail(refused(Reason::wrong));
    if (const auto wait = attempts_.take(email->claim(), request.client))
        co_return fail(Refused{.reason = Reason::too_many, .retry_after = *wait});

    auto account = co_await accounts_.find_by_claim(email->claim());
    const bool known = account && account->has_value();
    std::string hash = known ? (*account)->password_hash : std::string{};
    auto matched =
        account ? co_await passwords_.matches(*password, std::move(hash)) : Result<bool, Passwords::Error>{false};
    const bool checked = account.has_value() && matched.has_value();
    if (checked && !*matched) co_return fail(refused(Reason::wrong));
    if (!checked) {
        attempts_.undone(email->claim(), request.client);
        co_return fail(refused(account ? Reason::busy : Reason::unavailable));
    }
    attempts_.succeeded(email->claim(), request.client);
    if (passwords_.needs_rehash((*account)->password_hash)) {
        Executor& executor = co_await this_executor();
        spawn(executor, "sessions.rehash", rehash(**account, std::move(*password)));
    }
    co_return co_await open(std::move(**account));
}

Task<Result<Sessions::LoggedIn, Refused>> Sessions::open(ports::Account account) {
    const WallTime now = clock_.wall_now();
    const Token token = make_token(random_, account.id.bucket());
    const ports::Sessions::Found row{
        .customer = account.id, .verified = account.verified, .created_at = now, .expires_at = cache_.expiry(now, now)};
    std::vector<ports::Sessions::NewSession> rows{{.key = token.key,
                                                   .customer = account.id,
                                                   .password_version = account.password_version,
                                                   .created_at = now,
                                                   .expires_at = row.expires_at}};
    const auto added = co_await sessions_.add(std::move(rows));
    if (!added) co_return fail(refused(Reason::unavailable));
    if (*added == 0) co_return fail(refused(Reason::wrong));  // The password was changed under way.
    // Not kept in the cache here: `verified` may have changed since the account was read. The first request reads it.
    co_return LoggedIn{.token = token.text,
                       .session = Session{.customer = row.customer,
                                          .verified = row.verified,
                                          .csrf_token = csrf_token_of(token.text),
                                          .expires = row.expires_at}};
}

Task<void> Sessions::rehash(ports::Account account, std::string password) {
    auto hash = co_await passwords_.hash(std::move(password));
    if (!hash) co_return;  // The next log-in tries again.
    const auto kept = co_await accounts_.rehash(account.id, account.password_version, std::move(*hash));
    if (!kept) log::warn("accounts.rehash.not_kept");
}

Task<Result<std::monostate, Refused>> Sessions::log_out(std::string token) {
    const auto key = token_key(token);
    if (!key) co_return std::monostate{};
    const auto ended = co_await sessions_.end(*key);
    cache_.forget(token);
    if (!ended) co_return fail(refused(Reason::unavailable));
    co_return std::monostate{};
}

}  // namespace marketday::usecases
