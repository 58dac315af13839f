#include "crowd/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "crowd/json_view.hpp"

namespace marketday::crowd {
namespace {

constexpr std::size_t kSlicesMax = 240;

double seconds_between(std::int64_t from_us, std::int64_t to_us) { return static_cast<double>(to_us - from_us) / 1e6; }
double ms(std::int64_t us) { return static_cast<double>(us) / 1000.0; }

/// The smallest comfortable slice that gives at most kSlicesMax of them.
double slice_seconds(double seconds) {
    for (const double each : {0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0}) {
        if (seconds / each <= static_cast<double>(kSlicesMax)) return each;
    }
    return std::ceil(seconds / static_cast<double>(kSlicesMax));
}

std::uint64_t units_of(const Plan& plan, const Record& record) {
    std::uint64_t units = 0;
    for (const BasketLine& line : plan.baskets[record.basket].lines) units += static_cast<std::uint64_t>(line.quantity);
    return units;
}

struct Span {
    std::int64_t first_us = INT64_MAX;
    std::int64_t last_us = 0;
    void add(std::int64_t from, std::int64_t to) {
        first_us = std::min(first_us, from);
        last_us = std::max(last_us, to);
    }
};

void count(const Plan& plan, std::span<const Journal> journals, Report& report, Span& all, Span& orders) {
    std::unordered_map<Uuid, std::uint64_t> units;
    std::vector<const Record*> payments;
    std::int64_t last_payment_us = -1;
    for (const Journal& journal : journals) {
        for (const Record& record : journal.records) {
            OpFigures& op = report.ops[static_cast<std::size_t>(record.op)];
            op.ok += record.outcome == Outcome::ok;
            op.refused += record.outcome == Outcome::refused;
            op.unknown += record.outcome == Outcome::unknown;
            if (record.status != 0) op.latency.add(record.end_us - record.start_us);
            if (record.op == Op::order && record.outcome == Outcome::ok)
                report.acknowledged_latency.add(record.end_us - record.start_us);
            all.add(record.start_us, record.end_us);
            const bool matters = record.op == Op::order || record.op == Op::pay;
            if (matters && record.outcome != Outcome::ok)
                ++report.reasons[std::string((*journal.names)[record.reason])];
            if (record.op == Op::order) orders.add(record.start_us, record.outcome == Outcome::ok ? record.end_us : 0);
            if (record.op == Op::order && record.outcome == Outcome::ok) {
                report.units_granted += units_of(plan, record);
                if (plan.options.pay && plan.options.mode != Mode::steady) units[record.order] = units_of(plan, record);
            }
            if (record.op == Op::pay && record.outcome == Outcome::ok) {
                payments.push_back(&record);
                last_payment_us = std::max(last_payment_us, record.end_us);
            }
        }
    }
    for (const Record* payment : payments) report.units_sold += units[payment->order];
    if (last_payment_us < 0) return;
    std::int64_t opened_us = all.first_us;
    if (plan.sale) opened_us = std::max(opened_us, plan.sale->opens_at_us);
    report.seconds_to_last_payment = seconds_between(opened_us, last_payment_us);
    if (report.units_offered > 0 && report.units_sold >= report.units_offered) {
        report.seconds_to_sold_out = report.seconds_to_last_payment;
    }
}

void slice(const Plan& plan, std::span<const Journal> journals, Report& report, const Span& all) {
    report.slice_s = slice_seconds(report.seconds);
    const auto index_of = [&](std::int64_t at_us) {
        return static_cast<std::size_t>(std::max(0.0, seconds_between(all.first_us, at_us)) / report.slice_s);
    };
    report.slices.resize(index_of(all.last_us) + 1);
    std::vector<Histogram> latency(report.slices.size());
    for (std::size_t i = 0; i < report.slices.size(); ++i)
        report.slices[i].at_s = static_cast<double>(i) * report.slice_s;
    const bool has_orders = report.orders_acknowledged + report.orders_refused > 0;
    const bool closed_loop = plan.arrivals.empty();
    for (const Arrival& arrival : plan.arrivals) {
        const std::size_t at = index_of(arrival.at_us);
        if (at < report.slices.size()) ++report.slices[at].arrivals;
    }
    for (const Journal& journal : journals) {
        for (const Record& record : journal.records) {
            const std::size_t end = index_of(record.end_us);
            if (closed_loop) ++report.slices[index_of(record.start_us)].arrivals;
            if (record.op == Op::order && record.outcome == Outcome::ok) ++report.slices[end].acknowledged;
            if (record.op == Op::order && record.outcome == Outcome::refused) ++report.slices[end].refused;
            if (record.op == Op::pay && record.outcome == Outcome::ok) ++report.slices[end].paid;
            if (record.status != 0 && (record.op == Op::order || !has_orders))
                latency[end].add(record.end_us - record.start_us);
        }
    }
    for (std::size_t i = 0; i < report.slices.size(); ++i) {
        if (latency[i].count() == 0) continue;
        report.slices[i].p50_ms = ms(latency[i].percentile_us(0.5));
        report.slices[i].p99_ms = ms(latency[i].percentile_us(0.99));
    }
    for (Sample& sample : report.samples) sample.at_s -= seconds_between(0, all.first_us);
}

std::string latency_json(const Histogram& latency) {
    return fmt::format(
        R"({{"count":{},"mean":{:.3f},"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"p999":{:.3f},"max":{:.3f}}})",
        latency.count(), latency.mean_us() / 1000.0, ms(latency.percentile_us(0.5)), ms(latency.percentile_us(0.9)),
        ms(latency.percentile_us(0.99)), ms(latency.percentile_us(0.999)), ms(latency.max_us()));
}

