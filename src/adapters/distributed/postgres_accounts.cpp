#include "adapters/distributed/postgres_accounts.hpp"

#include <fmt/format.h>

#include <set>

#include "adapters/stored/event_message.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using ports::Account;
using ports::Accounts;
using ports::LetterKind;
using ports::LinkPurpose;
using Error = Accounts::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;

constexpr std::int64_t kPending = 1;
constexpr std::int64_t kActive = 2;

#define MARKETDAY_PG_ACCOUNT_COLUMNS \
    "u.id, u.email, u.password_hash, u.password_version, u.locale, u.verified_at, u.created_at"

Account read_account(const PostgresRows& row, int first = 0) {
    return Account{.id = CustomerId{row.uuid(first)},
                   .email = row.text(first + 1),
                   .password_hash = row.text(first + 2),
                   .password_version = row.integer(first + 3),
                   .locale = static_cast<domain::Locale>(row.integer(first + 4)),
                   .verified = !row.is_null(first + 5),
                   .created_at = from_unix_ms(row.integer(first + 6))};
}

Task<std::optional<Account>> find_account(PostgresSession& session, const CustomerId& customer) {
    auto row =
        co_await session.query("SELECT " MARKETDAY_PG_ACCOUNT_COLUMNS " FROM customers u WHERE u.id = $1", customer);
    if (!row.step()) co_return std::nullopt;
    co_return read_account(row);
}

Task<std::optional<Account>> find_claimant(PostgresSession& session, const std::string& claim) {
    auto row = co_await session.query("SELECT " MARKETDAY_PG_ACCOUNT_COLUMNS
                                      " FROM email_claims e JOIN customers u ON u.id = e.customer WHERE e.address = $1",
                                      claim);
    if (!row.step()) co_return std::nullopt;
    co_return read_account(row);
}

/// Those whose address was free. Of two with one address in a batch the first has it; of two in two batches one breaks
/// the constraint, is run again, and finds the address taken.
Task<std::set<CustomerId>> add_accounts(PostgresSession& session, const std::vector<Accounts::NewAccount>& accounts,
                                        bool verified) {
    PostgresArray ids{Of::uuids}, emails{Of::texts}, hashes{Of::texts}, locales{Of::integers}, created{Of::integers},
        claims{Of::texts};
    for (const auto& account : accounts) {
        ids.add(account.id), emails.add(account.email.text()), hashes.add(account.password_hash);
        locales.add(static_cast<std::int64_t>(account.locale)), created.add(to_unix_ms(account.created_at));
        claims.add(account.email.claim());
    }
    std::vector<PostgresStatement> one;
    one.push_back(PostgresSession::statement(
        "WITH wanted AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[],"
        " $6::text[]) WITH ORDINALITY AS n (id, email, hash, locale, created, claim, place)),"
        " free AS (SELECT DISTINCT ON (w.claim COLLATE \"C\") w.* FROM wanted w WHERE NOT EXISTS"
        " (SELECT 1 FROM email_claims e WHERE e.address = w.claim) ORDER BY w.claim COLLATE \"C\", w.place),"
        " made AS (INSERT INTO customers (id, email, password_hash, password_version, locale, verified_at, created_at)"
        " SELECT f.id, f.email, f.hash, $7, f.locale, CASE WHEN $8 = 1 THEN f.created END, f.created FROM free f"
        " RETURNING id),"
        " claimed AS (INSERT INTO email_claims (address, customer, state, claimed_at)"
        " SELECT f.claim, f.id, $9, f.created FROM free f)"
        " SELECT id FROM made",
        ids.take(), emails.take(), hashes.take(), locales.take(), created.take(), claims.take(),
        Accounts::kFirstPasswordVersion, verified, verified ? kActive : kPending));
    auto answers = co_await session.query_all(std::move(one));
    std::set<CustomerId> added;
    while (answers.front().step()) added.insert(CustomerId{answers.front().uuid(0)});
    co_return added;
}

void tell_signed_up(EventMessage& events, const Accounts::NewAccount& account) {
    events.add("customer.signed_up", account.created_at, fmt::format(R"("customer":"{}")", account.id.to_string()));
}

