#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "audit/audit.hpp"
#include "cli/admin_client.hpp"
#include "cli/commands.hpp"

namespace marketday::cli {
namespace {

struct AuditFlags {
    std::string data_dir;
    std::string database;  // a URL
    std::string url;
    std::vector<std::string> histories;
    bool at_rest = false;
    bool json = false;
};

audit::Check read_check(const boost::json::object& object, std::deque<std::string>& words) {
    const auto word = [&](std::string_view name) -> std::string_view {
        return words.emplace_back(boost::json::value_to<std::string>(object.at(name)));
    };
    const auto id = word("id");
    const auto title = word("title");
    audit::Check check{id, title, word("examined_what")};
    check.examined(object.at("examined").as_int64());
    check.note(std::string{word("note")});
    if (object.at("state").as_string() == "skipped") check.skip(std::string{word("note")});
    for (const auto& value : object.at("violations").as_array()) {
        const auto& violation = value.as_object();
        check.violated(boost::json::value_to<std::string>(violation.at("subject")),
                       boost::json::value_to<std::string>(violation.at("expected")),
                       boost::json::value_to<std::string>(violation.at("found")));
    }
    check.violated_unnamed(object.at("violation_count").as_int64() - check.violation_count());
    return check;
}

/// A server's answer as the report it was made from, so that it reads the same on the terminal.
audit::Report read_report(std::string_view body, std::deque<std::string>& words) {
    const auto value = boost::json::parse(body);
    const auto& object = value.as_object();
    audit::Report report;
    report.orders = object.at("orders").as_int64();
    report.units_sold = object.at("units_sold").as_int64();
    report.ledger_entries = object.at("ledger_entries").as_int64();
    for (const auto& check : object.at("checks").as_array())
        report.checks.push_back(read_check(check.as_object(), words));
    return report;
}

/// Starts an audit of the server, or joins the one under way, and waits for it: the report's JSON.
std::string audit_of_server(AdminClient& client) {
    constexpr std::chrono::milliseconds kPauseMin{50};
    constexpr std::chrono::milliseconds kPauseMax{1000};
    const bool shown = ::isatty(STDERR_FILENO) != 0;
    auto pause = kPauseMin;
    auto status = boost::json::parse(client.must("POST", "/admin/v1/audit")).as_object();
    while (status.at("state").as_string() == "running") {
        if (shown)
            fmt::print(stderr, "\r\x1b[K{:3.0f} % {}", status.at("share").to_number<double>() * 100,
                       std::string_view{status.at("doing").as_string()});
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kPauseMax);
        status = boost::json::parse(client.must("GET", "/admin/v1/audit")).as_object();
    }
    if (shown) fmt::print(stderr, "\r\x1b[K");
    if (status.at("state").as_string() != "done") {
        const auto* why = status.at("problem").if_string();
        throw CommandError{why != nullptr ? std::string{*why} : "the server was stopped before the audit had ended"};
    }
    return boost::json::serialize(status.at("last").as_object().at("report"));
}

int audit_server(const AuditFlags& flags) {
    if (!flags.histories.empty()) throw CommandError{"--history is read on this machine and needs --data, not --url"};
    AdminTarget target;
    target.url = flags.url;
    AdminClient client{target};
    const std::string body = audit_of_server(client);
    std::deque<std::string> words;
    const audit::Report report = read_report(body, words);
    if (flags.json)
        fmt::print("{}\n", body);
    else
        fmt::print("{}", report.to_text());
    return report.holds() ? 0 : 1;
}

int audit_directory(const AuditFlags& flags) {
    audit::Options options;
    options.database =
        flags.database.empty() ? (std::filesystem::path{flags.data_dir} / "marketday.db").string() : flags.database;
    options.histories.assign(flags.histories.begin(), flags.histories.end());
    options.at_rest = flags.at_rest;
    const auto report = audit::run(options);
    if (!report) throw CommandError{report.error()};
    if (flags.json)
        fmt::print("{}\n", report->to_json());
    else
        fmt::print("{}", report->to_text());
    return report->holds() ? 0 : 1;
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
    auto flags = std::make_shared<AuditFlags>();
    auto* command = app.add_subcommand("audit", "Check that nothing was oversold, lost, doubled or rewritten");
    auto* data = command->add_option("--data", flags->data_dir, "The shop's data directory")->default_str("");
    command->add_option("--url", flags->url, "A running server's operators' address, instead of --data")
        ->excludes(data);
    command->add_option("--database", flags->database, "The shop's postgres:// URL, instead of --data")->excludes(data);
    command->add_option("--history", flags->histories, "A crowd's history.jsonl; may be given more than once");
    command->add_flag("--at-rest", flags->at_rest, "Nobody is shopping: nothing may be pending");
    command->add_flag("--json", flags->json, "One JSON object instead of the table");
    command->footer("Exit code: 0 everything holds, 1 something is violated, 2 it cannot be read.");
    command->callback([flags, &exit_code] {
        exit_code = run_command([&flags] {
            if (flags->data_dir.empty() && flags->url.empty() && flags->database.empty())
                throw CommandError{
                    "say what to audit: --data DIR, --database postgres://…, or --url URL of a running server"};
            return flags->url.empty() ? audit_directory(*flags) : audit_server(*flags);
        });
    });
}

}  // namespace marketday::cli
