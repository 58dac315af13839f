#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/operators.hpp"

namespace marketday::adapters {

/// Operators in PostgreSQL: tables operators, operator_sessions,
/// operator_totp, operator_recovery_codes. Writes go before the shoppers'.
class PostgresOperators final : public ports::Operators {
public:
    explicit PostgresOperators(PostgresDatabase& database) : database_(database) {}

    Answer<Added> add(ports::Operator who, bool only_if_first) override;
    Answer<std::optional<ports::Operator>> find(std::string name) override;
    Answer<std::vector<ports::Operator>> list() override;
    Answer<bool> set_password(std::string name, std::string old_hash, std::string new_hash) override;
    Answer<Changed> change(std::string name, Change change) override;
    Answer<std::optional<Totp>> find_totp(std::string name) override;
    Answer<bool> begin_totp(std::string name, TotpNonce nonce) override;
    Answer<bool> confirm_totp(std::string name, TotpNonce nonce, std::int64_t step,
                              std::vector<Hash256> recovery_codes) override;
    Answer<bool> use_totp_step(std::string name, std::int64_t step) override;
    Answer<bool> use_recovery_code(std::string name, Hash256 code) override;
    Answer<bool> end_totp(std::string name) override;
    Answer<bool> add_session(Hash256 key, std::string name, std::string password_hash, WallTime created_at,
                             WallTime expires_at) override;
    Answer<std::optional<Session>> find_session(Hash256 key, WallTime now) override;
    Answer<std::vector<OpenSession>> open_sessions(WallTime now, std::size_t sessions_max) override;
    Answer<std::monostate> end_session(Hash256 key) override;
    Answer<std::size_t> purge_sessions(WallTime now, std::size_t sessions_max) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
