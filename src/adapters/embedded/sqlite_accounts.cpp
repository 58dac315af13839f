#include "adapters/embedded/sqlite_accounts.hpp"

#include <fmt/format.h>

#include "adapters/embedded/sqlite_outbox.hpp"

namespace marketday::adapters {
namespace {

using ports::Account;
using ports::Accounts;
using ports::LetterKind;
using ports::LinkPurpose;

constexpr std::int64_t kPending = 1;
constexpr std::int64_t kActive = 2;

template <class T>
Result<T, Accounts::Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(Accounts::Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(Accounts::Error::outcome_unknown);
    }
    return fail(Accounts::Error::outcome_unknown);
}

/// The columns id, email, password_hash, password_version, locale, verified_at, created_at, from `first` on.
Account read_account(const SqliteQuery& row, int first = 0) {
    return Account{.id = CustomerId{row.uuid(first)},
                   .email = row.text(first + 1),
                   .password_hash = row.text(first + 2),
                   .password_version = row.integer(first + 3),
                   .locale = static_cast<domain::Locale>(row.integer(first + 4)),
                   .verified = !row.is_null(first + 5),
                   .created_at = from_unix_ms(row.integer(first + 6))};
}

std::optional<Account> find_account(SqliteConnection& c, const CustomerId& customer) {
    auto q = c.query(
        "SELECT id, email, password_hash, password_version, locale, verified_at, created_at FROM customers"
        " WHERE id = ?1",
        customer);
    if (!q.step()) return std::nullopt;
    return read_account(q);
}

std::optional<Account> find_claimant(SqliteConnection& c, const std::string& claim) {
    auto q = c.query(
        "SELECT u.id, u.email, u.password_hash, u.password_version, u.locale, u.verified_at, u.created_at"
        " FROM email_claims e JOIN customers u ON u.id = e.customer WHERE e.address = ?1",
        claim);
    if (!q.step()) return std::nullopt;
    return read_account(q);
}

std::optional<CustomerId> find_link(SqliteConnection& c, const Hash256& key, LinkPurpose purpose, WallTime now) {
    auto q = c.query("SELECT customer FROM account_links WHERE key = ?1 AND purpose = ?2 AND expires_at > ?3", key,
                     static_cast<std::int64_t>(purpose), to_unix_ms(now));
    if (!q.step()) return std::nullopt;
    return CustomerId{q.uuid(0)};
}

/// False when the address is taken.
bool add_account(SqliteConnection& c, const Accounts::NewAccount& account, bool verified, OutboxMessageWriter& events) {
    const std::int64_t created_ms = to_unix_ms(account.created_at);
    std::optional<std::int64_t> verified_ms;
    if (verified) verified_ms = created_ms;
    if (c.query("SELECT 1 FROM email_claims WHERE address = ?1", account.email.claim()).step()) return false;
    c.run(
        "INSERT INTO customers (id, email, password_hash, password_version, locale, verified_at, created_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        account.id, account.email.text(), account.password_hash, Accounts::kFirstPasswordVersion,
        static_cast<std::int64_t>(account.locale), verified_ms, created_ms);
    c.run("INSERT INTO email_claims (address, customer, state, claimed_at) VALUES (?1, ?2, ?3, ?4)",
          account.email.claim(), account.id, verified ? kActive : kPending, created_ms);
    events.add("customer.signed_up", account.created_at, fmt::format(R"("customer":"{}")", account.id.to_string()));
    return true;
}

void add_letter(SqliteConnection& c, const Uuid& id, LetterKind kind, const std::string& claim, WallTime now) {
    c.run("INSERT INTO account_letters (id, kind, address, due_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING", id,
          static_cast<std::int64_t>(kind), claim, to_unix_ms(now));
}

void activate(SqliteConnection& c, const CustomerId& customer, WallTime now) {
    c.run("UPDATE email_claims SET state = ?2 WHERE customer = ?1", customer, kActive);
    c.run("UPDATE customers SET verified_at = ?2 WHERE id = ?1 AND verified_at IS NULL", customer, to_unix_ms(now));
}

std::optional<CustomerId> verify_in(SqliteConnection& c, const Hash256& key, WallTime now) {
    const auto customer = find_link(c, key, LinkPurpose::verify, now);
    if (!customer) return std::nullopt;
    activate(c, *customer, now);
    c.run("DELETE FROM account_links WHERE customer = ?1 AND purpose = ?2", *customer,
          static_cast<std::int64_t>(LinkPurpose::verify));
    return customer;
}

std::optional<CustomerId> complete_reset_in(SqliteConnection& c, const Hash256& key, const std::string& hash,
                                            const Uuid& letter, WallTime now) {
    const auto customer = find_link(c, key, LinkPurpose::reset, now);
    if (!customer) return std::nullopt;
    c.run("UPDATE customers SET password_hash = ?2, password_version = password_version + 1 WHERE id = ?1", *customer,
          hash);
    activate(c, *customer, now);
    c.run("DELETE FROM sessions WHERE customer = ?1", *customer);
    c.run("DELETE FROM account_links WHERE customer = ?1", *customer);
    std::string claim;
    {
        auto q = c.query("SELECT address FROM email_claims WHERE customer = ?1", *customer);
        if (q.step()) claim = q.text(0);
    }
    add_letter(c, letter, LetterKind::password_changed, claim, now);
    return customer;
}

std::vector<Accounts::Letter> take_letters_in(SqliteConnection& c, WallTime now, WallTime hidden_until,
                                              std::size_t letters_max) {
    std::vector<Accounts::Letter> letters;
    std::vector<std::string> claims;
    {
        auto q = c.query(
            "SELECT id, kind, attempts, address FROM account_letters WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2",
            to_unix_ms(now), static_cast<std::int64_t>(letters_max));
        while (q.step()) {
            letters.push_back({.id = q.uuid(0),
                               .kind = static_cast<LetterKind>(q.integer(1)),
                               .attempt = q.integer(2) + 1,
                               .account = {}});
            claims.push_back(q.text(3));
        }
    }
    for (std::size_t i = 0; i < letters.size(); ++i) {
        letters[i].account = find_claimant(c, claims[i]);
        c.run("UPDATE account_letters SET due_at = ?2, attempts = attempts + 1 WHERE id = ?1", letters[i].id,
              to_unix_ms(hidden_until));
    }
    return letters;
}

}  // namespace

