// The audit on PostgreSQL: a shop whose stored data holds, and the same with a fault planted in each of its tables.

#include <gtest/gtest.h>

#include "adapters/distributed/postgres_accounts.hpp"
#include "adapters/distributed/postgres_ledger.hpp"
#include "adapters/distributed/postgres_order_book.hpp"
#include "audit/audit.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/run_task.hpp"

namespace marketday {
namespace {

using adapters::PostgresSession;

class PostgresAudit : public testing::Test {
protected:
    void SetUp() override {
        const Currency krw = *Currency::parse("KRW");
        ASSERT_TRUE(run_task(book_->set_offers({{"mug", Money{12'000, krw}, false, 0, 0}})));
        ASSERT_TRUE(run_task(book_->change_stock({"mug", domain::Movement::receive, 20, "delivery"})));
        domain::Sale sale;
        sale.id = SaleId{uuids_.next(0)};
        sale.name_json = R"({"en":"Sale"})";
        sale.opens_at = clock_.wall_now() - seconds{10};
        sale.line.enabled = false;
        sale.items = {{"mug", 10, Money{900, krw}, 2, 0}};
        ASSERT_TRUE(run_task(book_->create_sale(sale)));
        std::vector<domain::OrderRequest> requests;
        for (int i = 0; i < 6; ++i) requests.push_back(request(krw, sale.id, i));
        ASSERT_TRUE(run_task(book_->place(requests)));
        domain::OrderStep step;
        step.order = requests[0].order;
        step.step = domain::Step::cancel;
        step.at = clock_.wall_now();
        ASSERT_TRUE(run_task(book_->advance({step})));
    }

    domain::OrderRequest request(Currency krw, SaleId sale, int number) {
        domain::OrderRequest made;
        made.customer = CustomerId{uuids_.next(7)};
        const auto email = domain::EmailAddress::parse("shopper" + std::to_string(number) + "@example.com");
        EXPECT_TRUE(run_task(accounts_.add_verified(
            {{.id = made.customer, .email = *email, .password_hash = "x", .created_at = clock_.wall_now()}})));
        made.order = OrderId{uuids_.next(7)};
        made.key = "key-" + std::to_string(number);
        made.sale = sale;
        made.currency = krw;
        made.lines = {{"mug", number == 5 ? 3 : 1, 900, 0}};  // the last is over the limit
        made.address = {"Kim", "1 Road", "", "Seoul", "04524", "KR", ""};
        made.placed_at = clock_.wall_now();
        made.hold_until = made.placed_at + seconds{300};
        return made;
    }

    audit::Report audit() {
        auto report = audit::run({.database = store_.url()});
        EXPECT_TRUE(report.has_value()) << (report ? "" : report.error());
        return report ? std::move(*report) : audit::Report{};
    }
    void plant(const char* sql) {
        const auto planted = run_task(store_.database().write(
            adapters::PostgresDatabase::Priority::operators,
            [](PostgresSession& session, const char* const& statement) -> Task<bool> {
                co_await session.run(statement);
                co_return true;
            },
            sql));
        ASSERT_TRUE(planted);
    }

    SystemClock clock_;
    SystemRandom random_;
    UuidSource uuids_{clock_, random_};
    TemporaryPostgres store_{{.connections = 2, .operator_connections = 1, .at_start = adapters::begin_ledger_epoch}};
    std::unique_ptr<ports::OrderBook> book_ =
        adapters::make_postgres_order_book(store_.database(), {*Currency::parse("KRW"), {}}, clock_, uuids_);
    adapters::PostgresAccounts accounts_{store_.database()};
};

TEST_F(PostgresAudit, a_sound_shop_holds) {
    const auto report = audit();
    EXPECT_TRUE(report.holds()) << report.to_text();
    EXPECT_EQ(report.orders, 5);
    EXPECT_EQ(report.ledger_entries, 7);
}

TEST_F(PostgresAudit, every_planted_fault_is_found) {
    struct Fault {
        const char* check;
        const char* sql;
    };
    for (const Fault& fault :
         std::vector<Fault>{{"ledger-chained", "UPDATE ledger SET at_ms = at_ms + 1 WHERE sequence = 2"},
                            {"ledger-replays", "UPDATE stock SET available = available - 1, sold = sold + 1"},
                            {"accounts-unique", "DELETE FROM email_claims WHERE address = 'shopper1@example.com'"},
                            {"outbox-drains", "UPDATE outbox SET events = 'broken' WHERE position = 1"}}) {
        const auto before = audit();
        ASSERT_NE(before.find(fault.check), nullptr) << fault.check;
        const auto violations = before.find(fault.check)->violation_count();
        plant(fault.sql);
        EXPECT_GT(audit().find(fault.check)->violation_count(), violations) << fault.check;
    }
}

TEST(PostgresAuditConnection, says_in_one_line_that_nobody_answers) {
    const auto report = audit::run({.database = "postgres://shop@127.0.0.1:1/shop"});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().find('\n'), std::string::npos);
    EXPECT_NE(report.error().find("cannot connect"), std::string::npos) << report.error();
}

}  // namespace
}  // namespace marketday
