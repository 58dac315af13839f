#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/accounts.hpp"

namespace marketday::adapters {

/// Accounts in PostgreSQL: tables customers, email_claims, account_links, account_letters.
class PostgresAccounts final : public ports::Accounts {
public:
    explicit PostgresAccounts(PostgresDatabase& database) : database_(database) {}

    Answer<SignedUp> sign_up(NewAccount account, Uuid letter, bool may_tell_owner) override;
    Answer<std::size_t> add_verified(std::vector<NewAccount> accounts) override;
    Answer<std::optional<ports::Account>> find_by_claim(std::string claim) override;
    Answer<std::optional<ports::Account>> find(CustomerId customer) override;
    Answer<std::vector<ports::Account>> list(std::optional<CustomerId> before, std::size_t accounts_max) override;
    Answer<std::monostate> rehash(CustomerId customer, std::int64_t version, std::string password_hash) override;
    Answer<std::monostate> ask_reset(std::string claim, Uuid letter, WallTime now) override;
    Answer<std::monostate> add_link(Link link) override;
    Answer<std::optional<CustomerId>> verify(Hash256 key, WallTime now) override;
    Answer<std::optional<ports::Account>> find_reset(Hash256 key, WallTime now) override;
    Answer<std::optional<CustomerId>> complete_reset(Hash256 key, std::string password_hash, Uuid letter,
                                                     WallTime now) override;
    Answer<std::vector<Letter>> take_letters(WallTime now, WallTime hidden_until, std::size_t letters_max) override;
    Answer<std::monostate> letter_done(Uuid letter) override;
    Answer<std::size_t> purge_unverified(WallTime before, std::size_t accounts_max) override;
    Answer<std::size_t> purge_links(WallTime now, std::size_t links_max) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