PostgresStatement add_letter(const Uuid& id, LetterKind kind, const std::string& claim, WallTime now) {
    return PostgresSession::statement(
        "INSERT INTO account_letters (id, kind, address, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", id,
        static_cast<std::int64_t>(kind), claim, to_unix_ms(now));
}

Task<Accounts::SignedUp> sign_up_one(PostgresSession& session, const std::vector<Accounts::NewAccount>& one,
                                     const Uuid& letter, const bool& may_tell_owner) {
    const Accounts::NewAccount& account = one.front();
    const auto added = co_await add_accounts(session, one, false);
    const bool created = !added.empty();
    std::vector<PostgresStatement> last;
    if (created || may_tell_owner)
        last.push_back(add_letter(letter, created ? LetterKind::verify : LetterKind::already_claimed,
                                  account.email.claim(), account.created_at));
    if (created) {
        EventMessage events{"customers", account.id.uuid};
        tell_signed_up(events, account);
        last.push_back(PostgresSession::statement("SELECT add_outbox($1, $2, $3)", to_unix_ms(account.created_at),
                                                  events.topic(), events.text()));
    }
    co_await session.finish_with(std::move(last));
    co_return created ? Accounts::SignedUp::created : Accounts::SignedUp::address_taken;
}

Task<std::size_t> add_all_verified(PostgresSession& session, const std::vector<Accounts::NewAccount>& accounts) {
    const auto added = co_await add_accounts(session, accounts, true);
    // The first account's id, which nobody else has, names the batch.
    EventMessage events{"customers", accounts.front().id.uuid};
    for (const auto& account : accounts)
        if (added.contains(account.id)) tell_signed_up(events, account);
    if (added.empty()) co_return std::size_t{0};
    auto last = PostgresSession::statement("SELECT add_outbox($1, $2, $3)", to_unix_ms(accounts.front().created_at),
                                           events.topic(), events.text());
    co_await session.finish_with(std::move(last));
    co_return added.size();
}

/// Whose link it is; used up by whoever locks it first.
Task<std::optional<CustomerId>> find_link(PostgresSession& session, const Hash256& key, LinkPurpose purpose,
                                          WallTime now, bool locked) {
    std::vector<PostgresStatement> one;
    one.push_back(PostgresSession::statement(
        locked ? "SELECT customer FROM account_links WHERE key = $1 AND purpose = $2 AND expires_at > $3 FOR UPDATE"
               : "SELECT customer FROM account_links WHERE key = $1 AND purpose = $2 AND expires_at > $3",
        key, static_cast<std::int64_t>(purpose), to_unix_ms(now)));
    auto answers = co_await session.query_all(std::move(one));
    if (!answers.front().step()) co_return std::nullopt;
    co_return CustomerId{answers.front().uuid(0)};
}

void activate(std::vector<PostgresStatement>& statements, const CustomerId& customer, WallTime now) {
    statements.push_back(
        PostgresSession::statement("UPDATE email_claims SET state = $2 WHERE customer = $1", customer, kActive));
    statements.push_back(PostgresSession::statement(
        "UPDATE customers SET verified_at = $2 WHERE id = $1 AND verified_at IS NULL", customer, to_unix_ms(now)));
}

Task<std::optional<CustomerId>> verify_one(PostgresSession& session, const Hash256& key, const WallTime& now) {
    const auto customer = co_await find_link(session, key, LinkPurpose::verify, now, true);
    if (!customer) co_return std::nullopt;
    std::vector<PostgresStatement> last;
    activate(last, *customer, now);
    last.push_back(PostgresSession::statement("DELETE FROM account_links WHERE customer = $1 AND purpose = $2",
                                              *customer, static_cast<std::int64_t>(LinkPurpose::verify)));
    co_await session.finish_with(std::move(last));
    co_return customer;
}

Task<std::optional<CustomerId>> reset_one(PostgresSession& session, const Hash256& key, const std::string& hash,
                                          const Uuid& letter, const WallTime& now) {
    const auto customer = co_await find_link(session, key, LinkPurpose::reset, now, true);
    if (!customer) co_return std::nullopt;
    auto claims = co_await session.query("SELECT address FROM email_claims WHERE customer = $1", *customer);
    const std::string claim = claims.step() ? claims.text(0) : std::string{};
    std::vector<PostgresStatement> last;
    // The customer's row first: whoever adds a session locks it too.
    last.push_back(PostgresSession::statement(
        "UPDATE customers SET password_hash = $2, password_version = password_version + 1 WHERE id = $1", *customer,
        hash));
    activate(last, *customer, now);
    last.push_back(PostgresSession::statement("DELETE FROM sessions WHERE customer = $1", *customer));
    last.push_back(PostgresSession::statement("DELETE FROM account_links WHERE customer = $1", *customer));
    last.push_back(add_letter(letter, LetterKind::password_changed, claim, now));
    co_await session.finish_with(std::move(last));
    co_return customer;
}

