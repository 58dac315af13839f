#include "crowd/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "crowd/json_view.hpp"
#include "crowd/wire.hpp"

namespace marketday::crowd {
namespace {

constexpr std::size_t kKeptMax = 1000;

struct Seen {
    const Record* record = nullptr;
    const Names* names = nullptr;
};

/// One acknowledged order that still holds its units at the end of the run, as far as a client can know.
bool surely_holds(const Record& record, std::int64_t end_us, const std::unordered_map<Uuid, Outcome>& payments) {
    const auto paid = payments.find(record.order);
    if (paid != payments.end()) return paid->second == Outcome::ok;
    return record.end_us + record.hold_s * 1'000'000LL > end_us;
}

class Checker {
public:
    Checker(const Plan& plan, std::span<const Journal> journals, Report& report)
        : plan_(plan), journals_(journals), findings_(report) {}

    void run() {
        collect();
        flaws();
        keys();
        distinct_orders();
        places();
        limits_and_stock();
    }

private:
    void collect() {
        for (const Journal& journal : journals_) {
            for (const Record& record : journal.records) {
                end_us_ = std::max(end_us_, record.end_us);
                if (record.op == Op::order && record.status != 0) orders_.push_back({&record, journal.names});
                if (record.op == Op::pay && record.outcome != Outcome::unknown)
                    payments_[record.order] = record.outcome;
                if (record.place >= 0) places_.push_back(&record);
                if (record.flaw != Flaw::none) flawed_.push_back(&record);
            }
        }
    }

    void found(std::string_view kind, std::string detail, const Record& record) {
        const bool keyed = record.op == Op::order || record.op == Op::pay;
        findings_.add({std::string(kind), std::move(detail), plan_.sessions[record.shopper].customer,
                       keyed ? key_text(record.key) : std::string{}, record.order});
    }

    void flaws() {
        for (const Record* record : flawed_) {
            found(to_string(record->flaw), fmt::format("seen by the shopper at its {}", to_string(record->op)),
                  *record);
        }
    }

    void keys() {
        std::ranges::sort(orders_, [](const Seen& a, const Seen& b) {
            return std::tie(a.record->shopper, a.record->key) < std::tie(b.record->shopper, b.record->key);
        });
        for (std::size_t i = 1; i < orders_.size(); ++i) {
            const Record& a = *orders_[i - 1].record;
            const Record& b = *orders_[i].record;
            if (a.shopper != b.shopper || a.key != b.key) continue;
            const bool both = a.outcome == Outcome::ok && b.outcome == Outcome::ok;
            if (both && a.order != b.order) found("two_orders_one_key", "one key was answered with two orders", b);
            // 403 and 503 are not verdicts: the same key may be granted later.
            const Record& refused = a.outcome == Outcome::refused ? a : b;
            const Record& granted = a.outcome == Outcome::refused ? b : a;
            if (refused.outcome == Outcome::refused && refused.status == 409 && granted.outcome == Outcome::ok) {
                found("granted_and_refused", "one key was granted and refused", granted);
            }
        }
    }

    void distinct_orders() {
        std::erase_if(orders_, [](const Seen& seen) { return seen.record->outcome != Outcome::ok; });
        std::ranges::sort(orders_, {}, [](const Seen& seen) { return seen.record->order; });
        for (std::size_t i = 1; i < orders_.size(); ++i) {
            const Record& a = *orders_[i - 1].record;
            const Record& b = *orders_[i].record;
            if (a.order == b.order && (a.key != b.key || a.shopper != b.shopper)) {
                found("one_order_two_keys", "one order was given to two requests", b);
            }
        }
        std::ranges::sort(orders_, {}, [](const Seen& seen) { return seen.record->receipt_sequence; });
        for (std::size_t i = 1; i < orders_.size(); ++i) {
            const Record& a = *orders_[i - 1].record;
            const Record& b = *orders_[i].record;
            if (a.receipt_sequence != 0 && a.receipt_sequence == b.receipt_sequence && a.order != b.order) {
                found("receipt_repeated", fmt::format("receipt {} was given for two orders", a.receipt_sequence), b);
            }
        }
    }

