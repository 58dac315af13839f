#include <algorithm>

#include "adapters/distributed/postgres_operators.hpp"

namespace marketday::adapters {
namespace {

using ports::Operators;
using Error = Operators::Error;
using Priority = PostgresDatabase::Priority;

std::span<const std::uint8_t> bytes_of(const Operators::TotpNonce& nonce) { return nonce; }

Task<std::optional<Operators::Totp>> find_totp_of(PostgresSession& session, const std::string& name) {
    auto row = co_await session.query(
        "SELECT nonce, confirmed, last_step,"
        " (SELECT count(*) FROM operator_recovery_codes r WHERE r.name = t.name)"
        " FROM operator_totp t WHERE name = $1",
        name);
    if (!row.step()) co_return std::nullopt;
    Operators::Totp totp{.nonce = {},
                         .confirmed = row.integer(1) != 0,
                         .last_step = row.integer(2),
                         .recovery_codes = static_cast<std::size_t>(row.integer(3))};
    const auto nonce = row.blob(0);
    if (nonce.size() == totp.nonce.size()) std::ranges::copy(nonce, totp.nonce.begin());
    co_return totp;
}

Task<bool> begin_of(PostgresSession& session, const std::string& name, const Operators::TotpNonce& nonce) {
    const auto begun = co_await session.run(
        "INSERT INTO operator_totp AS t (name, nonce) SELECT o.name, $2 FROM operators o WHERE o.name = $1"
        " ON CONFLICT (name) DO UPDATE SET nonce = $2, last_step = 0 WHERE t.confirmed = 0",
        name, bytes_of(nonce));
    co_return begun == 1;
}

Task<bool> confirm_of(PostgresSession& session, const std::string& name, const Operators::TotpNonce& nonce,
                      const std::int64_t& step, const std::vector<Hash256>& recovery_codes) {
    const auto confirmed = co_await session.run(
        "UPDATE operator_totp SET confirmed = 1, last_step = $3 WHERE name = $1 AND nonce = $2 AND confirmed = 0"
        " AND last_step < $3",
        name, bytes_of(nonce), step);
    if (confirmed != 1) co_return false;
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement("DELETE FROM operator_recovery_codes WHERE name = $1", name));
    for (const Hash256& code : recovery_codes)
        last.push_back(
            PostgresSession::statement("INSERT INTO operator_recovery_codes (name, key) VALUES ($1, $2)", name, code));
    co_await session.finish_with(std::move(last));
    co_return true;
}

Task<bool> use_step_of(PostgresSession& session, const std::string& name, const std::int64_t& step) {
    const auto used = co_await session.run(
        "UPDATE operator_totp SET last_step = $2 WHERE name = $1 AND confirmed = 1 AND last_step < $2", name, step);
    co_return used == 1;
}

Task<bool> use_code_of(PostgresSession& session, const std::string& name, const Hash256& code) {
    const auto used =
        co_await session.run("DELETE FROM operator_recovery_codes WHERE name = $1 AND key = $2", name, code);
    co_return used == 1;
}

Task<bool> end_of(PostgresSession& session, const std::string& name) {
    co_await session.run("DELETE FROM operator_recovery_codes WHERE name = $1", name);
    const auto ended = co_await session.run("DELETE FROM operator_totp WHERE name = $1", name);
    co_return ended == 1;
}

}  // namespace

Operators::Answer<std::optional<Operators::Totp>> PostgresOperators::find_totp(std::string name) {
    auto found = co_await database_.single(Priority::operators, &find_totp_of, name);
    co_return to_port<Error>(std::move(found));
}

Operators::Answer<bool> PostgresOperators::begin_totp(std::string name, TotpNonce nonce) {
    auto written = co_await database_.write(Priority::operators, &begin_of, name, nonce);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<bool> PostgresOperators::confirm_totp(std::string name, TotpNonce nonce, std::int64_t step,
                                                        std::vector<Hash256> recovery_codes) {
    auto written = co_await database_.write(Priority::operators, &confirm_of, name, nonce, step, recovery_codes);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<bool> PostgresOperators::use_totp_step(std::string name, std::int64_t step) {
    auto written = co_await database_.write(Priority::operators, &use_step_of, name, step);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<bool> PostgresOperators::use_recovery_code(std::string name, Hash256 code) {
    auto written = co_await database_.write(Priority::operators, &use_code_of, name, code);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<bool> PostgresOperators::end_totp(std::string name) {
    auto written = co_await database_.write(Priority::operators, &end_of, name);
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
