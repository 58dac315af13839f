#include "audit/audit.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>

#include "audit/audit_test_shop.hpp"

namespace marketday::audit {
namespace {

using testing::HasSubstr;

/// A shop after a small sale: 6 of 10 units sold, one held, one cancelled, refunds of both sorts, a restart, a refusal.
struct AfterSale {
    TestShop shop;
    Uuid paid;
    Uuid second_paid;
    Uuid held;
    Uuid cancelled;
    Uuid restocked;
    Uuid kept;

    AfterSale() {
        shop.receive("lantern-01", 10, 12000);
        shop.receive("teapot-02", 5, 8000);
        shop.sale("lantern-01", 10, 2);
        paid = shop.order(1, "k-1", "lantern-01", 2);
        second_paid = shop.order(2, "k-2", "lantern-01", 1);
        shop.pay(paid);
        held = shop.order(3, "k-3", "lantern-01", 1);
        cancelled = shop.order(4, "k-4", "lantern-01", 2);
        shop.restart();
        shop.restart();
        shop.pay(second_paid);
        shop.cancel(cancelled);
        restocked = shop.order(5, "k-5", "lantern-01", 1);
        shop.pay(restocked);
        shop.refund(restocked, true);
        kept = shop.order(6, "k-6", "lantern-01", 1);
        shop.pay(kept);
        shop.refund(kept, false);
        shop.refuse(7, "k-7", "lantern-01", "limit-reached");
    }