Task<std::optional<Account>> find_reset_one(PostgresSession& session, const Hash256& key, const WallTime& now) {
    const auto customer = co_await find_link(session, key, LinkPurpose::reset, now, false);
    if (!customer) co_return std::nullopt;
    auto account = co_await find_account(session, *customer);
    co_return account;
}

Task<std::vector<Account>> list_accounts(PostgresSession& session, const std::optional<CustomerId>& before,
                                         const std::size_t& accounts_max) {
    constexpr Uuid kLast{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    auto rows = co_await session.query("SELECT " MARKETDAY_PG_ACCOUNT_COLUMNS
                                       " FROM customers u WHERE u.id < $1 ORDER BY u.id DESC LIMIT $2",
                                       before ? before->uuid : kLast, static_cast<std::int64_t>(accounts_max));
    std::vector<Account> accounts;
    while (rows.step()) accounts.push_back(read_account(rows));
    co_return accounts;
}

Task<std::vector<Accounts::Letter>> take_due_letters(PostgresSession& session, const WallTime& now,
                                                     const WallTime& hidden_until, const std::size_t& letters_max) {
    auto rows = co_await session.query(
        "WITH due AS MATERIALIZED (SELECT id FROM account_letters WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2"
        " FOR UPDATE SKIP LOCKED), taken AS (UPDATE account_letters a SET due_at = $3, attempts = a.attempts + 1"
        " WHERE a.id IN (SELECT id FROM due) RETURNING a.id, a.kind, a.attempts, a.address)"
        " SELECT t.id, t.kind, t.attempts, " MARKETDAY_PG_ACCOUNT_COLUMNS
        " FROM taken t LEFT JOIN email_claims e ON e.address = t.address LEFT JOIN customers u ON u.id = e.customer"
        " ORDER BY t.id",
        to_unix_ms(now), static_cast<std::int64_t>(letters_max), to_unix_ms(hidden_until));
    std::vector<Accounts::Letter> letters;
    while (rows.step()) {
        auto& letter = letters.emplace_back(Accounts::Letter{.id = rows.uuid(0),
                                                             .kind = static_cast<LetterKind>(rows.integer(1)),
                                                             .attempt = rows.integer(2),
                                                             .account = {}});
        if (!rows.is_null(3)) letter.account = read_account(rows, 3);
    }
    co_return letters;
}

Task<std::size_t> purge_accounts(PostgresSession& session, const WallTime& before, const std::size_t& accounts_max) {
    auto rows = co_await session.query(
        "SELECT id FROM customers WHERE verified_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2 FOR "
        "UPDATE",
        to_unix_ms(before), static_cast<std::int64_t>(accounts_max));
    PostgresArray ids{Of::uuids};
    while (rows.step()) ids.add(rows.uuid(0));
    const std::size_t forgotten = ids.size();
    if (forgotten == 0) co_return forgotten;
    const PostgresValue customers = ids.take();
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement("DELETE FROM sessions WHERE customer = ANY ($1)", customers));
    last.push_back(PostgresSession::statement("DELETE FROM account_links WHERE customer = ANY ($1)", customers));
    last.push_back(PostgresSession::statement("DELETE FROM email_claims WHERE customer = ANY ($1)", customers));
    last.push_back(PostgresSession::statement("DELETE FROM customers WHERE id = ANY ($1)", customers));
    co_await session.finish_with(std::move(last));
    co_return forgotten;
}

/// A single statement whose rows nobody needs.
Task<std::monostate> run_one(PostgresSession& session, const PostgresStatement& statement) {
    std::vector<PostgresStatement> one;
    one.push_back(statement);
    co_await session.query_all(std::move(one));
    co_return std::monostate{};
}

}  // namespace

