#include "adapters/embedded/sqlite_accounts.hpp"

#include "adapters/embedded/sqlite_operators.hpp"
#include "adapters/embedded/sqlite_operators_log.hpp"
#include "adapters/embedded/sqlite_sessions.hpp"
#include "tests/contract/accounts_contract.hpp"
#include "tests/contract/operators_contract.hpp"
#include "tests/contract/operators_log_contract.hpp"
#include "tests/contract/sessions_contract.hpp"
#include "tests/support/sqlite_store.hpp"

namespace marketday::contract {
namespace {

class SqliteAccountsStore final : public AccountsStore {
public:
    ports::Accounts& accounts() override { return accounts_; }
    ports::Sessions& sessions() override { return sessions_; }

private:
    TemporaryStore store_;
    adapters::SqliteAccounts accounts_{store_.database()};
    adapters::SqliteSessions sessions_{store_.database()};
};

class SqliteOperatorsStore final : public OperatorsStore {
public:
    ports::Operators& operators() override { return operators_; }

private:
    TemporaryStore store_;
    adapters::SqliteOperators operators_{store_.database()};
};

class SqliteOperatorsLogStore final : public OperatorsLogStore {
public:
    ports::OperatorsLog& log() override { return log_; }

private:
    TemporaryStore store_;
    adapters::SqliteOperatorsLog log_{store_.database()};
};

const AccountsFactory kAccounts{"sqlite", [] { return std::make_unique<SqliteAccountsStore>(); }};
const auto kName = [](const auto& made) { return made.param.name; };

INSTANTIATE_TEST_SUITE_P(Sqlite, AccountsContract, testing::Values(kAccounts), kName);
INSTANTIATE_TEST_SUITE_P(Sqlite, SessionsContract, testing::Values(kAccounts), kName);
INSTANTIATE_TEST_SUITE_P(Sqlite, OperatorsContract,
                         testing::Values(OperatorsFactory{"sqlite",
                                                          [] { return std::make_unique<SqliteOperatorsStore>(); }}),
                         kName);

INSTANTIATE_TEST_SUITE_P(Sqlite, OperatorsLogContract,
                         testing::Values(OperatorsLogFactory{
                             "sqlite", [] { return std::make_unique<SqliteOperatorsLogStore>(); }}),
                         kName);

}  // namespace
}  // namespace marketday::contract
