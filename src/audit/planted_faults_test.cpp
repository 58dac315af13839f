// Every check of the audit is shown a fault that it must name.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "audit/audit_test_sale.hpp"

namespace marketday::audit {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace marketday::audit