    Report audit(bool at_rest = false) {
        shop.write_history();
        const auto report = run({shop.file(), {shop.history_file()}, at_rest});
        if (!report) throw std::runtime_error(report.error());
        return *report;
    }
};

std::string violated_checks(const Report& report) {
    std::string ids;
    for (const Check& check : report.checks)
        if (!check.holds()) ids += (ids.empty() ? "" : " ") + std::string{check.id()};
    return ids;
}

struct Fault {
    std::string name;                              // a sentence of the table
    std::string check;                             // the check that must name it
    std::function<std::string(AfterSale&)> plant;  // plants it; a piece of the words that must name it
    std::string also;                              // further checks that rightly notice it, separated by spaces
};

const std::vector<Fault>& faults();

class PlantedFault : public testing::TestWithParam<std::size_t> {};

TEST_P(PlantedFault, is_named_by_its_check) {
    const Fault& fault = faults()[GetParam()];
    AfterSale sale;
    const std::string named = fault.plant(sale);
    const Report report = sale.audit(fault.check == "outbox-drains");
    const Check* check = report.find(fault.check);
    ASSERT_NE(check, nullptr);
    std::string words;
    for (const Violation& violation : check->violations())
        words += fmt::format("{}: expected {}, found {}\n", violation.subject, violation.expected, violation.found);
    const std::string all = violated_checks(report);
    fmt::print("| {:<52} | {:<22} | {} |\n", fault.name, all, words.substr(0, words.find('\n')));
    EXPECT_FALSE(check->holds());
    EXPECT_THAT(words, HasSubstr(named));
    for (const Check& other : report.checks) {
        if (other.id() == fault.check ||
            (" " + fault.also + " ").find(fmt::format(" {} ", other.id())) != std::string::npos)
            continue;
        EXPECT_TRUE(other.holds()) << other.id() << " is violated too: "
                                   << (other.violations().empty() ? "" : other.violations()[0].subject);
    }
}

std::string set_order(const Uuid& order, const std::string& assignment) {
    return fmt::format("UPDATE orders SET {} WHERE order_id = {};", assignment, blob(order));
}

void lose_order(AfterSale& sale, const Uuid& order) {
    sale.shop.plant(fmt::format(
        "DELETE FROM orders WHERE order_id = {0}; DELETE FROM order_lines WHERE order_id = {0};", blob(order)));
}

const std::vector<Fault>& faults() {
    static const std::vector<Fault> all{
        {"an acknowledged order is lost", "acknowledged-there",
         [](AfterSale& s) {
             lose_order(s, s.held);
             return "order " + s.held.to_string();
         },
         "states-match-ledger one-order-a-key stock-matches-orders sale-within-units limits-kept"},
        {"an order is lost with every trace but the receipt", "acknowledged-there",
         [](AfterSale& s) {
             const Uuid ghost = *Uuid::parse("01930000-0000-7000-8000-00000000dead");
             s.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-ghost","order":"{}","outcome":"ok"}})",
                                     s.shop.customer(1).to_string(), ghost.to_string()));
             return "order " + ghost.to_string();
         },
         ""},
        {"an acknowledged order belongs to somebody else", "acknowledged-there",
         [](AfterSale& s) {
             s.shop.plant(set_order(s.held, "customer_id = " + blob(s.shop.customer(2))));
             return "of customer " + s.shop.customer(2).to_string();
         },
         "one-order-a-key limits-kept"},
        {"an acknowledged order has other units than asked", "acknowledged-there",
         [](AfterSale& s) {
             s.shop.history()[0].replace(s.shop.history()[0].find("\"quantity\":2"), 12, "\"quantity\":1");
             return std::string{"1 units, as ordered, found 2 units"};
         },
         ""},
        {"one key was acknowledged with two orders", "acknowledged-there",
         [](AfterSale& s) {
             s.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-1","order":"{}","outcome":"ok"}})",
                                     s.shop.customer(1).to_string(), s.second_paid.to_string()));
             return std::string{"acknowledged again as order"};
         },
         "one-order-a-key"},
        {"a refused order is there", "refused-absent",
         [](AfterSale& s) {
             const auto told = std::ranges::find_if(
                 s.shop.history(), [](const std::string& line) { return line.find("k-3") != std::string::npos; });
             *told = fmt::format(
                 R"({{"op":"order","customer":"{}","key":"k-3","outcome":"refused","status":409,"reason":"sold-out"}})",
                 s.shop.customer(3).to_string());
             return std::string{"no order, since it was refused (sold-out)"};
         },
         ""},
        {"a key has a refusal after its order", "refused-absent",
         [](AfterSale& s) {
             s.shop.tell(
                 fmt::format(R"({{"op":"order","customer":"{}","key":"k-1","outcome":"refused","reason":"sold-out"}})",
                             s.shop.customer(1).to_string()));
             return std::string{"refused (sold-out) and acknowledged"};
         },
         ""},
        {"a shopper was told paid, the order is not", "payments-as-told",
         [](AfterSale& s) {
             s.shop.tell(fmt::format(R"({{"op":"pay","customer":"{}","order":"{}","status":200,"outcome":"ok"}})",
                                     s.shop.customer(3).to_string(), s.held.to_string()));
             return "order " + s.held.to_string();
         },
         ""},
        {"a shopper was told declined, the money was taken", "payments-as-told",
         [](AfterSale& s) {
             for (auto& line : s.shop.history())
                 if (line.find(R"("op":"pay")") != std::string::npos &&
                     line.find(s.paid.to_string()) != std::string::npos)
                     line = fmt::format(R"({{"op":"pay","customer":"{}","order":"{}","status":402,"outcome":"refused",)"
                                        R"("reason":"payment-declined"}})",
                                        s.shop.customer(1).to_string(), s.paid.to_string());
             return "order " + s.paid.to_string();
         },
         ""},
        {"a receipt's ledger entry has another hash", "told-receipts-hold",
         [](AfterSale& s) {
             std::string& line = s.shop.history()[0];
             const auto hash = line.find("\"hash\":\"") + 8;
             line[hash] = line[hash] == '0' ? '1' : '0';
             return std::string{"receipt 3 of order"};
         },
         ""},
        {"a stored receipt points elsewhere", "receipts-hold",
         [](AfterSale& s) {
             s.shop.plant(set_order(s.held, "receipt_seq = 1"));
             return "order " + s.held.to_string();
         },
         ""},
        {"one unit is sold twice (counter left alone)", "stock-matches-orders",
         [](AfterSale& s) {
             s.shop.plant(fmt::format("UPDATE order_lines SET quantity = 2 WHERE order_id = {};", blob(s.second_paid)) +
                          set_order(s.second_paid, "total_minor = 27000"));
             return std::string{"sold 5 (sum over its orders)"};
         },
         "states-match-ledger sale-within-units limits-kept acknowledged-there"},
        {"a unit vanished from the counters", "stock-adds-up",
         [](AfterSale& s) {
             s.shop.plant("UPDATE stock SET available = available - 1 WHERE sku_no = 2;");
             return std::string{"SKU teapot-02"};
         },
         "ledger-replays"},
        {"a counter is below zero", "stock-adds-up",
         [](AfterSale& s) {
             s.shop.plant("UPDATE stock SET available = -1, withdrawn = 6 WHERE sku_no = 2;");
             return std::string{"available -1"};
         },
         "ledger-replays"},
        {"a counter drifts from the ledger, but adds up", "ledger-replays",
         [](AfterSale& s) {
             s.shop.plant("UPDATE stock SET available = available + 1, received = received + 1 WHERE sku_no = 2;");
             return std::string{"SKU teapot-02"};
         },
         ""},
        {"a sale sold more than its units", "sale-within-units",
         [](AfterSale& s) {
             s.shop.plant("UPDATE sale_items SET units = 4;");
             return std::string{"at most 4 units"};
         },
         ""},
        {"a sale's count of taken units drifts", "sale-within-units",
         [](AfterSale& s) {
             s.shop.plant("UPDATE sale_items SET taken = taken - 1;");
             return std::string{"units taken"};
         },
         ""},
        {"a customer has more than the limit", "limits-kept",
         [](AfterSale& s) {
             s.shop.plant("UPDATE sale_items SET limit_per_customer = 1;");
             return "customer " + s.shop.customer(1).to_string();
         },
         ""},
        {"a customer's use of the limit drifts", "limits-kept",
         [](AfterSale& s) {
             s.shop.plant(fmt::format("UPDATE customer_records SET units = 0 WHERE kind = 1 AND customer_id = {};",
                                      blob(s.shop.customer(1))));
             return std::string{"0 units noted"};
         },
         ""},
        {"one order under two keys", "one-order-a-key",
         [](AfterSale& s) {
             s.shop.plant(
                 fmt::format("INSERT INTO customer_records SELECT customer_id, 2, x'6b2d78', at_ms, NULL, x'00', "
                             "order_id, NULL FROM "
                             "customer_records WHERE kind = 2 AND order_id = {};",
                             blob(s.paid)));
             return "order " + s.paid.to_string();
         },
         ""},
        {"an order without its key (a key used twice)", "one-order-a-key",
         [](AfterSale& s) {
             s.shop.plant(fmt::format("UPDATE customer_records SET order_id = {} WHERE kind = 2 AND order_id = {};",
                                      blob(s.paid), blob(s.held)));
             return "order " + s.held.to_string();
         },
         "acknowledged-there"},
        {"an order is missing in its customer's list", "one-order-a-key",
         [](AfterSale& s) {
             s.shop.plant(fmt::format("DELETE FROM customer_records WHERE kind = 3 AND key = {};", blob(s.paid)));
             return "order " + s.paid.to_string();
         },
         ""},
        {"two orders on one capture", "one-capture-an-order",
         [](AfterSale& s) {
             s.shop.plant(
                 fmt::format("UPDATE orders SET payment_id = (SELECT payment_id FROM orders WHERE order_id = {})"
                             " WHERE order_id = {};",
                             blob(s.paid), blob(s.second_paid)));
             return std::string{"which paid order"};
         },
         ""},
        {"a paid order without a capture", "one-capture-an-order",
         [](AfterSale& s) {
             s.shop.plant(set_order(s.paid, "captured_ms = NULL"));
             return "order " + s.paid.to_string();
         },
         "payments-as-told"},
        {"money taken for a cancelled order", "one-capture-an-order",
         [](AfterSale& s) {
             s.shop.plant(set_order(s.cancelled, "captured_ms = 5"));
             return "order " + s.cancelled.to_string();
         },
         ""},
        {"a paid order whose payment was voided", "one-capture-an-order",
         [](AfterSale& s) {
             s.shop.plant("UPDATE payments SET outcome = 3 WHERE order_id = " + blob(s.paid));
             return std::string{"voided"};
         },
         ""},
        {"a paid order whose money went back as stray", "one-capture-an-order",
         [](AfterSale& s) {
             s.shop.plant(
                 "INSERT INTO refunds SELECT payment_id, order_id, 2, 0, 1, 1, 1, 1 FROM payments "
                 "WHERE order_id = " +
                 blob(s.paid));
             return std::string{"stray capture"};
         },
         ""},
        {"a reservation ended twice", "reservation-ends-once",
         [](AfterSale& s) {
             s.shop.plant("");
             s.shop.cancel(s.cancelled);
             return "order " + s.cancelled.to_string();
         },
         // The counters followed the fault: what was released twice is missing from everywhere else.
         "ledger-replays stock-adds-up stock-matches-orders sale-within-units limits-kept"},
        {"an order is paid, its units only reserved", "states-match-ledger",
         [](AfterSale& s) {
             s.shop.plant(
                 set_order(s.held, "state = 3, captured_ms = 5, payment_id = x'00000000000000000000000000000001'"));
             return "order " + s.held.to_string();
         },
         "stock-matches-orders"},
        {"the ledger moved units of no order", "states-match-ledger",
         [](AfterSale& s) {
             lose_order(s, s.cancelled);
             s.shop.history().erase(s.shop.history().begin() + 4);
             return "order " + s.cancelled.to_string();
         },
         "one-order-a-key acknowledged-there"},
        {"a ledger entry was changed", "ledger-chained",
         [](AfterSale& s) {
             s.shop.plant("UPDATE ledger SET at_ms = at_ms + 1 WHERE sequence = 5;");
             return std::string{"ledger entry 5"};
         },
         ""},
        {"a ledger link was skipped", "ledger-chained",
         [](AfterSale& s) {
             s.shop.plant("DELETE FROM ledger WHERE sequence = 2;");
             return std::string{"entry 2 after entry 1, found entry 3"};
         },
         "ledger-replays"},
        {"the ledger's last entry was cut off", "ledger-replays",
         [](AfterSale& s) {
             s.shop.plant("DELETE FROM ledger WHERE sequence = (SELECT max(sequence) FROM ledger);");
             return std::string{"SKU lantern-01"};
         },
         "states-match-ledger"},
        {"an epoch's genesis was changed", "ledger-chained",
         [](AfterSale& s) {
             s.shop.plant("UPDATE ledger_epochs SET genesis = zeroblob(32) WHERE epoch = 3;");
             return std::string{"ledger epoch 3"};
         },
         ""},
        {"an epoch was skipped", "ledger-chained",
         [](AfterSale& s) {
             s.shop.plant("DELETE FROM ledger_epochs WHERE epoch = 2;");
             return std::string{"ledger epoch 3"};
         },
         ""},
        {"a total is not that of its lines", "price-as-shown",
         [](AfterSale& s) {
             s.shop.plant(set_order(s.paid, "total_minor = total_minor + 1"));
             return "order " + s.paid.to_string();
         },
         ""},
        {"an order at another price than the sale's", "price-as-shown",
         [](AfterSale& s) {
             s.shop.plant(
                 fmt::format("UPDATE order_lines SET unit_price_minor = 11000 WHERE order_id = {};", blob(s.held)) +
                 set_order(s.held, "total_minor = 14000"));
             return std::string{"12000 KRW a unit"};
         },
         ""},
        {"an order of a customer that does not exist", "accounts-unique",
         [](AfterSale& s) {
             const std::string nobody = blob(s.shop.customer(6));
             s.shop.plant(
                 fmt::format("DELETE FROM customers WHERE id = {0}; DELETE FROM email_claims WHERE customer = {0};"
                             "DELETE FROM sessions WHERE customer = {0};",
                             nobody));
             return std::string{"no such customer"};
         },
         ""},
        {"one address claimed by two customers", "accounts-unique",
         [](AfterSale& s) {
             s.shop.plant(
                 fmt::format("ALTER TABLE email_claims RENAME TO email_claims_kept;"
                             "CREATE TABLE email_claims (address TEXT, customer BLOB, state INTEGER, claimed_at "
                             "INTEGER); INSERT INTO email_claims SELECT * FROM email_claims_kept;"
                             "INSERT INTO email_claims VALUES ('c1@example.com', {}, 2, 1);",
                             blob(s.shop.customer(2))));
             return std::string{"claimed by customers"};
         },
         ""},
        {"a session of nobody", "accounts-unique",
         [](AfterSale& s) {
             s.shop.plant("INSERT INTO sessions VALUES (zeroblob(32), zeroblob(16), 1, 2);");
             return std::string{"session 000000000000"};
         },
         ""},
        {"one ticket number may be given again", "line-in-order",
         [](AfterSale& s) {
             s.shop.line();
             s.shop.plant("UPDATE lines SET sequence_mark = 3;");
             return std::string{"ticket 3"};
         },
         ""},
        {"a customer stands in line twice", "line-in-order",
         [](AfterSale& s) {
             s.shop.line();
             s.shop.plant(
                 fmt::format("DROP INDEX line_ticket_of_customer;"
                             "INSERT INTO line_tickets (line_no, sequence, customer, live) VALUES (1, 50, {}, 1)",
                             blob(s.shop.customer(1))));
             return "customer " + s.shop.customer(1).to_string();
         },
         ""},
        {"a ticket vanished from the drawn list", "line-in-order",
         [](AfterSale& s) {
             s.shop.line();
             s.shop.plant(fmt::format("DELETE FROM line_tickets WHERE customer = {}", blob(s.shop.customer(7))));
             return std::string{"found 6 tickets"};
         },
         ""},
        {"turns were called twice", "line-in-order",
         [](AfterSale& s) {
             s.shop.line();
             s.shop.plant("INSERT INTO line_calls VALUES (1, 4, 0, 1), (1, 7, 3, 1)");
             return std::string{"turns called twice"};
         },
         ""},
        {"an order passed the line", "line-in-order",
         [](AfterSale& s) {
             s.shop.line();
             s.shop.plant(fmt::format("UPDATE line_tickets SET customer = zeroblob(16) WHERE customer = {}",
                                      blob(s.shop.customer(3))));
             return "order " + s.held.to_string();
         },
         ""},
        {"two shoppers were told the same place", "places-as-told",
         [](AfterSale& s) {
             for (const int number : {1, 2})
                 s.shop.tell(fmt::format(R"({{"op":"poll","customer":"{}","outcome":"ok","place":12}})",
                                         s.shop.customer(number).to_string()));
             return std::string{"place 12"};
         },
         ""},
        {"events are left in the outbox at rest", "outbox-drains",
         [](AfterSale& s) {
             s.shop.plant("UPDATE outbox SET sent = 0 WHERE position = 2;");
             return std::string{"1 pending"};
         },
         ""},
    };
    return all;
}