Accounts::Answer<Accounts::SignedUp> SqliteAccounts::sign_up(NewAccount account, Uuid letter, bool may_tell_owner) {
    auto work = [&account, letter, may_tell_owner](SqliteConnection& c) {
        OutboxMessageWriter events{"customers", account.id.uuid};
        const bool created = add_account(c, account, false, events);
        events.write(c, account.created_at);
        if (created || may_tell_owner)
            add_letter(c, letter, created ? LetterKind::verify : LetterKind::already_claimed, account.email.claim(),
                       account.created_at);
        return created ? SignedUp::created : SignedUp::address_taken;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::size_t> SqliteAccounts::add_verified(std::vector<NewAccount> accounts) {
    MD_ASSERT(!accounts.empty() && accounts.size() <= kBatchMax);
    auto work = [&accounts](SqliteConnection& c) {
        // The first account's id, which nobody else has, names the batch.
        OutboxMessageWriter events{"customers", accounts.front().id.uuid};
        std::size_t added = 0;
        for (const auto& account : accounts) added += add_account(c, account, true, events) ? 1 : 0;
        events.write(c, accounts.front().created_at);
        return added;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::optional<Account>> SqliteAccounts::find_by_claim(std::string claim) {
    auto work = [&claim](SqliteConnection& c) { return find_claimant(c, claim); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Accounts::Answer<std::optional<Account>> SqliteAccounts::find(CustomerId customer) {
    auto work = [customer](SqliteConnection& c) { return find_account(c, customer); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Accounts::Answer<std::vector<Account>> SqliteAccounts::list(std::optional<CustomerId> before,
                                                            std::size_t accounts_max) {
    auto work = [&](SqliteConnection& c) {
        std::vector<Account> accounts;
        constexpr Uuid kLast{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
        auto q = c.query(
            "SELECT id, email, password_hash, password_version, locale, verified_at, created_at FROM customers"
            " WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            before ? before->uuid : kLast, static_cast<std::int64_t>(accounts_max));
        while (q.step()) accounts.push_back(read_account(q));
        return accounts;
    };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Accounts::Answer<std::monostate> SqliteAccounts::rehash(CustomerId customer, std::int64_t version,
                                                        std::string password_hash) {
    auto work = [&password_hash, customer, version](SqliteConnection& c) {
        c.run("UPDATE customers SET password_hash = ?3 WHERE id = ?1 AND password_version = ?2", customer, version,
              password_hash);
        return std::monostate{};
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::monostate> SqliteAccounts::ask_reset(std::string claim, Uuid letter, WallTime now) {
    auto work = [&claim, letter, now](SqliteConnection& c) {
        add_letter(c, letter, LetterKind::reset, claim, now);
        return std::monostate{};
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::monostate> SqliteAccounts::add_link(Link link) {
    auto work = [&link](SqliteConnection& c) {
        c.run(
            "INSERT INTO account_links (key, purpose, customer, expires_at) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT DO NOTHING",
            link.key, static_cast<std::int64_t>(link.purpose), link.customer, to_unix_ms(link.expires_at));
        return std::monostate{};
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::optional<CustomerId>> SqliteAccounts::verify(Hash256 key, WallTime now) {
    auto work = [&key, now](SqliteConnection& c) { return verify_in(c, key, now); };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::optional<Account>> SqliteAccounts::find_reset(Hash256 key, WallTime now) {
    auto work = [&key, now](SqliteConnection& c) {
        const auto customer = find_link(c, key, LinkPurpose::reset, now);
        return customer ? find_account(c, *customer) : std::nullopt;
    };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Accounts::Answer<std::optional<CustomerId>> SqliteAccounts::complete_reset(Hash256 key, std::string password_hash,
                                                                           Uuid letter, WallTime now) {
    auto work = [&key, &password_hash, letter, now](SqliteConnection& c) {
        return complete_reset_in(c, key, password_hash, letter, now);
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::vector<Accounts::Letter>> SqliteAccounts::take_letters(WallTime now, WallTime hidden_until,
                                                                             std::size_t letters_max) {
    auto work = [now, hidden_until, letters_max](SqliteConnection& c) {
        return take_letters_in(c, now, hidden_until, letters_max);
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::monostate> SqliteAccounts::letter_done(Uuid letter) {
    auto work = [letter](SqliteConnection& c) {
        c.run("DELETE FROM account_letters WHERE id = ?1", letter);
        return std::monostate{};
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::size_t> SqliteAccounts::purge_unverified(WallTime before, std::size_t accounts_max) {
    auto work = [before, accounts_max](SqliteConnection& c) {
        std::vector<CustomerId> forgotten;
        {
            auto q = c.query(
                "SELECT id FROM customers WHERE verified_at IS NULL AND created_at < ?1 ORDER BY created_at LIMIT ?2",
                to_unix_ms(before), static_cast<std::int64_t>(accounts_max));
            while (q.step()) forgotten.push_back(CustomerId{q.uuid(0)});
        }
        for (const CustomerId& customer : forgotten) {
            c.run("DELETE FROM sessions WHERE customer = ?1", customer);
            c.run("DELETE FROM account_links WHERE customer = ?1", customer);
            c.run("DELETE FROM email_claims WHERE customer = ?1", customer);
            c.run("DELETE FROM customers WHERE id = ?1", customer);
        }
        return forgotten.size();
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Accounts::Answer<std::size_t> SqliteAccounts::purge_links(WallTime now, std::size_t links_max) {
    auto work = [now, links_max](SqliteConnection& c) {
        c.run(
            "DELETE FROM account_links WHERE key IN"
            " (SELECT key FROM account_links WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
            to_unix_ms(now), static_cast<std::int64_t>(links_max));
        return static_cast<std::size_t>(c.changes());
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

}  // namespace marketday::adapters
