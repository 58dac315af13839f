#include "drills/drill_shop.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "audit/audit.hpp"
#include "base/time.hpp"
#include "crowd/crowd.hpp"
#include "crowd/json_view.hpp"
#include "drills/interrupt.hpp"
#include "drills/planned_sale.hpp"

namespace marketday::drills {
namespace {

using audit::grouped;
using std::chrono::duration;
using std::chrono::steady_clock;

constexpr milliseconds kPreparedWithin{120'000};
constexpr milliseconds kSettleWithin{90'000};
constexpr milliseconds kStopWithin{15'000};
constexpr std::size_t kFailuresNamedMax = 5;

/// What the API promises to answer with. Anything else (500, 502 …) is a failure of the shop.
constexpr std::array kDeclared{200, 201, 202, 204, 303, 304, 401, 402, 403, 404, 409, 410, 422, 429, 503};

std::vector<std::string> settings_of(std::vector<std::string> settings, seconds hold) {
    settings.push_back(fmt::format("checkout.hold_s={}", hold.count()));
    return settings;
}

std::string first_of(crowd::JsonView list) {
    crowd::JsonWalk walk{list};
    return walk.next() ? walk.value()["kind"].text() + ", " + walk.value()["detail"].text() : std::string{};
}

}  // namespace

DrillShop::DrillShop(const DrillOptions& options, const Say& say, TemporaryDirectory& directory, Setup setup)
    : options_(options),
      say_(say),
      directory_(directory.path()),
      shop_({setup.data.value_or(directory.path() / "shop"), directory.path() / "server.log",
             settings_of(std::move(setup.settings), setup.hold), std::move(setup.surroundings), options.program}) {
    result_.drill = std::move(setup.name);
    result_.seed = options.seed;
    if (options.keep) result_.directory = directory_;
}

void DrillShop::open(std::int64_t units) {
    units_ = units;
    shop_.start();
    sale_without_line_ = open_sale("drill-kettle", false);
    renew_sale_with_line();
}

std::string DrillShop::open_sale(const std::string& sku, bool line) {
    PlannedSale sale{sku, units_, to_unix_ms(SystemClock{}.wall_now()) + 600};
    sale.line = line;
    std::string id = plan_sale(shop_, sale);
    wait_until_open(shop_, id);
    return id;
}

void DrillShop::renew_sale_with_line() {
    if (!sale_with_line_.empty())
        shop_.operate("POST", fmt::format("/admin/v1/sales/{}/state", sale_with_line_), R"({"state":"closed"})");
    sale_with_line_ = open_sale(fmt::format("drill-lantern-{}", ++sales_with_line_), true);
}

void DrillShop::send_crowd(const CrowdPlan& plan) {
    crowd_dir_ = directory_ / fmt::format("crowd-{}", totals_.crowds);
    crowd::Options crowd;
    crowd.url = shop_.shop_url();
    crowd.seed = plan.seed;
    crowd.shoppers = plan.shoppers;
    crowd.arrive_us = std::chrono::microseconds{plan.arrive}.count();
    crowd.sale = plan.line ? sale_with_line_ : sale_without_line_;
    crowd.silent_payments_percent = plan.silent_payments_percent;
    crowd.pay = plan.pay;
    crowd.patience_us = std::chrono::microseconds{plan.patience}.count();
    crowd.retry_for_us = std::chrono::microseconds{plan.retry_for}.count();
    crowd.request_timeout_us = std::chrono::microseconds{plan.request_timeout}.count();
    crowd.repeat_percent = 3;
    crowd.across_restart = true;
    crowd.verify = UINT32_MAX;
    crowd.data_dir = shop_.data().string();
    crowd.report_dir = crowd_dir_.string();
    crowd.display = crowd::Options::Display::none;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    const int write_end = ends[1];
    crowd.at_start = [write_end] { (void)!::write(write_end, "!", 1); };
    crowd_ = Child::run([&crowd] {
        const auto report = crowd::run(crowd, [](const std::string&) {});
        if (!report) throw std::runtime_error(report.error().message);
        return report->exit_code();
    });
    ::close(write_end);
    pollfd ready{ends[0], POLLIN, 0};
    const auto deadline = steady_clock::now() + kPreparedWithin;
    while (::poll(&ready, 1, 50) <= 0 && steady_clock::now() < deadline) check_interrupted();
    char mark = 0;
    const bool set_off = ::read(ends[0], &mark, 1) == 1;
    ::close(ends[0]);
    if (!set_off) throw std::runtime_error("the crowd did not set off; its own message stands above");
}

void DrillShop::crowd_leaves() {
    std::optional<int> ended;
    while (!(ended = crowd_->ended())) pause(milliseconds{5});
    read_summary(*ended);
    crowd_.reset();
}

void DrillShop::read_summary(int exit_code) {
    const std::string text = text_of(crowd_dir_ / "summary.json");
    const crowd::JsonView summary{text};
    if (summary.absent()) throw std::runtime_error("the crowd left no summary; its own message stands above");
    const std::string name = fmt::format("crowd {}", totals_.crowds);
    histories_.push_back(crowd_dir_ / "history.jsonl");
    ++totals_.crowds;
    totals_.shoppers += summary["shoppers"].integer_or(0);
    totals_.acknowledged += summary["orders"]["acknowledged"].integer_or(0);
    totals_.requests += summary["requests"].integer_or(0);
    totals_.retries += summary["retries"].integer_or(0);
    totals_.lost_connections += summary["lost_connections"].integer_or(0);
    for (crowd::JsonWalk walk{summary["statuses"]}; walk.next();) {
        const int status = std::stoi(std::string{walk.key()});
        if (status == 503) totals_.unavailable += walk.value().integer_or(0);
        if (std::ranges::find(kDeclared, status) == kDeclared.end())
            result_.fails(fmt::format("{}: {} answers with the status {}, which no operation declares", name,
                                      walk.value().integer_or(0), status));
    }
    const auto number = [](crowd::JsonView value) { return value.absent() ? 0 : std::stod(std::string{value.raw()}); };
    last_goodput_ = number(summary["goodput_orders_per_s"]);
    last_order_ms_ = {number(summary["acknowledged_latency_ms"]["p50"]),
                      number(summary["acknowledged_latency_ms"]["p99"])};
    const crowd::JsonView endings = summary["endings"];
    const std::int64_t untold =
        endings["gave_up"].integer_or(0) + endings["unknown"].integer_or(0) + endings["failed"].integer_or(0);
    totals_.left_untold += untold;
    if (untold > 0 && !untold_allowed_)
        result_.fails(fmt::format("{}: {} shoppers left without being told", name, untold));
    if (const auto contradictions = summary["contradictions"].integer_or(0); contradictions > 0)
        result_.fails(fmt::format("{}: {} contradictions between what shoppers were told, the first: {}", name,
                                  contradictions, first_of(summary["contradiction_list"])));
    if (exit_code == 2) result_.fails(fmt::format("{}: the crowd itself had trouble", name));
}

double DrillShop::audit(const std::string& when, bool at_rest) {
    const auto begun = steady_clock::now();
    const auto report = audit::run({shop_.database(), histories_, at_rest});
    if (!report) throw std::runtime_error(report.error());
    ++audits_;
    history_operations_ = report->history_operations;
    orders_lost_ = std::max(orders_lost_, report->orders_lost);
    ledger_entries_ = report->ledger_entries;
    std::size_t named = 0;
    for (const audit::Check& check : report->checks) {
        for (const audit::Violation& violation : check.violations()) {
            if (named++ >= kFailuresNamedMax) break;
            result_.fails(fmt::format("{}: {}: {}: expected {}, found {}", when, check.id(), violation.subject,
                                      violation.expected, violation.found));
        }
    }
    if (!report->holds())
        result_.fails(fmt::format("{}: the audit found {} violations", when, report->violation_count()));
    return duration<double>(steady_clock::now() - begun).count();
}

void DrillShop::close() {
    const auto deadline = steady_clock::now() + kSettleWithin;
    bool settled = false;
    while (!settled && steady_clock::now() < deadline) {
        shop_.check_running();
        const auto standing = audit::look(shop_.database());
        settled = standing && standing->settled();
        if (!settled) pause(milliseconds{50});
    }
    if (!settled) result_.fails("payments, holds or events were still under way at the end");
    const int exit_code = shop_.stop(kStopWithin).value_or(-1);
    if (exit_code != 0) result_.fails(fmt::format("the server ended with exit code {}", exit_code));
    audit("at rest", settled);
}

void DrillShop::tell_figures() {
    result_.figure("shoppers", grouped(totals_.shoppers));
    result_.figure("orders acknowledged", grouped(totals_.acknowledged));
    result_.figure("orders lost", grouped(orders_lost_));
    result_.figure("answers 503", grouped(totals_.unavailable));
    result_.figure("connections lost", grouped(totals_.lost_connections));
    result_.figure("left untold", grouped(totals_.left_untold));
    result_.figure("audits", grouped(audits_));
    result_.figure("operations in the history", grouped(history_operations_));
    result_.figure("ledger entries", grouped(ledger_entries_));
}

}  // namespace marketday::drills