std::string_view to_string(Mode mode) {
    switch (mode) {
        case Mode::rush: return "rush";
        case Mode::steady: return "steady";
        case Mode::replay: return "replay";
    }
    return "";
}

std::string number_or_null(double value) { return value < 0 ? "null" : fmt::format("{:.3f}", value); }

template <class Items, class Each>
std::string joined(const Items& items, Each each) {
    std::string out;
    for (const auto& item : items) {
        if (!out.empty()) out += ',';
        out += each(item);
    }
    return out;
}

std::string contradiction_json(const Contradiction& each) {
    return fmt::format(R"({{"kind":{},"detail":{},"customer":"{}","key":{},"order":"{}"}})", json_quoted(each.kind),
                       json_quoted(each.detail), each.customer.to_string(), json_quoted(each.key),
                       each.order.to_string());
}

}  // namespace

std::string_view to_string(Ending ending) {
    switch (ending) {
        case Ending::bought: return "bought";
        case Ending::told_no: return "told_no";
        case Ending::declined: return "declined";
        case Ending::gave_up: return "gave_up";
        case Ending::unknown: return "unknown";
        case Ending::failed: return "failed";
    }
    return "";
}

void summarise(const Plan& plan, std::span<const Journal> journals, Report& report) {
    report.options = plan.options;
    if (plan.sale) {
        report.sale = plan.sale->id.to_string();
        report.sale_name = plan.sale->name;
        for (const SaleView::Item& item : plan.sale->items)
            report.units_offered += static_cast<std::uint64_t>(item.units);
    }
    Span all;
    Span orders;
    count(plan, journals, report, all, orders);
    const OpFigures& order = report.ops[static_cast<std::size_t>(Op::order)];
    report.orders_acknowledged = order.ok;
    report.orders_refused = order.refused;
    report.orders_unknown = order.unknown;
    if (all.last_us == 0) return;
    report.seconds = seconds_between(all.first_us, all.last_us);
    if (orders.last_us > orders.first_us) {
        report.goodput_orders_per_s = static_cast<double>(order.ok) / seconds_between(orders.first_us, orders.last_us);
    }
    slice(plan, journals, report, all);
}

