#include <algorithm>

#include "adapters/embedded/sqlite_operators.hpp"
#include "adapters/embedded/sqlite_operators_answers.hpp"

namespace marketday::adapters {
namespace {

using ports::Operators;
using Priority = SqliteDatabase::Priority;

std::optional<Operators::Totp> find_totp_in(SqliteConnection& c, const std::string& name) {
    auto q = c.query(
        "SELECT nonce, confirmed, last_step,"
        " (SELECT count(*) FROM operator_recovery_codes r WHERE r.name = t.name)"
        " FROM operator_totp t WHERE name = ?1",
        name);
    if (!q.step()) return std::nullopt;
    Operators::Totp totp{.nonce = {},
                         .confirmed = q.integer(1) != 0,
                         .last_step = q.integer(2),
                         .recovery_codes = static_cast<std::size_t>(q.integer(3))};
    const auto nonce = q.blob(0);
    if (nonce.size() == totp.nonce.size()) std::ranges::copy(nonce, totp.nonce.begin());
    return totp;
}

bool confirm_totp_in(SqliteConnection& c, const std::string& name, const Operators::TotpNonce& nonce, std::int64_t step,
                     const std::vector<Hash256>& recovery_codes) {
    c.run(
        "UPDATE operator_totp SET confirmed = 1, last_step = ?3 WHERE name = ?1 AND nonce = ?2 AND confirmed = 0"
        " AND last_step < ?3",
        name, std::span<const std::uint8_t>{nonce}, step);
    if (c.changes() != 1) return false;
    c.run("DELETE FROM operator_recovery_codes WHERE name = ?1", name);
    for (const Hash256& code : recovery_codes)
        c.run("INSERT INTO operator_recovery_codes (name, key) VALUES (?1, ?2)", name,
              std::span<const std::uint8_t>{code});
    return true;
}

}  // namespace

Operators::Answer<std::optional<Operators::Totp>> SqliteOperators::find_totp(std::string name) {
    auto work = [&name](SqliteConnection& c) { return find_totp_in(c, name); };
    auto found = co_await database_.read(work);
    co_return to_operators_answer(std::move(found));
}

Operators::Answer<bool> SqliteOperators::begin_totp(std::string name, TotpNonce nonce) {
    auto work = [&](SqliteConnection& c) {
        c.run(
            "INSERT INTO operator_totp (name, nonce) SELECT name, ?2 FROM operators WHERE name = ?1"
            " ON CONFLICT (name) DO UPDATE SET nonce = ?2, last_step = 0 WHERE confirmed = 0",
            name, std::span<const std::uint8_t>{nonce});
        return c.changes() == 1;
    };
    auto written = co_await database_.write(Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<bool> SqliteOperators::confirm_totp(std::string name, TotpNonce nonce, std::int64_t step,
                                                      std::vector<Hash256> recovery_codes) {
    auto work = [&](SqliteConnection& c) { return confirm_totp_in(c, name, nonce, step, recovery_codes); };
    auto written = co_await database_.write(Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<bool> SqliteOperators::use_totp_step(std::string name, std::int64_t step) {
    auto work = [&](SqliteConnection& c) {
        c.run("UPDATE operator_totp SET last_step = ?2 WHERE name = ?1 AND confirmed = 1 AND last_step < ?2", name,
              step);
        return c.changes() == 1;
    };
    auto written = co_await database_.write(Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<bool> SqliteOperators::use_recovery_code(std::string name, Hash256 code) {
    auto work = [&](SqliteConnection& c) {
        c.run("DELETE FROM operator_recovery_codes WHERE name = ?1 AND key = ?2", name,
              std::span<const std::uint8_t>{code});
        return c.changes() == 1;
    };
    auto written = co_await database_.write(Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<bool> SqliteOperators::end_totp(std::string name) {
    auto work = [&](SqliteConnection& c) {
        c.run("DELETE FROM operator_recovery_codes WHERE name = ?1", name);
        c.run("DELETE FROM operator_totp WHERE name = ?1", name);
        return c.changes() == 1;
    };
    auto written = co_await database_.write(Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

}  // namespace marketday::adapters