INSTANTIATE_TEST_SUITE_P(Audit, PlantedFault, testing::Range(std::size_t{0}, faults().size()));

TEST(Audit, finds_nothing_in_a_shop_that_keeps_its_word) {
    AfterSale sale;
    const Report report = sale.audit(true);
    EXPECT_TRUE(report.holds()) << report.to_text();
    EXPECT_EQ(report.orders, 6);
    EXPECT_EQ(report.units_sold, 4);
    EXPECT_EQ(report.orders_sold, 2);
    EXPECT_EQ(report.orders_acknowledged, 6);
    EXPECT_EQ(report.orders_lost, 0);
    EXPECT_EQ(report.contradictions, 0);
    EXPECT_EQ(report.ledger_head.size(), 64U);
    fmt::print("{}", report.to_text());
}

TEST(Audit, counts_what_is_pending_without_calling_it_a_violation_while_the_shop_runs) {
    AfterSale sale;
    sale.shop.plant("UPDATE outbox SET sent = 0 WHERE position = 2;");
    const Report report = sale.audit();
    EXPECT_TRUE(report.holds());
    EXPECT_EQ(report.outbox_pending, 1);
}

TEST(Audit, reads_nothing_into_operations_whose_outcome_is_unknown) {
    AfterSale sale;
    sale.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-none","outcome":"unknown"}})",
                               sale.shop.customer(1).to_string()));
    sale.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-1","outcome":"unknown"}})",
                               sale.shop.customer(1).to_string()));
    sale.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-1","outcome":"refused","reason":"busy"}})",
                               sale.shop.customer(1).to_string()));
    EXPECT_TRUE(sale.audit().holds());
}

