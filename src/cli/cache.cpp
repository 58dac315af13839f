#include <fmt/format.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "cli/admin_client.hpp"
#include "cli/cache_trace.hpp"
#include "cli/commands.hpp"

namespace marketday::cli {
namespace {

/// Shares of all the trace's entries together that are tried when no capacity is given.
constexpr std::array kShares{0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5};

struct ReplayOptions {
    std::string trace;
    bool orders = false;
    bool json = false;
    std::uint64_t entry_bytes = 4096;
    std::vector<std::uint64_t> capacities;
};

struct Row {
    std::uint64_t capacity_bytes = 0;
    double share = 0;
    std::array<double, kEvictions.size()> hit_ratio{};  // in the order of kEvictions

    Eviction best() const {
        return kEvictions[static_cast<std::size_t>(std::ranges::max_element(hit_ratio) - hit_ratio.begin())];
    }
};

std::vector<Row> replay_all(const CacheTrace& trace, std::vector<std::uint64_t> capacities) {
    const auto footprint = static_cast<double>(trace.footprint_bytes());
    if (capacities.empty())
        for (const double share : kShares)
            capacities.push_back(
                std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(footprint * share))));
    std::ranges::sort(capacities);
    std::vector<Row> rows;
    for (const std::uint64_t capacity : capacities) {
        Row row{.capacity_bytes = capacity, .share = static_cast<double>(capacity) / footprint, .hit_ratio = {}};
        for (std::size_t i = 0; i < kEvictions.size(); ++i) {
            const auto hits = replay_hits(trace, kEvictions[i], capacity);
            row.hit_ratio[i] = static_cast<double>(hits) / static_cast<double>(trace.asked.size());
        }
        rows.push_back(row);
    }
    return rows;
}

/// What no cache can do better than: only each key's first request misses.
double ceiling_of(const CacheTrace& trace) {
    return 1.0 - static_cast<double>(trace.bytes_of.size()) / static_cast<double>(trace.asked.size());
}

void print_json(const ReadTrace& read, const std::vector<Row>& rows) {
    const CacheTrace& trace = read.trace;
    fmt::print(R"({{"requests":{},"keys":{},"footprint_bytes":{},"lines_skipped":{},"hit_ratio_max":{:.6f},"rows":[)",
               trace.asked.size(), trace.bytes_of.size(), trace.footprint_bytes(), read.lines_skipped,
               ceiling_of(trace));
    for (const Row& row : rows) {
        fmt::print(R"({}{{"capacity_bytes":{},"share":{:.6f})", &row == rows.data() ? "" : ",", row.capacity_bytes,
                   row.share);
        for (std::size_t i = 0; i < kEvictions.size(); ++i)
            fmt::print(R"(,"{}":{:.6f})", to_string(kEvictions[i]), row.hit_ratio[i]);
        fmt::print(R"(,"best":"{}"}})", to_string(row.best()));
    }
    fmt::print("]}}\n");
}

std::string show_bytes(std::uint64_t bytes) {
    const auto number = static_cast<double>(bytes);
    if (bytes < 10'000) return fmt::format("{} B", bytes);
    if (bytes < 10'000'000) return fmt::format("{:.1f} KiB", number / 1024);
    return fmt::format("{:.1f} MiB", number / (1024 * 1024));
}

void print_table(const ReadTrace& read, const std::vector<Row>& rows) {
    const CacheTrace& trace = read.trace;
    fmt::print("{} requests for {} keys that take {} together; at best {:.1f} % could hit\n",
               show_count(static_cast<long long>(trace.asked.size())),
               show_count(static_cast<long long>(trace.bytes_of.size())), show_bytes(trace.footprint_bytes()),
               100 * ceiling_of(trace));
    std::vector<Table::Column> columns{{"capacity", Table::Align::right}, {"of all", Table::Align::right}};
    for (const Eviction eviction : kEvictions)
        columns.push_back({std::string{to_string(eviction)}, Table::Align::right});
    columns.push_back({"best", Table::Align::left});
    Table table(std::move(columns));
    for (const Row& row : rows) {
        std::vector<std::string> cells{show_bytes(row.capacity_bytes), fmt::format("{:.1f} %", 100 * row.share)};
        for (const double ratio : row.hit_ratio) cells.push_back(fmt::format("{:.2f} %", 100 * ratio));
        cells.emplace_back(to_string(row.best()));
        table.add(std::move(cells));
    }
    table.print();
}

int replay(const ReplayOptions& options) {
    const ReadTrace read = options.orders ? read_orders_trace(options.trace, options.entry_bytes)
                                          : read_key_trace(options.trace, options.entry_bytes);
    const auto rows = replay_all(read.trace, options.capacities);
    if (options.json)
        print_json(read, rows);
    else
        print_table(read, rows);
    return 0;
}

}  // namespace

void add_cache(CLI::App& app, int& exit_code) {
    CLI::App* cache = app.add_subcommand("cache", "What the caches do, and what they would do");
    cache->require_subcommand(1);
    const auto options = std::make_shared<ReplayOptions>();
    CLI::App* command = cache->add_subcommand(
        "replay",
        "Hit ratios of all four policies on a trace, at several capacities, to choose cache.*.policy and .mib by");
    command
        ->add_option("TRACE", options->trace,
                     "keys, one a line, each with its bytes after a space if you know them; plain or gzipped, or -")
        ->required();
    command->add_flag("--orders", options->orders, "TRACE is CSV of invoice lines with InvoiceNo and StockCode");
    command
        ->add_option("--entry-bytes", options->entry_bytes,
                     "what an entry takes when the trace does not say, bytes (4096)")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
    command->add_option("--capacity", options->capacities, "a capacity to try, bytes; as often as you like")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 50));
    command->add_flag("--json", options->json, "one JSON object for programs");
    command->callback([options, &exit_code] { exit_code = run_command([&] { return replay(*options); }); });
}

}  // namespace marketday::cli
