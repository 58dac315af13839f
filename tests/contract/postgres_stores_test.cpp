#include "adapters/distributed/postgres_accounts.hpp"
#include "adapters/distributed/postgres_baskets.hpp"
#include "adapters/distributed/postgres_catalogue.hpp"
#include "adapters/distributed/postgres_event_bus.hpp"
#include "adapters/distributed/postgres_leases.hpp"
#include "adapters/distributed/postgres_line_book.hpp"
#include "adapters/distributed/postgres_operators.hpp"
#include "adapters/distributed/postgres_operators_log.hpp"
#include "adapters/distributed/postgres_order_book.hpp"
#include "adapters/distributed/postgres_payment_journal.hpp"
#include "adapters/distributed/postgres_sessions.hpp"
#include "adapters/distributed/postgres_statistics.hpp"
#include "tests/contract/accounts_contract.hpp"
#include "tests/contract/baskets_contract.hpp"
#include "tests/contract/catalogue_contract.hpp"
#include "tests/contract/event_bus_contract.hpp"
#include "tests/contract/leases_contract.hpp"
#include "tests/contract/line_book_contract.hpp"
#include "tests/contract/operators_contract.hpp"
#include "tests/contract/operators_log_contract.hpp"
#include "tests/contract/payment_journal_contract.hpp"
#include "tests/contract/sessions_contract.hpp"
#include "tests/contract/statistics_contract.hpp"
#include "tests/support/postgres_server.hpp"

namespace marketday::contract {
namespace {

adapters::ShopTerms terms_in(Currency currency) { return {currency, {}}; }

class PostgresAccountsStore final : public AccountsStore {
public:
    ports::Accounts& accounts() override { return accounts_; }
    ports::Sessions& sessions() override { return sessions_; }

private:
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1}};
    adapters::PostgresAccounts accounts_{store_.database()};
    adapters::PostgresSessions sessions_{store_.database()};
};

class PostgresOperatorsStore final : public OperatorsStore {
public:
    ports::Operators& operators() override { return operators_; }

private:
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    adapters::PostgresOperators operators_{store_.database()};
};

class PostgresOperatorsLogStore final : public OperatorsLogStore {
public:
    ports::OperatorsLog& log() override { return log_; }

private:
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    adapters::PostgresOperatorsLog log_{store_.database()};
};

class PostgresLineBookStore final : public LineBookStore {
public:
    ports::LineBook& book() override { return *book_; }
    ports::Leases& leases() override { return *leases_; }
    void reopen() override {
        book_.reset();
        leases_.reset();
        store_.reopen();
        book_ = std::make_unique<adapters::PostgresLineBook>(store_.database());
        leases_ = std::make_unique<adapters::PostgresLeases>(store_.database());
    }

private:
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    std::unique_ptr<adapters::PostgresLineBook> book_ = std::make_unique<adapters::PostgresLineBook>(store_.database());
    std::unique_ptr<adapters::PostgresLeases> leases_ = std::make_unique<adapters::PostgresLeases>(store_.database());
};

class PostgresLeasesStore final : public LeasesStore {
public:
    ports::Leases& leases() override { return leases_; }

private:
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    adapters::PostgresLeases leases_{store_.database()};
};

class PostgresJournalStore final : public JournalStore {
public:
    ports::PaymentJournal& journal() override { return journal_; }
    ports::Leases& leases() override { return leases_; }

private:
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    adapters::PostgresPaymentJournal journal_{store_.database()};
    adapters::PostgresLeases leases_{store_.database()};
};

class PostgresBusStore final : public BusStore {
public:
    ports::EventBus& bus() override { return bus_; }
    ports::EventMemory& memory() override { return memory_; }
    ports::Leases& leases() override { return leases_; }
    ManualClock& clock() override { return clock_; }

private:
    ManualClock clock_;
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    adapters::PostgresEventBus bus_{store_.database(), clock_};
    adapters::PostgresEventMemory memory_{store_.database()};
    adapters::PostgresLeases leases_{store_.database()};
};

class PostgresBasketsStore final : public BasketsStore {
public:
    ports::Baskets& baskets() override { return baskets_; }

private:
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1}};
    adapters::PostgresBaskets baskets_{store_.database()};
};

class PostgresCatalogueStore final : public CatalogueStore {
public:
    ports::Catalogue& catalogue() override { return catalogue_; }
    ports::OrderBook& order_book() override { return *order_book_; }

private:
    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    adapters::PostgresCatalogue catalogue_{store_.database(), clock_};
    std::unique_ptr<ports::OrderBook> order_book_ =
        adapters::make_postgres_order_book(store_.database(), terms_in(*Currency::parse("KRW")), clock_, uuids_);
};

class PostgresStatisticsStore final : public StatisticsStore {
public:
    ports::Statistics& statistics() override { return statistics_; }
    ports::Leases& leases() override { return leases_; }
    void stock(const std::vector<std::string>& skus) override {
        std::vector<ports::OrderBook::Offer> offers;
        for (const auto& sku : skus) offers.push_back({sku, Money{1000, *Currency::parse("KRW")}, false, 0, 0});
        ASSERT_TRUE(run_task(book_->set_offers(offers)));
    }

private:
    TemporaryPostgres store_{{.connections = 1, .operator_connections = 1}};
    SystemClock clock_;
    SeededRandom random_{1};
    UuidSource uuids_{clock_, random_};
    std::unique_ptr<ports::OrderBook> book_ =
        adapters::make_postgres_order_book(store_.database(), terms_in(*Currency::parse("KRW")), clock_, uuids_);
    adapters::PostgresLeases leases_{store_.database()};
    adapters::PostgresStatistics statistics_{store_.database()};
};

template <class Factory, class Store>
Factory made() {
    return Factory{"postgres", [] { return std::make_unique<Store>(); }};
}
const auto kAccounts = made<AccountsFactory, PostgresAccountsStore>();
const auto kName = [](const auto& of) { return of.param.name; };

INSTANTIATE_TEST_SUITE_P(Postgres, AccountsContract, testing::Values(kAccounts), kName);
INSTANTIATE_TEST_SUITE_P(Postgres, SessionsContract, testing::Values(kAccounts), kName);
INSTANTIATE_TEST_SUITE_P(Postgres, OperatorsContract, testing::Values(made<OperatorsFactory, PostgresOperatorsStore>()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Postgres, OperatorsLogContract,
                         testing::Values(made<OperatorsLogFactory, PostgresOperatorsLogStore>()), kName);
INSTANTIATE_TEST_SUITE_P(Postgres, LineBookContract, testing::Values(made<LineBookFactory, PostgresLineBookStore>()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Postgres, LeasesContract, testing::Values(made<LeasesFactory, PostgresLeasesStore>()), kName);
INSTANTIATE_TEST_SUITE_P(Postgres, PaymentJournalContract,
                         testing::Values(made<JournalFactory, PostgresJournalStore>()), kName);
INSTANTIATE_TEST_SUITE_P(Postgres, EventBusContract, testing::Values(made<BusFactory, PostgresBusStore>()), kName);
INSTANTIATE_TEST_SUITE_P(Postgres, BasketsContract, testing::Values(made<BasketsFactory, PostgresBasketsStore>()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Postgres, CatalogueContract, testing::Values(made<CatalogueFactory, PostgresCatalogueStore>()),
                         kName);
INSTANTIATE_TEST_SUITE_P(Postgres, StatisticsContract,
                         testing::Values(made<StatisticsFactory, PostgresStatisticsStore>()), kName);

}  // namespace
}  // namespace marketday::contract
