#include "crowd/crowd.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <new>
#include <string_view>

#include "crowd/checks.hpp"
#include "crowd/json_view.hpp"
#include "crowd/preparation.hpp"
#include "crowd/progress.hpp"
#include "crowd/reactor.hpp"
#include "crowd/report_files.hpp"
#include "crowd/summary.hpp"
#include "crowd/worker.hpp"

namespace marketday::crowd {
namespace {

constexpr std::uint32_t kShoppersAProcess = 15'000;
constexpr std::size_t kRecordsAProcess = 32'000'000;  // room, not memory: pages are taken as they fill
constexpr std::int64_t kSampleUs = 250'000;
constexpr std::int64_t kStockSampleUs = 1'000'000;

/// One forked process and the memory it shares with its parent.
struct Child {
    pid_t pid = -1;
    Tally* tally = nullptr;
    SharedRecords records{kRecordsAProcess};
    bool running = false;
};

Tally* make_tally() {
    void* memory = mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return new (memory) Tally;
}

/// Takes as many descriptors as it may have, and leaves some for everything that is no shopper.
std::uint32_t connections_allowed() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::uint32_t>(std::clamp<rlim_t>(limit.rlim_cur, 164, 20'000) - 64);
}

[[noreturn]] void be_child(const Plan& plan, Child& child, std::uint32_t index, std::uint32_t count) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // no crowd without its parent
    signal(SIGINT, SIG_IGN);
    const Share share{plan, *child.tally, child.records, index, count, connections_allowed()};
    if (plan.options.mode == Mode::steady) {
        run_steady(share);
    } else {
        run_rush(share);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
    };
    child.tally->cpu_us = us(usage.ru_utime) + us(usage.ru_stime);
    _exit(0);
}

std::uint32_t process_count(const Plan& plan) {
    if (plan.options.processes > 0) return plan.options.processes;
    const bool steady = plan.options.mode == Mode::steady;
    const std::size_t connections = steady ? plan.options.connections : plan.arrivals.size();
    return static_cast<std::uint32_t>(
        std::max<std::size_t>(1, (connections + kShoppersAProcess - 1) / kShoppersAProcess));
}

/// The units of the whole sale, as the public page tells them.
struct Stock {
    std::int64_t available = -1;
    std::int64_t reserved = -1;
    std::int64_t sold = -1;
};

Stock read_stock(PlainClient& shop, const Plan& plan) {
    auto answer = shop.ask({.path = "/api/v1/sales/" + plan.sale->id.to_string() + "/stock"});
    if (!answer || answer->status != 200) return {};
    Stock stock{0, 0, 0};
    for (JsonWalk walk(JsonView(answer->body)["items"]); walk.next();) {
        stock.available += walk.value()["available"].integer_or(0);
        stock.reserved += walk.value()["reserved"].integer_or(0);
        stock.sold += walk.value()["sold"].integer_or(0);
    }
    return stock;
}

Totals totals_of(const std::vector<Child>& children, const Plan& plan) {
    Totals totals;
    totals.at_s = static_cast<double>(monotonic_us() - plan.start_us) / 1e6;
    for (const Child& child : children) {
        totals.arrived += child.tally->arrived;
        totals.waiting += child.tally->waiting;
        totals.connections += child.tally->connections;
        totals.acknowledged += child.tally->acknowledged;
        totals.refused += child.tally->refused;
        totals.unknown += child.tally->unknown;
        totals.paid += child.tally->paid;
        totals.flaws += child.tally->flaws;
        for (const auto& ending : child.tally->endings) totals.ended += ending;
    }
    return totals;
}

bool any_running(std::vector<Child>& children, Report& report) {
    bool running = false;
    for (Child& child : children) {
        if (!child.running) continue;
        int status = 0;
        const pid_t ended = waitpid(child.pid, &status, WNOHANG);
        if (ended == 0 || (ended < 0 && errno == EINTR)) {
            running = true;
            continue;
        }
        child.running = false;
        if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            report.rig_troubles.push_back(fmt::format("process {} of the crowd died (status {})", child.pid, status));
        }
    }
    return running;
}

/// Watches until all processes have ended: samples, stock, display.
void watch(const Plan& plan, std::vector<Child>& children, Report& report) {
    Progress progress(plan.options.display, plan.arrivals.size());
    PlainClient shop(plan.target, 900);
    Stock stock;
    std::int64_t next_stock_us = 0;
    while (true) {
        const bool running = any_running(children, report);
        const std::int64_t now = monotonic_us();
        if (plan.sale && (now >= next_stock_us || !running)) {
            stock = read_stock(shop, plan);
            next_stock_us = now + kStockSampleUs;
        }
        Totals totals = totals_of(children, plan);
        totals.available = stock.available;
        if (now >= plan.start_us - kSampleUs) {
            report.samples.push_back({static_cast<double>(now) / 1e6, totals.waiting, totals.connections,
                                      stock.available, stock.reserved, stock.sold});
        }
        if (!running) return progress.finish(totals);
        progress.show(totals);
        const timespec pause{.tv_sec = 0, .tv_nsec = kSampleUs * 1000};
        nanosleep(&pause, nullptr);
    }
}

void add_tallies(const std::vector<Child>& children, Report& report) {
    std::int64_t cpu_us = 0;
    for (const Child& child : children) {
        const Tally& tally = *child.tally;
        for (std::size_t i = 0; i < tally.statuses.size(); ++i) {
            if (tally.statuses[i] > 0) report.statuses[static_cast<int>(i)] += tally.statuses[i];
            report.requests += tally.statuses[i];
        }
        for (std::size_t i = 0; i < kEndingCount; ++i) report.endings[i] += tally.endings[i];
        report.lost_connections += tally.lost_connections;
        report.retries += tally.retries;
        cpu_us += tally.cpu_us;
        report.late_ms_max = std::max(report.late_ms_max, static_cast<double>(tally.late_us_max) / 1000.0);
        if (child.records.dropped() > 0) {
            report.rig_troubles.push_back(
                fmt::format("{} operations did not fit into memory", child.records.dropped()));
        }
    }
    if (report.requests > 0)
        report.cpu_us_per_request = static_cast<double>(cpu_us) / static_cast<double>(report.requests);
}

}  // namespace