Accounts::Answer<Accounts::SignedUp> PostgresAccounts::sign_up(NewAccount account, Uuid letter, bool may_tell_owner) {
    std::vector<NewAccount> one;
    one.push_back(std::move(account));
    auto written = co_await database_.write(Priority::shoppers, &sign_up_one, one, letter, may_tell_owner);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::size_t> PostgresAccounts::add_verified(std::vector<NewAccount> accounts) {
    MD_ASSERT(!accounts.empty() && accounts.size() <= kBatchMax);
    auto written = co_await database_.write(Priority::shoppers, &add_all_verified, accounts);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::optional<Account>> PostgresAccounts::find_by_claim(std::string claim) {
    auto found = co_await database_.read(&find_claimant, claim);
    co_return to_port<Error>(std::move(found));
}

Accounts::Answer<std::optional<Account>> PostgresAccounts::find(CustomerId customer) {
    auto found = co_await database_.read(&find_account, customer);
    co_return to_port<Error>(std::move(found));
}

Accounts::Answer<std::vector<Account>> PostgresAccounts::list(std::optional<CustomerId> before,
                                                              std::size_t accounts_max) {
    auto found = co_await database_.read(&list_accounts, before, accounts_max);
    co_return to_port<Error>(std::move(found));
}

Accounts::Answer<std::monostate> PostgresAccounts::rehash(CustomerId customer, std::int64_t version,
                                                          std::string password_hash) {
    const auto statement =
        PostgresSession::statement("UPDATE customers SET password_hash = $3 WHERE id = $1 AND password_version = $2",
                                   customer, version, password_hash);
    auto written = co_await database_.write(Priority::shoppers, &run_one, statement);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::monostate> PostgresAccounts::ask_reset(std::string claim, Uuid letter, WallTime now) {
    const auto statement = add_letter(letter, LetterKind::reset, claim, now);
    auto written = co_await database_.write(Priority::shoppers, &run_one, statement);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::monostate> PostgresAccounts::add_link(Link link) {
    const auto statement = PostgresSession::statement(
        "INSERT INTO account_links (key, purpose, customer, expires_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        link.key, static_cast<std::int64_t>(link.purpose), link.customer, to_unix_ms(link.expires_at));
    auto written = co_await database_.write(Priority::shoppers, &run_one, statement);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::optional<CustomerId>> PostgresAccounts::verify(Hash256 key, WallTime now) {
    auto written = co_await database_.write(Priority::shoppers, &verify_one, key, now);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::optional<Account>> PostgresAccounts::find_reset(Hash256 key, WallTime now) {
    auto found = co_await database_.read_snapshot(&find_reset_one, key, now);
    co_return to_port<Error>(std::move(found));
}

Accounts::Answer<std::optional<CustomerId>> PostgresAccounts::complete_reset(Hash256 key, std::string password_hash,
                                                                             Uuid letter, WallTime now) {
    auto written = co_await database_.write(Priority::shoppers, &reset_one, key, password_hash, letter, now);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::vector<Accounts::Letter>> PostgresAccounts::take_letters(WallTime now, WallTime hidden_until,
                                                                               std::size_t letters_max) {
    auto written = co_await database_.write(Priority::shoppers, &take_due_letters, now, hidden_until, letters_max);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::monostate> PostgresAccounts::letter_done(Uuid letter) {
    const auto statement = PostgresSession::statement("DELETE FROM account_letters WHERE id = $1", letter);
    auto written = co_await database_.write(Priority::shoppers, &run_one, statement);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::size_t> PostgresAccounts::purge_unverified(WallTime before, std::size_t accounts_max) {
    auto written = co_await database_.write(Priority::shoppers, &purge_accounts, before, accounts_max);
    co_return to_port<Error>(std::move(written));
}

Accounts::Answer<std::size_t> PostgresAccounts::purge_links(WallTime now, std::size_t links_max) {
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const std::int64_t& now_ms, const std::int64_t& most) -> Task<std::size_t> {
            const auto purged = co_await session.run(
                "DELETE FROM account_links WHERE key IN (SELECT key FROM account_links WHERE expires_at <= $1"
                " ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
                now_ms, most);
            co_return static_cast<std::size_t>(purged);
        },
        to_unix_ms(now), static_cast<std::int64_t>(links_max));
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
