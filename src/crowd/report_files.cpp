#include "crowd/report_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <vector>

#include "base/text.hpp"
#include "crowd/json_view.hpp"
#include "crowd/summary.hpp"
#include "crowd/wire.hpp"

namespace marketday::crowd {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

Trouble cannot_write(const std::string& path) {
    return {fmt::format("cannot write {}: {}; choose another --report directory", path, std::strerror(errno))};
}

Result<bool, Trouble> write_file(const std::string& path, std::string_view text) {
    File file(std::fopen(path.c_str(), "wb"), &std::fclose);
    if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0) {
        return fail(cannot_write(path));
    }
    return true;
}

struct Entry {
    const Record* record;
    const Names* names;
};

Result<bool, Trouble> write_history(const std::string& path, const Plan& plan, std::span<const Journal> journals) {
    std::vector<Entry> entries;
    for (const Journal& journal : journals) {
        for (const Record& record : journal.records) {
            if (record.op != Op::status) entries.push_back({&record, journal.names});
        }
    }
    std::ranges::stable_sort(entries, {}, [](const Entry& entry) { return entry.record->start_us; });
    File file(std::fopen(path.c_str(), "wb"), &std::fclose);
    if (!file) return fail(cannot_write(path));
    std::string out;
    for (const Entry& entry : entries) {
        append_history_line(out, plan, *entry.names, *entry.record);
        out += '\n';
        if (out.size() < 1024 * 1024 && &entry != &entries.back()) continue;
        if (std::fwrite(out.data(), 1, out.size(), file.get()) != out.size()) return fail(cannot_write(path));
        out.clear();
    }
    if (std::fflush(file.get()) != 0) return fail(cannot_write(path));
    return true;
}

}  // namespace

void append_history_line(std::string& out, const Plan& plan, const Names& names, const Record& record) {
    auto to = std::back_inserter(out);
    fmt::format_to(to, R"({{"op":"{}","customer":"{}")", to_string(record.op),
                   plan.sessions[record.shopper].customer.to_string());
    if (plan.sale && record.op != Op::search) fmt::format_to(to, R"(,"sale":"{}")", plan.sale->id.to_string());
    if (record.key != KeyBytes{}) fmt::format_to(to, R"(,"key":"{}")", key_text(record.key));
    if (record.basket != kNoBasket) {
        out += R"(,"lines":[)";
        const char* comma = "";
        for (const BasketLine& line : plan.baskets[record.basket].lines) {
            fmt::format_to(to, R"({}{{"sku":{},"quantity":{}}})", comma, json_quoted(line.sku), line.quantity);
            comma = ",";
        }
        out += ']';
    }
    if (!record.order.is_nil()) fmt::format_to(to, R"(,"order":"{}")", record.order.to_string());
    fmt::format_to(to, R"(,"start_us":{},"end_us":{},"status":{},"outcome":"{}","attempts":{})",
                   record.start_us + plan.unix_minus_monotonic_us, record.end_us + plan.unix_minus_monotonic_us,
                   record.status, to_string(record.outcome), record.attempts);
    if (record.reason != 0) fmt::format_to(to, R"(,"reason":{})", json_quoted(names[record.reason]));
    if (record.receipt_sequence != 0) {
        fmt::format_to(to, R"(,"receipt":{{"sequence":{},"hash":"{}"}})", record.receipt_sequence,
                       to_hex(record.receipt_hash));
    }
    if (record.state != 0) fmt::format_to(to, R"(,"state":{})", json_quoted(names[record.state]));
    if (record.place >= 0) fmt::format_to(to, R"(,"place":{})", record.place);
    out += '}';
}

Result<bool, Trouble> write_report(const Plan& plan, std::span<const Journal> journals, const Report& report) {
    const std::string& folder = plan.options.report_dir;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        errno = error.value();
        return fail(cannot_write(folder));
    }
    if (auto done = write_history(folder + "/history.jsonl", plan, journals); !done) return done;
    if (auto done = write_file(folder + "/report.html", report_page(report)); !done) return done;
    return write_file(folder + "/summary.json", summary_json(report) + "\n");
}

}  // namespace marketday::crowd