    void places() {
        // A shopper who queued again has a new place, and the old one is never given to anybody else.
        std::ranges::sort(places_, [](const Record* a, const Record* b) {
            return std::tie(a->place, a->shopper) < std::tie(b->place, b->shopper);
        });
        for (std::size_t i = 1; i < places_.size(); ++i) {
            if (places_[i - 1]->place != places_[i]->place || places_[i - 1]->shopper == places_[i]->shopper) continue;
            found("place_twice", fmt::format("place {} was given to two shoppers", places_[i]->place), *places_[i]);
        }
    }

    void limits_and_stock() {
        if (!plan_.sale) return;
        std::unordered_map<std::string, std::int64_t> taken;
        std::unordered_map<std::uint32_t, std::unordered_map<std::string_view, std::int64_t>> by_shopper;
        std::unordered_map<std::string, SaleView::Item> items;
        for (const SaleView::Item& item : plan_.sale->items) items[item.sku] = item;
        for (const Seen& seen : orders_) {
            const Record& record = *seen.record;
            if (!surely_holds(record, end_us_, payments_)) continue;
            for (const BasketLine& line : plan_.baskets[record.basket].lines) {
                taken[line.sku] += line.quantity;
                const std::int64_t limit = items[line.sku].limit;
                std::int64_t& own = by_shopper[record.shopper][line.sku];
                own += line.quantity;
                if (limit > 0 && own > limit && own - line.quantity <= limit) {
                    found("limit_exceeded", fmt::format("more than {} of {} for one customer", limit, line.sku),
                          record);
                }
            }
        }
        for (const auto& [sku, units] : taken) {
            if (units <= items[sku].units) continue;
            findings_.add(
                {"oversold", fmt::format("{} of {} sold, {} offered", units, sku, items[sku].units), {}, {}, {}});
        }
    }

    const Plan& plan_;
    std::span<const Journal> journals_;
    Findings findings_;
    std::int64_t end_us_ = 0;
    std::vector<Seen> orders_;
    std::vector<const Record*> places_;
    std::vector<const Record*> flawed_;
    std::unordered_map<Uuid, Outcome> payments_;
};

bool is_paid_state(std::string_view state) {
    return state != "reserved" && state != "paying" && state != "expired" && state != "cancelled";
}

}  // namespace

void Findings::add(Contradiction contradiction) {
    ++report_.contradictions_count;
    if (report_.contradictions.size() < kKeptMax) report_.contradictions.push_back(std::move(contradiction));
}

void find_contradictions(const Plan& plan, std::span<const Journal> journals, Report& report) {
    Checker(plan, journals, report).run();
}

void verify_orders(const Plan& plan, std::span<const Journal> journals, Report& report) {
    std::vector<const Record*> acknowledged;
    std::unordered_map<Uuid, Outcome> payments;
    for (const Journal& journal : journals) {
        for (const Record& record : journal.records) {
            if (record.op == Op::order && record.outcome == Outcome::ok) acknowledged.push_back(&record);
            if (record.op == Op::pay) payments[record.order] = record.outcome;
        }
    }
    const std::size_t wanted = std::min<std::size_t>(acknowledged.size(), plan.options.verify);
    Findings findings(report);
    PlainClient shop(plan.target, 10'000);
    for (std::size_t i = 0; i < wanted; ++i) {
        const Record& record = *acknowledged[i * acknowledged.size() / wanted];
        const Session& session = plan.sessions[record.shopper];
        auto answer = shop.ask({.path = "/api/v1/orders/" + record.order.to_string(), .token = session.token});
        if (!answer || answer->status >= 500) {
            ++report.unverified;
            if (!answer && report.unverified >= 3 && report.verified == 0) {
                report.unverified = wanted;
                return;  // nobody there any more
            }
            continue;
        }
        const std::string state(JsonView(answer->body)["state"].bare());
        const auto paid = payments.find(record.order);
        if (answer->status != 200) {
            findings.add({"acknowledged_order_missing", fmt::format("GET answered {}", answer->status),
                          session.customer, key_text(record.key), record.order});
        } else if (paid != payments.end() && paid->second == Outcome::ok && !is_paid_state(state)) {
            findings.add({"paid_order_not_paid", fmt::format("a paid order is shown as {}", state), session.customer,
                          key_text(record.key), record.order});
        } else {
            ++report.verified;
        }
    }
}

}  // namespace marketday::crowd
