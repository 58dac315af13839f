#include "crowd/crowd.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "crowd/summary.hpp"

namespace marketday::cli {
namespace {

/// "10s", "250ms", "2m", "1h", with a sign if need be; a bare number is seconds.
std::int64_t parse_duration_us(const std::string& text) {
    constexpr std::array<std::pair<std::string_view, double>, 6> kUnits{
        {{"us", 1.0}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}, {"", 1e6}}};
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{}) {
        const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
        for (const auto& [name, us] : kUnits) {
            if (unit == name) return static_cast<std::int64_t>(number * us);
        }
    }
    throw CLI::ValidationError("'" + text + "' is no duration: write 10s, 250ms or 2m");
}

void add_duration(CLI::App& app, const std::string& name, std::int64_t& target_us, const std::string& description) {
    app.add_option_function<std::string>(
           name, [&target_us](const std::string& text) { target_us = parse_duration_us(text); }, description)
        ->type_name("TIME");
}

struct CrowdFlags {
    crowd::Options options;
    std::int64_t before_opening_us = 0;
    bool json = false;
    bool quiet = false;
    bool closed = false;
    bool no_pay = false;
    std::string prepare = "auto";
    std::string verify = "1000";
    std::string compress = "10000x";
};

void add_who(CLI::App& app, CrowdFlags& flags) {
    crowd::Options& options = flags.options;
    app.add_option("--sale", options.sale,
                   "the sale's id, or auto: the open one, else the next to open, or none (with --sku)")
        ->capture_default_str();
    app.add_option("--sku", options.sku, "everybody wants this one");
    app.add_option("--shoppers", options.shoppers, "how many come, each once")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    add_duration(app, "--arrive", options.arrive_us, "all arrive within this time [10s]");
    add_duration(app, "--start-offset", options.start_offset_us, "the first arrives this long after the opening [0s]");
    add_duration(app, "--before-opening", flags.before_opening_us, "the first arrives this long before the opening");
    app.add_option("--shape", options.shape_file,
                   "CSV period,count (plain or gzipped): arrivals follow it, compressed and scaled")
        ->check(CLI::ExistingFile);
    app.add_option("--shape-from", options.shape_from, "the first row of the shape that is used")
        ->capture_default_str();
    app.add_option("--shape-rows", options.shape_rows, "how many rows of it; 0: to its end")->capture_default_str();
    add_duration(app, "--patience", options.patience_us, "a shopper leaves after so long [120s]");
    app.add_option("--prepare", flags.prepare, "accounts made beforehand, untimed: a number, or auto")
        ->capture_default_str();
    app.add_option("--admin", options.admin_url, "the operators' address, to prepare accounts: http://HOST:PORT");
    app.add_option("--admin-token", options.admin_token, "an operator's token for it");
    app.add_option("--data", options.data_dir, "read both from DIR/admin.json instead");
}

void add_what(CLI::App& app, CrowdFlags& flags) {
    crowd::Options& options = flags.options;
    const CLI::Range percent(0, 100);
    app.add_option("--look", options.look_percent, "percent who look at the sale first")
        ->capture_default_str()
        ->check(percent);
    app.add_option("--search", options.search_percent, "percent who search first")
        ->capture_default_str()
        ->check(percent);
    app.add_option("--basket", options.basket_lines_max, "different items of the sale that a shopper wants, at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 50));
    app.add_option("--reload", options.reload_percent, "percent of polls that load the page again")
        ->capture_default_str()
        ->check(percent);
    app.add_option("--repeat", options.repeat_percent, "percent of orders that are sent twice")
        ->capture_default_str()
        ->check(percent);
    app.add_option("--silent-payments", options.silent_payments_percent,
                   "percent of payments that the gateway leaves open")
        ->capture_default_str()
        ->check(percent);
    app.add_flag("--no-pay", flags.no_pay, "orders are placed, not paid");
    app.add_option("--orders-per-second", options.orders_per_second, "a steady stream of orders instead, open loop")
        ->check(CLI::PositiveNumber);
    app.add_flag("--closed", flags.closed,
                 "as many orders as the shop can take: each connection sends its next at once");
    add_duration(app, "--seconds", options.duration_us, "how long a stream lasts [10s]");
    app.add_option("--connections", options.connections, "of a stream")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--replay", options.replay_file,
                   "the real baskets of an orders file (CSV, plain or gzipped), in order")
        ->check(CLI::ExistingFile);
    app.add_option("--compress", flags.compress, "how much faster than it was")->capture_default_str();
    app.add_option("--replay-max", options.replay_max, "only the first so many baskets");
}

