#include "cli/import_sinks.hpp"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "adapters/embedded/sqlite_catalogue.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_operators_log.hpp"
#include "base/async/asio_executor.hpp"
#include "base/log.hpp"
#include "cli/local_deed.hpp"

namespace marketday::cli {
namespace {

namespace json = boost::json;
using usecases::Import;
using usecases::ImportReport;

constexpr std::size_t kRecordsPerCommit = 2000;
/// Batches under way: while one is written the next is parsed. More would not be faster with two cores.
constexpr int kBatchesUnderWay = 2;
constexpr int kAttempts = 20;
constexpr auto kRetryAfter = std::chrono::milliseconds{500};

std::string advice(Import::Error error, std::int64_t imported) {
    switch (error) {
        case Import::Error::unavailable:
        case Import::Error::outcome_unknown:
            return fmt::format(
                "the store stopped taking products after {}: see whether the disk is full, then run the same "
                "command again (what is in stays in)",
                imported);
        case Import::Error::busy: return "the store is busy: run the same command again";
    }
    return {};
}

struct DirectoryImport {
    ImportSource& source;
    ImportProgress& progress;
    BlockingPool& pool;
    Import& import;
    usecases::NoPriceChoice no_price;
    boost::asio::io_context& io;
    int running = 0;
    std::string failure;
    std::int64_t entry = 0;  // of the operators' log
};

/// As the server does: nothing is changed that is not in the log first.
Task<void> begin_entry(DirectoryImport& state, ports::OperatorsLog& log, std::string file) {
    auto deed = local_deed("importProducts", json::serialize(json::object{{"file", file}}));
    const auto number = co_await log.begin(std::move(deed));
    if (number)
        state.entry = *number;
    else
        state.failure = "the store takes nothing: see whether the disk is full, then run the same command again";
    state.io.stop();
}

Task<void> end_entry(DirectoryImport& state, ports::OperatorsLog& log) {
    const bool done = state.failure.empty();
    ports::OperatorsLog::Ending ending{.status = done ? 200 : 503, .problem = done ? "" : "unavailable"};
    const auto ended = co_await log.end(state.entry, std::move(ending), {});
    if (!ended) log::error("operators_log.entry.not_ended", {{"entry", state.entry}});
    state.io.stop();
}

/// One of several that take turns: the pool's one thread and the store's one writer keep the batches in order.
Task<void> import_batches(DirectoryImport& state) {
    while (state.failure.empty()) {
        auto read = [&state] { return state.source.next({.records_max = kRecordsPerCommit}); };
        auto records = co_await blocking(state.pool, std::move(read));
        if (!records || records->empty()) break;
        Import::Batch batch{*std::move(records), state.source.columns(), state.no_price};
        auto report = co_await state.import.take(std::move(batch));
        if (!report) {
            state.failure = advice(report.error(), state.progress.imported());
            break;
        }
        state.progress.add(*std::move(report));
        state.progress.show(state.source.bytes_read(), state.source.bytes_total());
    }
    if (--state.running == 0) state.io.stop();
}

std::int64_t integer(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::string text(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{std::string_view{value->get_string()}} : std::string{};
}

/// The server counts lines of what was posted; `lines` says which line of the file each begins on.
ImportReport read_report(const std::string& body, const std::map<std::int64_t, std::int64_t>& lines) {
    json::error_code error;
    const auto value = json::parse(body, error);
    if (error || !value.is_object())
        throw CommandError{"the server's answer is no import's report: is it the shop's admin address?"};
    const auto& object = value.get_object();
    ImportReport report;
    report.created = integer(object, "created");
    report.updated = integer(object, "updated");
    report.unchanged = integer(object, "unchanged");
    report.skipped = integer(object, "skipped");
    if (object.contains("stock_kept")) report.stock_kept = integer(object, "stock_kept");
    if (const auto* refused = object.if_contains("refused"); refused != nullptr && refused->is_array()) {
        for (const auto& item : refused->get_array()) {
            if (!item.is_object()) continue;
            const auto place = lines.find(integer(item.get_object(), "line"));
            report.refused.push_back({place == lines.end() ? 0 : place->second, text(item.get_object(), "sku"),
                                      text(item.get_object(), "reason")});
        }
    }
    if (const auto* foreign = object.if_contains("foreign_prices"); foreign != nullptr && foreign->is_object())
        for (const auto& [currency, count] : foreign->get_object())
            if (count.is_int64()) report.foreign_prices[currency] = count.get_int64();
    return report;
}

/// Sends until the server has taken it: what it has taken already it takes again without a change.
std::string post(AdminClient& client, const std::string& target, const std::string& body, bool csv) {
    for (int attempt = 1;; ++attempt) {
        const auto answer = client.call("POST", target, body, csv ? "text/csv" : "application/x-ndjson");
        if (answer.status == 200) return answer.body;
        if (answer.status == 503 && attempt < kAttempts) {
            std::this_thread::sleep_for(kRetryAfter);
            continue;
        }
        json::error_code error;
        const auto problem = json::parse(answer.body, error);
        if (error || !problem.is_object()) throw CommandError{fmt::format("the server answered {}", answer.status)};
        throw CommandError{
            fmt::format("{} {}", text(problem.get_object(), "title"), text(problem.get_object(), "detail"))};
    }
}

}  // namespace

void import_into_directory(ImportSource& source, ImportProgress& progress, const DirectoryImportOptions& options) {
    std::error_code error;
    std::filesystem::create_directories(options.data, error);
    if (error)
        throw CommandError{fmt::format("cannot make {}: {}; give --data a directory that this user may write",
                                       options.data.string(), error.message())};
    boost::asio::io_context io{1};
    const auto work = boost::asio::make_work_guard(io);
    AsioExecutor executor{io};
    adapters::SqliteDatabase database{
        {.file = options.data / "marketday.db", .readers = 1, .at_start = adapters::begin_ledger_epoch}};
    const SystemClock clock;
    adapters::SqliteCatalogue catalogue{database, clock};
    adapters::SqliteOperatorsLog log{database};
    ThreadPool pool{{.name = "import"}};
    Import import{catalogue, pool, {options.currency, kRecordsPerCommit}};
    DirectoryImport state{source, progress, pool, import, options.no_price, io, kBatchesUnderWay, {}, {}};
    spawn(executor, "import log", begin_entry(state, log, options.file));
    io.run();
    io.restart();
    if (state.failure.empty()) {
        for (int i = 0; i < kBatchesUnderWay; ++i) spawn(executor, "import", import_batches(state));
        io.run();
        io.restart();
        spawn(executor, "import log", end_entry(state, log));
        io.run();
    }
    if (!state.failure.empty()) throw CommandError{state.failure, progress.imported() > 0 ? 1 : 2};
}

void import_over_http(ImportSource& source, ImportProgress& progress, AdminClient& client,
                      const std::string& no_price) {
    const bool csv = source.columns().has_value();
    const std::string target =
        "/admin/v1/products" + (no_price.empty() ? std::string{} : "?no_price=" + url_encode(no_price));
    for (;;) {
        const auto records = source.next({.records_max = 1000, .bytes_max = 1024 * 1024});
        if (records.empty()) return;
        std::string body;
        std::int64_t line = 1;
        if (csv) {
            body = source.header() + "\n";
            line += std::count(body.begin(), body.end(), '\n');
        }
        std::map<std::int64_t, std::int64_t> lines;
        ImportReport too_long;
        for (const auto& record : records) {
            if (record.too_long) {
                too_long.refused.push_back(
                    {record.line, {}, fmt::format("longer than {} bytes", usecases::RecordSplitter::kRecordBytesMax)});
                continue;
            }
            lines[line] = record.line;
            body += record.text;
            body += '\n';
            line += 1 + std::count(record.text.begin(), record.text.end(), '\n');
        }
        progress.add(std::move(too_long));
        if (lines.empty()) continue;
        progress.add(read_report(post(client, target, body, csv), lines));
        progress.show(source.bytes_read(), source.bytes_total());
    }
}

}  // namespace marketday::cli
