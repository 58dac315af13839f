#pragma once

#include <map>
#include <set>
#include <string>

#include "adapters/embedded/sqlite_connection.hpp"
#include "domain/order.hpp"
#include "tests/simulation/line_checker.hpp"
#include "usecases/checkout.hpp"

namespace marketday::simulation {

class Market;

/// What must hold: looked at after each commit, when somebody is told something, and over everything at the end. With
/// SQL and rules of its own; the whole audit besides. Says what is wrong through Market::violated.
class Checks {
public:
    explicit Checks(Market& market) : market_(market) {}

    /// After each group that was committed, and after each restart.
    void after_commit(adapters::SqliteConnection& store);
    void after_restart(adapters::SqliteConnection& store);

    // As the shop says it, before the network.
    void saw_standing(const CustomerId& customer, const usecases::StandInLine::Standing& standing);
    void saw_order_begin(const CustomerId& customer);
    // As a shopper hears it.
    void saw_granted(const usecases::Checkout::Command& command, const domain::Granted& granted);
    void saw_paid(OrderId order, PaymentId payment);
    void saw_declined(PaymentId payment);

    /// Nothing is under way in the store.
    bool is_settled(adapters::SqliteConnection& store);
    /// What is still under way, in words.
    std::string unsettled(adapters::SqliteConnection& store);
    void at_end(adapters::SqliteConnection& store);

private:
    struct SeenOrder {
        std::int64_t state = 0;
        PaymentId payment;
    };
    void check_stock(adapters::SqliteConnection& store);
    void check_orders(adapters::SqliteConnection& store);
    void check_change(const OrderId& order, const SeenOrder& was, const SeenOrder& is);
    bool bank_said_no(const PaymentId& payment) const;
    bool bank_has_money(const PaymentId& payment) const;
    void check_money(adapters::SqliteConnection& store);
    void check_letters(adapters::SqliteConnection& store);
    void check_statistics(adapters::SqliteConnection& store);
    void check_line();
    void run_audit();

    Market& market_;
    std::map<OrderId, SeenOrder> orders_;
    std::map<OrderId, PaymentId> told_paid_;
    std::set<PaymentId> told_declined_;
    LineChecker line_;
    std::set<CustomerId> ordered_;
    std::int64_t taken_beside_admissions_ = 0;
    std::uint64_t commits_ = 0;
    bool clock_jumped_ = false;
    friend class Market;
};

}  // namespace marketday::simulation
