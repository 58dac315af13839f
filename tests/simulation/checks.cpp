#include "tests/simulation/checks.hpp"

#include <unistd.h>

#include <fstream>

#include "audit/audit.hpp"
#include "domain/written.hpp"
#include "tests/simulation/market.hpp"

namespace marketday::simulation {
namespace {

using adapters::SqliteConnection;
using BankStatus = ports::PaymentGateway::Status;

// The states' numbers, as they are stored, written down here once more.
enum : std::int64_t {
    kReserved = 1,
    kPaying = 2,
    kPaid = 3,
    kPrepared = 4,
    kShipped = 5,
    kDelivered = 6,
    kReturned = 7,
    kCancelled = 8,
    kExpired = 9,
    kRefunded = 10,
};

std::int64_t number(SqliteConnection& store, const char* sql) {
    auto row = store.query(sql);
    return row.step() ? row.integer(0) : 0;
}

bool is_served(std::int64_t state) { return state >= kPaid && state <= kReturned; }

}  // namespace

void Checks::after_commit(SqliteConnection& store) {
    // A crowd's run would spend all its time here.
    const std::uint64_t every = market_.plan_.shoppers <= 60 ? 1 : market_.plan_.shoppers / 10;
    if (commits_++ % every != 0) return;
    check_stock(store);
    if (every == 1) check_orders(store);
}

void Checks::check_stock(SqliteConnection& store) {
    auto rows = store.query(
        "SELECT f.sku, s.received, s.available, s.reserved, s.sold, s.in_transfer, s.withdrawn,"
        " (SELECT coalesce(sum(l.quantity), 0) FROM orders o JOIN order_lines l USING (order_id)"
        "  WHERE o.state IN (1, 2) AND l.sku_no = s.sku_no)"
        " FROM stock s JOIN offers f USING (sku_no)");
    while (rows.step()) {
        const std::string sku = rows.text(0);
        std::int64_t placed = 0;
        for (int column = 2; column <= 6; ++column) {
            placed += rows.integer(column);
            if (rows.integer(column) < 0) market_.violated(fmt::format("a place of SKU {} is below zero", sku));
        }
        if (placed != rows.integer(1))
            market_.violated(
                fmt::format("SKU {}: {} units were received, {} are somewhere", sku, rows.integer(1), placed));
        if (rows.integer(3) != rows.integer(7))
            market_.violated(
                fmt::format("SKU {}: {} units are reserved, orders hold {}", sku, rows.integer(3), rows.integer(7)));
        const std::int64_t received = sku == kSaleSku ? market_.plan_.units : kPlainUnits;
        if (rows.integer(1) != received)
            market_.violated(
                fmt::format("SKU {}: {} units were delivered, {} are booked", sku, received, rows.integer(1)));
    }
}

void Checks::check_orders(SqliteConnection& store) {
    auto rows = store.query("SELECT order_id, state, payment_id FROM orders");
    std::size_t found = 0;
    while (rows.step()) {
        ++found;
        const OrderId order{rows.uuid(0)};
        const SeenOrder is{rows.integer(1), PaymentId{rows.uuid(2)}};
        auto [known, fresh] = orders_.try_emplace(order, is);
        if (fresh) continue;
        if (known->second.state == is.state && known->second.payment == is.payment) continue;
        market_.chronicle_.note("store", "order {}: state {} -> {}", order.to_string(), known->second.state, is.state);
        check_change(order, known->second, is);
        known->second = is;
    }
    if (found < orders_.size())
        market_.violated(fmt::format("{} orders were stored, {} are there", orders_.size(), found));
}

bool Checks::bank_said_no(const PaymentId& payment) const {
    const auto account = market_.bank_.accounts().find(payment);
    if (account == market_.bank_.accounts().end()) return false;
    return account->second.status == BankStatus::declined || account->second.status == BankStatus::voided;
}

bool Checks::bank_has_money(const PaymentId& payment) const {
    const auto account = market_.bank_.accounts().find(payment);
    return account != market_.bank_.accounts().end() && account->second.captures > 0;
}

/// The life of an order, step by step; what the bank has to do with it, by the bank's own books.
void Checks::check_change(const OrderId& order, const SeenOrder& was, const SeenOrder& is) {
    const auto odd = [&](std::string_view why) {
        market_.violated(
            fmt::format("order {} went from state {} to {}: {}", order.to_string(), was.state, is.state, why));
    };
    // Whatever ends a payment that was under way, the bank has had its word.
    const bool stopped_paying = was.state == kPaying && (is.state != kPaying || is.payment != was.payment);
    if (stopped_paying && !is_served(is.state) && is.state != kRefunded && !bank_said_no(was.payment))
        odd("the bank has not refused the payment");
    if (is_served(is.state) && !is_served(was.state) && !bank_has_money(is.payment))
        odd("the bank has no money for it");
    switch (was.state) {
        case kReserved:
            if (is.state == kPrepared || is.state == kShipped) odd("it was not paid");
            return;
        case kPaying:
            if (is.state == kCancelled) odd("it was being paid");
            return;
        case kPaid:
        case kPrepared:
        case kShipped:
        case kDelivered:
        case kReturned:
            if (is.state < was.state || is.state == kCancelled || is.state == kExpired) odd("it was paid");
            return;
        case kCancelled:
        case kExpired:
            if (is.state == kReserved || is.state == kPaying) odd("it had ended");
            // Money that came too late, and units that were left.
            if (is_served(is.state)) ++taken_beside_admissions_;
            return;
        case kRefunded: odd("its money had gone back"); return;
        default: odd("there is no such state");
    }
}

void Checks::after_restart(SqliteConnection& store) {
    for (const OrderId& order : market_.people_->acknowledged()) {
        auto row = store.query("SELECT 1 FROM orders WHERE order_id = ?1", order);
        if (!row.step())
            market_.violated(fmt::format("order {} was acknowledged and is gone after a restart", order.to_string()));
    }
    // Commits whose answers nobody has heard may be gone with the power.
    std::erase_if(orders_, [this, &store](const auto& entry) {
        if (market_.people_->acknowledged().contains(entry.first)) return false;
        auto row = store.query("SELECT 1 FROM orders WHERE order_id = ?1", entry.first);
        return !row.step();
    });
    check_stock(store);
    for (const auto& [order, payment] : told_paid_) {
        auto row = store.query("SELECT captured_ms IS NOT NULL FROM orders WHERE order_id = ?1", order);
        if (row.step() && row.integer(0) == 0)
            market_.violated(fmt::format("order {} was told paid and is not after a restart", order.to_string()));
    }
}

void Checks::saw_standing(const CustomerId& customer, const usecases::StandInLine::Standing& standing) {
    if (standing.ticket.empty() || market_.store_ == nullptr) return;
    auto& store = market_.store_->database.connection();
    Hash256 key{};
    {
        auto row = store.query("SELECT ticket_key FROM lines");
        if (!row.step() || row.blob(0).size() != key.size()) return;
        std::ranges::copy(row.blob(0), key.begin());
    }
    std::int64_t available = 0;
    {
        auto row =
            store.query("SELECT s.available FROM stock s JOIN offers f USING (sku_no) WHERE f.sku = ?1", kSaleSku);
        if (row.step()) available = row.integer(0);
    }
    // A leave to order counts one unit: what was taken in twos, or without leave, was not to be foreseen; and a clock
    // that goes back brings leaves to life that had ended.
    const bool exact = market_.plan_.limit == 1 && !clock_jumped_;
    line_.saw(customer, standing, key, market_.world_.wall_now(),
              exact ? available + taken_beside_admissions_ : std::numeric_limits<std::int64_t>::max());
    if (!line_.complaints().empty())
        market_.violated(fmt::format("the line, to customer {}: {}", customer.to_string(), line_.complaints().front()));
}

void Checks::saw_order_begin(const CustomerId& customer) {
    line_.spent(customer);
    // Whoever orders a second time under one leave may take a unit that somebody else has leave for.
    if (!ordered_.insert(customer).second) ++taken_beside_admissions_;
}

void Checks::saw_granted(const usecases::Checkout::Command& command, const domain::Granted& granted) {
    std::int64_t goods = 0;
    for (const auto& line : command.lines) goods += line.quantity * line.unit_price_minor;
    if (granted.total.amount_minor != goods + granted.shipping.amount_minor)
        market_.violated(fmt::format("order {} costs {}, shown were {} and {} for shipping", granted.order.to_string(),
                                     granted.total.amount_minor, goods, granted.shipping.amount_minor));
}

void Checks::saw_paid(OrderId order, PaymentId payment) {
    told_paid_[order] = payment;
    if (!bank_has_money(payment))
        market_.violated(fmt::format("order {} was told paid, and the bank has no money", order.to_string()));
}

void Checks::saw_declined(PaymentId payment) {
    if (market_.plan_.bank_lies) return;
    told_declined_.insert(payment);
    if (bank_has_money(payment))
        market_.violated(fmt::format("payment {} was told declined, and the money is taken", brief(payment.uuid)));
}

std::string Checks::unsettled(SqliteConnection& store) {
    std::string what;
    const auto count = [&](const char* name, const char* sql) {
        if (const auto n = number(store, sql); n != 0)
            what += fmt::format("{}{} {}", what.empty() ? "" : ", ", n, name);
    };
    count("orders reserved", "SELECT count(*) FROM orders WHERE state = 1");
    count("orders paying", "SELECT count(*) FROM orders WHERE state = 2");
    count("messages in the outbox", "SELECT count(*) FROM outbox WHERE sent = 0");
    count("refunds owed", "SELECT count(*) FROM refunds WHERE done_ms IS NULL");
    count("messages not consumed", "SELECT count(*) FROM bus_deliveries");
    count("messages not given out",
          "SELECT count(*) FROM bus_groups g JOIN bus_messages m ON m.position > g.cursor"
          " WHERE instr(g.topics, ',' || m.topic || ',') > 0");
    if (const auto news = market_.bank_.news(); news != 0)
        what += fmt::format("{}{} notices of the bank", what.empty() ? "" : ", ", news);
    if (!market_.people_->all_are_done()) {
        what += what.empty() ? "" : ", ";
        what += market_.people_->unfinished();
    }
    return what;
}

bool Checks::is_settled(SqliteConnection& store) {
    if (!market_.people_->all_are_done() || market_.bank_.news() != 0) return false;
    return number(store, "SELECT EXISTS (SELECT 1 FROM orders WHERE state IN (1, 2))") == 0 && unsettled(store).empty();
}

void Checks::at_end(SqliteConnection& store) {
    check_stock(store);
    check_orders(store);
    check_money(store);
    check_letters(store);
    check_statistics(store);
    check_line();
    run_audit();
}

/// Every capture ended in one order or went back.
void Checks::check_money(SqliteConnection& store) {
    std::map<OrderId, int> kept;
    for (const auto& [payment, account] : market_.bank_.accounts()) {
        const std::string name = fmt::format("payment {} of order {}", brief(payment.uuid), account.order.to_string());
        if (account.captures > 1) market_.violated(fmt::format("{} was captured {} times", name, account.captures));
        if (account.refunds > account.captures) market_.violated(fmt::format("{} gave back more than it took", name));
        if (account.captures <= account.refunds) continue;
        ++kept[account.order];
        auto row = store.query("SELECT state, payment_id, total_minor FROM orders WHERE order_id = ?1", account.order);
        if (!row.step()) {
            market_.violated(fmt::format("{} is money without an order", name));
            continue;
        }
        if (!is_served(row.integer(0)))
            market_.violated(fmt::format("{} is kept, and the order is in state {}", name, row.integer(0)));
        else if (PaymentId{row.uuid(1)} != payment)
            market_.violated(fmt::format("{} is kept beside the order's own", name));
        if (row.integer(2) != account.amount.amount_minor)
            market_.violated(
                fmt::format("{} took {}, the order costs {}", name, account.amount.amount_minor, row.integer(2)));
    }
    for (const auto& [order, seen] : orders_) {
        const int wanted = is_served(seen.state) ? 1 : 0;
        if (const auto money = kept.find(order); (money == kept.end() ? 0 : money->second) != wanted)
            market_.violated(fmt::format("order {} is in state {}, and the bank kept its money {} times",
                                         order.to_string(), seen.state, money == kept.end() ? 0 : money->second));
    }
    for (const PaymentId& payment : told_declined_)
        if (bank_has_money(payment))
            market_.violated(fmt::format("payment {} was told declined, and the money was taken", brief(payment.uuid)));
}

/// Who paid got one letter that says so; who did not, none.
void Checks::check_letters(SqliteConnection& store) {
    std::map<std::string, int> letters;  // by order and kind
    for (const auto& [id, letter] : market_.mail_.delivered()) {
        for (const auto& [order, seen] : orders_) {
            if (letter.text.find(domain::order_number(order)) != std::string::npos)
                ++letters[order.to_string() + letter.subject];
        }
    }
    for (const auto& [what, count] : letters)
        if (count > 1) market_.violated(fmt::format("order {}: {} letters of one kind", what.substr(0, 36), count));
    auto rows = store.query("SELECT order_id, captured_ms IS NOT NULL AND state NOT IN (8, 9) FROM orders");
    const auto dead = number(store, "SELECT count(*) FROM bus_dead_letters");
    while (rows.step() && dead == 0) {
        const std::string order = OrderId{rows.uuid(0)}.to_string();
        const auto first = letters.lower_bound(order);
        const bool told = first != letters.end() && first->first.starts_with(order);
        if (told != (rows.integer(1) != 0))
            market_.violated(fmt::format("order {} is {}, and its customer {}", order,
                                         rows.integer(1) != 0 ? "paid" : "not paid",
                                         told ? "was told by mail that it is" : "was not told by mail"));
    }
}

/// Events counted once each.
void Checks::check_statistics(SqliteConnection& store) {
    if (number(store, "SELECT count(*) FROM bus_dead_letters WHERE group_name = 'statistics'") != 0) return;
    const auto same = [&](std::string_view what, const char* counted, const char* there) {
        const auto a = number(store, counted);
        const auto b = number(store, there);
        if (a != b) market_.violated(fmt::format("statistics count {} {}, there are {}", a, what, b));
    };
    same("orders", "SELECT coalesce(sum(orders), 0) FROM stat_days", "SELECT count(*) FROM orders");
    same("paid orders", "SELECT coalesce(sum(paid), 0) FROM stat_days",
         "SELECT count(*) FROM orders WHERE captured_ms IS NOT NULL AND state NOT IN (8, 9)");
    same("refunded orders", "SELECT coalesce(sum(refunded), 0) FROM stat_days",
         "SELECT count(*) FROM orders WHERE refunded_ms IS NOT NULL");
}

void Checks::check_line() {
    if (!market_.plan_.line) return;
    if (market_.draw_) line_.saw_draw(*market_.draw_, market_.people_->listed_tickets());
    if (!line_.complaints().empty()) market_.violated("the line: " + line_.complaints().front());
}

void Checks::run_audit() {
    const std::string file = fmt::format("/tmp/marketday-sim-{}.jsonl", ::getpid());
    {
        std::ofstream stream(file, std::ios::binary | std::ios::trunc);
        stream << market_.people_->history();
    }
    const auto report = audit::run(
        {.database = std::string{SimDisk::kDirectory} + "marketday.db", .histories = {file}, .at_rest = true});
    ::unlink(file.c_str());
    if (!report) return market_.violated("the audit cannot read what is stored: " + report.error());
    for (const auto& check : report->checks) {
        for (const auto& violation : check.violations()) {
            market_.violated(fmt::format("audit, {}: {}: expected {}, found {}", check.id(), violation.subject,
                                         violation.expected, violation.found));
            return;
        }
    }
}

}  // namespace marketday::simulation