std::string summary_json(const Report& report) {
    std::string out = fmt::format(
        R"({{"mode":"{}","seed":{},"sale":{},"processes":{},"shoppers":{},"units_offered":{},)"
        R"("orders":{{"acknowledged":{},"refused":{},"unknown":{}}},"units_granted":{},"units_sold":{},)"
        R"("seconds":{:.3f},"goodput_orders_per_s":{:.1f},"seconds_to_last_payment":{},"seconds_to_sold_out":{},)",
        to_string(report.options.mode), report.options.seed, report.sale.empty() ? "null" : json_quoted(report.sale),
        report.processes, report.shoppers, report.units_offered, report.orders_acknowledged, report.orders_refused,
        report.orders_unknown, report.units_granted, report.units_sold, report.seconds, report.goodput_orders_per_s,
        number_or_null(report.seconds_to_last_payment), number_or_null(report.seconds_to_sold_out));
    std::string operations;
    std::string latencies;
    for (std::size_t i = 0; i < kOpCount; ++i) {
        const OpFigures& op = report.ops[i];
        if (op.ok + op.refused + op.unknown == 0) continue;
        const char* comma = operations.empty() ? "" : ",";
        const std::string_view name = to_string(static_cast<Op>(i));
        operations +=
            fmt::format(R"({}"{}":{{"ok":{},"refused":{},"unknown":{}}})", comma, name, op.ok, op.refused, op.unknown);
        latencies += fmt::format(R"({}"{}":{})", comma, name, latency_json(op.latency));
    }
    out += fmt::format(R"("operations":{{{}}},"latency_ms":{{{}}},"acknowledged_latency_ms":{},)", operations,
                       latencies, latency_json(report.acknowledged_latency));
    out += fmt::format(R"("statuses":{{{}}},)", joined(report.statuses, [](const auto& e) {
                           return fmt::format(R"("{}":{})", e.first, e.second);
                       }));
    out += fmt::format(R"("reasons":{{{}}},)", joined(report.reasons, [](const auto& e) {
                           return fmt::format("{}:{}", json_quoted(e.first), e.second);
                       }));
    std::string endings;
    for (std::size_t i = 0; i < kEndingCount; ++i) {
        endings += fmt::format(R"({}"{}":{})", i == 0 ? "" : ",", to_string(static_cast<Ending>(i)), report.endings[i]);
    }
    out += fmt::format(
        R"("endings":{{{}}},"requests":{},"retries":{},"lost_connections":{},"cpu_us_per_request":{:.2f},)"
        R"("late_ms_max":{:.1f},"verified":{},"unverified":{},"contradictions":{},"contradiction_list":[{}],"rig_troubles":[{}]}})",
        endings, report.requests, report.retries, report.lost_connections, report.cpu_us_per_request,
        report.late_ms_max, report.verified, report.unverified, report.contradictions_count,
        joined(report.contradictions, contradiction_json),
        joined(report.rig_troubles, [](const std::string& each) { return json_quoted(each); }));
    return out;
}

std::string summary_text(const Report& report) {
    std::string out =
        fmt::format("{} orders acknowledged, {} refused, {} unknown; {} units sold", report.orders_acknowledged,
                    report.orders_refused, report.orders_unknown, report.units_sold);
    if (report.units_offered > 0) out += fmt::format(" of {}", report.units_offered);
    out += fmt::format(" · {:.1f} s · {:.0f} orders/s\n", report.seconds, report.goodput_orders_per_s);
    out += fmt::format("{:<8}{:>10}{:>10}{:>9}{:>10}{:>10}{:>10}{:>10}   latency in ms\n", "", "ok", "refused",
                       "unknown", "p50", "p99", "p99.9", "max");
    for (std::size_t i = 0; i < kOpCount; ++i) {
        const OpFigures& op = report.ops[i];
        if (op.ok + op.refused + op.unknown == 0) continue;
        out += fmt::format("{:<8}{:>10}{:>10}{:>9}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}\n",
                           to_string(static_cast<Op>(i)), op.ok, op.refused, op.unknown,
                           ms(op.latency.percentile_us(0.5)), ms(op.latency.percentile_us(0.99)),
                           ms(op.latency.percentile_us(0.999)), ms(op.latency.max_us()));
    }
    for (const auto& [reason, times] : report.reasons)
        out += fmt::format("{} × {}\n", times, reason.empty() ? "(no reason)" : reason);
    for (const std::string& trouble : report.rig_troubles) out += fmt::format("the crowd itself: {}\n", trouble);
    if (report.contradictions_count == 0) {
        out += fmt::format("no contradictions; {} acknowledged orders asked for again and found\n", report.verified);
    } else {
        out += fmt::format("{} CONTRADICTIONS, the first: {}: {}\n", report.contradictions_count,
                           report.contradictions.front().kind, report.contradictions.front().detail);
    }
    return out;
}

}  // namespace marketday::crowd
