#include "adapters/embedded/sandbox_payment_gateway.hpp"
#include "adapters/embedded/sqlite_event_bus.hpp"
#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/embedded/sqlite_payment_journal.hpp"
#include "tests/contract/event_bus_contract.hpp"
#include "tests/contract/leases_contract.hpp"
#include "tests/contract/payment_gateway_contract.hpp"
#include "tests/contract/payment_journal_contract.hpp"
#include "tests/support/sqlite_store.hpp"

namespace marketday::contract {
namespace {

class SqliteLeasesStore final : public LeasesStore {
public:
    ports::Leases& leases() override { return leases_; }

private:
    TemporaryStore store_;
    adapters::SqliteLeases leases_{store_.database()};
};

class SqliteJournalStore final : public JournalStore {
public:
    ports::PaymentJournal& journal() override { return journal_; }
    ports::Leases& leases() override { return leases_; }

private:
    TemporaryStore store_;
    adapters::SqlitePaymentJournal journal_{store_.database()};
    adapters::SqliteLeases leases_{store_.database()};
};

class SqliteBusStore final : public BusStore {
public:
    ports::EventBus& bus() override { return bus_; }
    ports::EventMemory& memory() override { return memory_; }
    ports::Leases& leases() override { return leases_; }
    ManualClock& clock() override { return clock_; }

private:
    ManualClock clock_;
    TemporaryStore store_;
    adapters::SqliteEventBus bus_{store_.database(), clock_};
    adapters::SqliteEventMemory memory_{store_.database()};
    adapters::SqliteLeases leases_{store_.database()};
};

class SandboxUnderTest final : public GatewayUnderTest {
public:
    SandboxUnderTest() { restart(); }
    ports::PaymentGateway& gateway() override { return *gateway_; }
    std::string good_token() override { return "tok_ok"; }
    std::string declined_token() override { return "tok_decline"; }
    void restart() override {
        gateway_.reset();
        adapters::SandboxPaymentGateway::Options options;
        options.file = directory_.path() / "sandbox-gateway.db";
        gateway_ = std::make_unique<adapters::SandboxPaymentGateway>(options);
    }

private:
    TemporaryDirectory directory_;
    std::unique_ptr<adapters::SandboxPaymentGateway> gateway_;
};

constexpr auto kName = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(Sqlite, LeasesContract,
                         testing::Values(LeasesFactory{"sqlite", [] { return std::make_unique<SqliteLeasesStore>(); }}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Sqlite, PaymentJournalContract,
                         testing::Values(JournalFactory{"sqlite",
                                                        [] { return std::make_unique<SqliteJournalStore>(); }}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Sqlite, EventBusContract,
                         testing::Values(BusFactory{"sqlite", [] { return std::make_unique<SqliteBusStore>(); }}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Sandbox, PaymentGatewayContract,
                         testing::Values(GatewayFactory{"sandbox",
                                                        [] { return std::make_unique<SandboxUnderTest>(); }}),
                         kName);

}  // namespace
}  // namespace marketday::contract
