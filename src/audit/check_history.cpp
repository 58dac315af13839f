#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "audit/checks.hpp"
#include "audit/history.hpp"
#include "base/text.hpp"

namespace marketday::audit {
namespace {

/// Reasons that are verdicts of the order book, kept with their key. Others (busy, not signed in) leave the key unused.
constexpr std::array<std::string_view, 9> kVerdicts{"sold-out",      "all-held",      "not-here",
                                                    "limit-reached", "price-changed", "unknown-sku",
                                                    "not-for-sale",  "sale-not-open", "wrong-currency"};
bool is_verdict(std::string_view reason) { return std::ranges::find(kVerdicts, reason) != kVerdicts.end(); }

/// What one shopper was told under one key.
struct KeyStory {
    Uuid customer;
    std::string key;
    std::optional<Uuid> order;  // acknowledged
    std::string refusal;        // a verdict; empty: none
    std::vector<Operation::Line> lines;
    std::string name() const { return fmt::format("key {} of customer {}", key, customer.to_string()); }
};

/// What a shopper was told of an order's payment.
struct PayStory {
    bool told_paid = false;
    bool told_declined = false;
    bool unknown = false;
};

std::string story_key(const Uuid& customer, std::string_view key) {
    std::string id{reinterpret_cast<const char*>(customer.bytes.data()), customer.bytes.size()};
    id.append(key);
    return id;
}

/// Holds what shoppers were told against what is stored.
class Told {
public:
    Told(Site& site, Report& report)
        : site_(site),
          there_(report.add("acknowledged-there", "Every acknowledged order is there, once", "acknowledged orders")),
          absent_(report.add("refused-absent", "No refused order is there", "refused orders")),
          paid_(report.add("payments-as-told", "Payments are as shoppers were told", "payments")),
          receipts_(report.add("told-receipts-hold", "Shoppers' receipts are entries of the ledger", "receipts")),
          places_(report.add("places-as-told", "A place in line is one shopper's", "places")),
          entry_(site.store, "SELECT hash, order_id FROM ledger WHERE sequence = ?1"),
          order_(site.store, "SELECT customer_id, state, captured_ms IS NOT NULL FROM orders WHERE order_id = ?1"),
          lines_(
              site.store,
              "SELECT f.sku, l.quantity FROM order_lines l JOIN offers f ON f.sku_no = l.sku_no WHERE l.order_id = ?1"),
          record_(site.store, "SELECT order_id FROM customer_facts WHERE customer_id = ?1 AND kind = 2 AND key = ?2") {}

    void take(Operation&& operation) {
        switch (operation.kind) {
            case OperationKind::order: take_order(std::move(operation)); return;
            case OperationKind::pay: take_pay(operation); return;
            case OperationKind::cancel:
                if (operation.outcome == Outcome::ok && operation.receipt) check_receipt(operation);
                return;
            case OperationKind::join:
            case OperationKind::poll: take_place(operation); return;
            case OperationKind::other: return;
        }
    }

    void finish(Report& report) {
        std::unordered_map<Uuid, const KeyStory*> by_order;
        for (auto& [id, story] : stories_) {
            if (story.order) {
                there_.examined();
                ++report.orders_acknowledged;
                const auto [first, fresh] = by_order.try_emplace(*story.order, &story);
                if (!fresh)
                    there_.violated("order " + story.order->to_string(), "acknowledged under one key",
                                    first->second->name() + " and " + story.name());
                if (!check_there(story)) ++report.orders_lost;
            }
            if (!story.refusal.empty()) check_refused(story);
        }
        for (const auto& [order, story] : payments_) check_paid(order, story);
        report.contradictions = there_.violation_count() + absent_.violation_count() + paid_.violation_count() +
                                receipts_.violation_count() + places_.violation_count();
    }

private:
    void take_order(Operation&& operation) {
        if (operation.key.empty() || operation.outcome == Outcome::unknown) return;
        KeyStory& story = stories_[story_key(operation.customer, operation.key)];
        story.customer = operation.customer;
        story.key = operation.key;
        if (operation.outcome == Outcome::refused) {
            if (is_verdict(operation.reason)) story.refusal = operation.reason;
            return;
        }
        if (story.order && *story.order != operation.order)
            there_.violated(story.name(), "one order, " + story.order->to_string(),
                            "acknowledged again as order " + operation.order.to_string());
        if (operation.receipt) check_receipt(operation);
        story.order = operation.order;
        story.lines = std::move(operation.lines);
    }

    void take_pay(const Operation& operation) {
        if (operation.order.is_nil()) return;
        PayStory& story = payments_[operation.order];
        if (operation.outcome == Outcome::unknown) story.unknown = true;
        // A 202 promises nothing, unless the shopper asked again and saw what became of it.
        const bool under_way = operation.state == "paying" || (operation.status == 202 && operation.state.empty());
        if (operation.outcome == Outcome::ok && !under_way) story.told_paid = true;
        if (operation.outcome == Outcome::ok && !story.told_paid) story.unknown = true;
        if (operation.outcome == Outcome::refused && operation.reason == "payment-declined") story.told_declined = true;
        if (operation.outcome == Outcome::ok && operation.receipt) check_receipt(operation);
    }