TEST(Audit, tells_how_far_it_has_come_and_can_be_stopped) {
    AfterSale sale;
    std::vector<Progress> told;
    const auto report =
        run({.database = sale.shop.file(), .tell = [&told](const Progress& now) { told.push_back(now); }});
    ASSERT_TRUE(report) << report.error();
    ASSERT_FALSE(told.empty());
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].step, static_cast<int>(i) + 1);
        EXPECT_EQ(told[i].steps, static_cast<int>(told.size()));
        EXPECT_FALSE(told[i].doing.empty());
    }
    EXPECT_EQ(std::ranges::count(told, report->ledger_entries, &Progress::of), 1);
    const std::atomic<bool> stop{true};
    const auto stopped = run({.database = sale.shop.file(), .stop = &stop});
    ASSERT_FALSE(stopped);
    EXPECT_THAT(stopped.error(), HasSubstr("stopped"));
}

TEST(Audit, refuses_what_it_cannot_read_in_one_line) {
    EXPECT_THAT(run({"/nowhere/marketday.db", {}, false}).error(), HasSubstr("there is no /nowhere/marketday.db"));
    AfterSale sale;
    sale.shop.write_history();
    const auto no_history = run({sale.shop.file(), {"/nowhere/history.jsonl"}, false});
    ASSERT_FALSE(no_history);
    EXPECT_THAT(no_history.error(), HasSubstr("cannot read the history"));
    const auto not_a_database = run({sale.shop.history_file(), {}, false});
    ASSERT_FALSE(not_a_database);
    EXPECT_EQ(not_a_database.error().find('\n'), std::string::npos);
    std::ofstream{sale.shop.history_file()} << "{\"op\":\"order\",\"outcome\":\"ok\"}\nno json\n\n";
    const auto bad_line = run({sale.shop.file(), {sale.shop.history_file()}, false});
    ASSERT_FALSE(bad_line);
    EXPECT_THAT(bad_line.error(), HasSubstr("line 2 is not a JSON object"));
}

TEST(History, takes_half_a_last_line_for_the_end_of_a_killed_crowd) {
    AfterSale sale;
    sale.shop.write_history();
    std::ofstream{sale.shop.history_file(), std::ios::app} << R"({"op":"order","cust)";
    EXPECT_TRUE(run({sale.shop.file(), {sale.shop.history_file()}, false})->holds());
}

TEST(Report, groups_thousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(20000), "20,000");
    EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace marketday::audit