void add_rig(CLI::App& app, CrowdFlags& flags) {
    crowd::Options& options = flags.options;
    app.add_option("--seed", options.seed, "the same seed gives the same crowd")->capture_default_str();
    app.add_option("--processes", options.processes, "0: as many as the connections need")->capture_default_str();
    app.add_option("--tls-ca", options.trust.authorities_file,
                   "PEM file of the authority that signed the shop's certificate, or of that itself; the system's else")
        ->check(CLI::ExistingFile);
    app.add_flag("--tls-unchecked", options.trust.anybody, "no certificate is checked");
    app.add_option("--fallback-url", options.fallback_url,
                   "the shop's second address: where shoppers go who are refused at the first");
    add_duration(app, "--request-timeout", options.request_timeout_us, "no answer after this long is none [30s]");
    app.add_flag("--keep-alive-across-restart", options.across_restart,
                 "a lost connection is tried again with the same key until there is an outcome");
    add_duration(app, "--retry-for", options.retry_for_us, "… for so long [30s]");
    app.add_option("--verify", flags.verify, "acknowledged orders asked for again at the end: a number, all, or none")
        ->capture_default_str();
    app.add_option("--report", options.report_dir, "write summary.json, history.jsonl and report.html into DIR");
    app.add_flag("--json", flags.json, "print the summary as JSON");
    app.add_flag("--quiet", flags.quiet, "no display while it runs");
}

std::uint32_t number_or(const std::string& text, std::string_view option) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
    throw CLI::ValidationError("'" + text + "' is no number for " + std::string(option));
}

/// What the flags mean together.
void settle(CrowdFlags& flags) {
    crowd::Options& options = flags.options;
    if (!options.replay_file.empty()) {
        options.mode = crowd::Mode::replay;
    } else if (flags.closed || options.orders_per_second > 0) {
        options.mode = crowd::Mode::steady;
    }
    if (flags.closed) options.orders_per_second = 0;
    if (flags.before_opening_us != 0) options.start_offset_us = -flags.before_opening_us;
    options.pay = !flags.no_pay;
    options.prepare = flags.prepare == "auto" ? 0 : number_or(flags.prepare, "--prepare");
    options.verify = flags.verify == "all"    ? UINT32_MAX
                     : flags.verify == "none" ? 0
                                              : number_or(flags.verify, "--verify");
    std::string compress = flags.compress;
    if (compress.ends_with('x')) compress.pop_back();
    options.compress = number_or(compress, "--compress");
    if (options.compress <= 0) throw CLI::ValidationError("--compress must be at least 1x");
    if (flags.quiet) options.display = crowd::Options::Display::none;
}

int run_crowd(CrowdFlags& flags) {
    settle(flags);
    const auto say = [&flags](const std::string& line) {
        if (!flags.quiet) std::fprintf(stderr, "%s\n", line.c_str());
    };
    const auto report = crowd::run(flags.options, say);
    if (!report) {
        std::fprintf(stderr, "marketday crowd: %s\n", report.error().message.c_str());
        return 2;
    }
    const std::string out = flags.json ? crowd::summary_json(*report) + "\n" : crowd::summary_text(*report);
    std::fputs(out.c_str(), stdout);
    if (!flags.options.report_dir.empty()) say("report: " + flags.options.report_dir + "/report.html");
    return report->exit_code();
}

}  // namespace

void add_crowd(CLI::App& app, int& exit_code) {
    CLI::App* command =
        app.add_subcommand("crowd", "Simulated shoppers over real HTTP; exit 3 when the shop contradicts itself");
    const auto flags = std::make_shared<CrowdFlags>();
    command->add_option("URL", flags->options.url, "the shop: http://HOST:PORT")->required();
    add_who(*command, *flags);
    add_what(*command, *flags);
    add_rig(*command, *flags);
    command->callback([flags, &exit_code] { exit_code = run_crowd(*flags); });
}

}  // namespace marketday::cli