int Report::exit_code() const {
    if (contradictions_count > 0) return 3;
    return rig_troubles.empty() ? 0 : 2;
}

Result<Report, Trouble> run(const Options& options, const std::function<void(const std::string&)>& say) {
    auto plan = prepare(options, say);
    if (!plan) return fail(plan.error());
    Report report;
    report.processes = process_count(*plan);
    report.shoppers = options.mode == Mode::steady ? plan->sessions.size() : plan->arrivals.size();
    std::vector<Child> children(report.processes);
    for (std::uint32_t i = 0; i < children.size(); ++i) {
        children[i].tally = make_tally();
        children[i].pid = fork();
        if (children[i].pid == 0) be_child(*plan, children[i], i, report.processes);
        if (children[i].pid < 0) return fail(Trouble{"cannot start the crowd's processes: too many are running"});
        children[i].running = true;
    }
    if (options.at_start) options.at_start();
    watch(*plan, children, report);

    std::vector<Journal> journals;
    for (const Child& child : children) journals.push_back({child.records.records(), &child.tally->names});
    add_tallies(children, report);
    summarise(*plan, journals, report);
    find_contradictions(*plan, journals, report);
    verify_orders(*plan, journals, report);
    if (!options.report_dir.empty()) {
        if (auto written = write_report(*plan, journals, report); !written) return fail(written.error());
    }
    for (const Child& child : children) munmap(child.tally, sizeof(Tally));
    return report;
}

}  // namespace marketday::crowd