    /// A place that was told is told to nobody else.
    void take_place(const Operation& operation) {
        if (operation.outcome != Outcome::ok || !operation.place) return;
        const auto [first, fresh] = holders_[operation.sale].try_emplace(*operation.place, operation.customer);
        if (fresh) places_.examined();
        if (first->second != operation.customer)
            places_.violated(fmt::format("place {} of sale {}", *operation.place, operation.sale.to_string()),
                             "customer " + first->second.to_string(),
                             "customer " + operation.customer.to_string() + " too");
    }

    void check_receipt(const Operation& operation) {
        receipts_.examined();
        entry_.again();
        entry_.bind(1, operation.receipt->sequence);
        const std::string name =
            fmt::format("receipt {} of order {}", operation.receipt->sequence, operation.order.to_string());
        const std::string expected = "hash " + to_hex(operation.receipt->hash);
        if (!entry_.next())
            receipts_.violated(name, expected, "no such ledger entry");
        else if (!std::ranges::equal(entry_.blob(0), operation.receipt->hash))
            receipts_.violated(name, expected, "hash " + to_hex(entry_.blob(0)));
        else if (entry_.uuid(1) != operation.order)
            receipts_.violated(name, "an entry of that order", "an entry of order " + entry_.uuid(1).to_string());
        entry_.again();
    }

    /// False when the order is lost.
    bool check_there(const KeyStory& story) {
        const std::string name = "order " + story.order->to_string();
        order_.again();
        order_.bind(1, story.order->bytes);
        if (!order_.next()) {
            there_.violated(name, fmt::format("there, acknowledged to customer {}", story.customer.to_string()),
                            "no such order");
            return false;
        }
        if (order_.uuid(0) != story.customer)
            there_.violated(name, "of customer " + story.customer.to_string(),
                            "of customer " + order_.uuid(0).to_string());
        record_.again();
        record_.bind(1, story.customer.bytes);
        record_.bind(2, std::span{reinterpret_cast<const std::uint8_t*>(story.key.data()), story.key.size()});
        if (record_.next() && record_.uuid(0) != *story.order)
            there_.violated(story.name(), "order " + story.order->to_string(),
                            record_.null(0) ? "a refusal" : "order " + record_.uuid(0).to_string());
        if (!story.lines.empty()) check_lines(story);
        return true;
    }

    void check_lines(const KeyStory& story) {
        std::unordered_map<std::string, std::int64_t> stored;
        lines_.again();
        for (lines_.bind(1, story.order->bytes); lines_.next();) stored[lines_.text(0)] += lines_.integer(1);
        std::unordered_map<std::string, std::int64_t> asked;
        for (const auto& line : story.lines) asked[line.sku] += line.quantity;
        for (const auto& [sku, quantity] : asked)
            if (stored[sku] != quantity)
                there_.violated(fmt::format("order {}, SKU {}", story.order->to_string(), sku),
                                fmt::format("{} units, as ordered", quantity), fmt::format("{} units", stored[sku]));
    }

    void check_refused(const KeyStory& story) {
        absent_.examined();
        if (story.order) {
            absent_.violated(
                story.name(), "one verdict",
                fmt::format("refused ({}) and acknowledged as order {}", story.refusal, story.order->to_string()));
            return;
        }
        record_.again();
        record_.bind(1, story.customer.bytes);
        record_.bind(2, std::span{reinterpret_cast<const std::uint8_t*>(story.key.data()), story.key.size()});
        if (record_.next() && !record_.null(0))
            absent_.violated(story.name(), fmt::format("no order, since it was refused ({})", story.refusal),
                             "order " + record_.uuid(0).to_string());
    }

    void check_paid(const Uuid& order, const PayStory& story) {
        paid_.examined();
        order_.again();
        order_.bind(1, order.bytes);
        if (!order_.next()) {
            if (story.told_paid) paid_.violated("order " + order.to_string(), "paid, as told", "no such order");
            return;
        }
        const bool captured = order_.integer(2) != 0;
        if (story.told_paid && !captured)
            paid_.violated("order " + order.to_string(), "paid, as told", state_name(order_.integer(1)));
        if (captured && story.told_declined && !story.told_paid && !story.unknown)
            paid_.violated("order " + order.to_string(), "no money taken, as told (declined)",
                           state_name(order_.integer(1)) + " and captured");
    }

    Site& site_;
    Check& there_;
    Check& absent_;
    Check& paid_;
    Check& receipts_;
    Check& places_;
    Rows entry_;
    Rows order_;
    Rows lines_;
    Rows record_;
    std::unordered_map<std::string, KeyStory> stories_;
    std::unordered_map<Uuid, PayStory> payments_;
    std::unordered_map<Uuid, std::unordered_map<std::int64_t, Uuid>> holders_;  // by sale, then place
};

}  // namespace

std::string check_history(Site& site, const std::vector<std::filesystem::path>& files, Report& report) {
    if (files.empty()) return {};
    Told told{site, report};
    for (const auto& file : files) {
        const auto operations = read_history(file, [&told](Operation&& operation) { told.take(std::move(operation)); });
        if (!operations) return operations.error();
        report.history_operations += *operations;
    }
    told.finish(report);
    return {};
}

}  // namespace marketday::audit
