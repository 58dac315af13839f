#include "cli/import_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/log.hpp"
#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

constexpr std::int64_t kShownRefusalsMax = 10;
constexpr auto kBarEvery = std::chrono::milliseconds{100};
constexpr std::size_t kBarCells = 24;

std::string bar(double share) {
    const auto full = static_cast<std::size_t>(share * static_cast<double>(kBarCells));
    std::string text;
    for (std::size_t i = 0; i < kBarCells; ++i) text += i < full ? "█" : "░";
    return text;
}

}  // namespace

ImportProgress::ImportProgress(Options options) : options_(std::move(options)) {
    terminal_ = !options_.quiet && ::isatty(STDERR_FILENO) != 0;
    if (options_.errors_file.empty()) return;
    errors_.open(options_.errors_file, std::ios::trunc);
    if (!errors_)
        throw CommandError{
            fmt::format("cannot write {}: give --errors a file that can be written", options_.errors_file)};
}

double ImportProgress::elapsed_s() const {
    return std::chrono::duration<double>(SteadyClock::now() - started_).count();
}

void ImportProgress::refuse(const usecases::ImportReport::Refusal& refusal) {
    ++refused_;
    if (errors_.is_open()) {
        std::string line = fmt::format("{{\"line\":{},\"sku\":", refusal.line);
        log::append_json_string(line, refusal.sku);
        log::append_json_string(line += ",\"reason\":", refusal.reason);
        errors_ << line << "}\n";
        return;
    }
    if (refused_ <= kShownRefusalsMax) print_refusal(refusal);
}

void ImportProgress::print_refusal(const usecases::ImportReport::Refusal& refusal) {
    clear_bar();
    fmt::print(stderr, "line {}: {}{}refused: {}\n", refusal.line, refusal.sku, refusal.sku.empty() ? "" : ": ",
               refusal.reason);
}

void ImportProgress::add_broken_end(const usecases::ImportReport::Refusal& refusal) {
    const bool shown = !errors_.is_open() && refused_ < kShownRefusalsMax;
    refuse(refusal);
    if (!shown) print_refusal(refusal);
}

void ImportProgress::add(usecases::ImportReport report) {
    for (const auto& refusal : report.refused) refuse(refusal);
    report.refused.clear();
    total_.add(std::move(report));
}

void ImportProgress::clear_bar() {
    if (!bar_shown_) return;
    fmt::print(stderr, "\r\033[K");
    bar_shown_ = false;
}

void ImportProgress::show(std::uint64_t bytes_read, std::optional<std::uint64_t> bytes_total) {
    const auto now = SteadyClock::now();
    if (!terminal_ || now - shown_ < kBarEvery) return;
    shown_ = now;
    bar_shown_ = true;
    const std::int64_t records = total_.records() + refused_;
    const double seconds = std::max(elapsed_s(), 0.001);
    std::string line = fmt::format("{} products · {}/s", show_count(records),
                                   show_count(static_cast<long long>(static_cast<double>(records) / seconds)));
    if (bytes_total && *bytes_total > 0) {
        const double share = std::min(1.0, static_cast<double>(bytes_read) / static_cast<double>(*bytes_total));
        line = fmt::format("{} {:3.0f} % · {} · {:.0f} s left", bar(share), share * 100, line,
                           share > 0 ? seconds * (1 - share) / share : 0);
    }
    if (refused_ > 0) line += fmt::format(" · {} refused", show_count(refused_));
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
}

void ImportProgress::print_summary(double seconds) const {
    const std::int64_t imported = total_.imported();
    fmt::print("{} of {} products imported in {:.1f} s ({}/s): {} new, {} changed, {} as before", show_count(imported),
               show_count(total_.records() + refused_), seconds,
               show_count(static_cast<long long>(static_cast<double>(imported) / std::max(seconds, 0.001))),
               show_count(total_.created), show_count(total_.updated), show_count(total_.unchanged));
    if (total_.skipped > 0) fmt::print(" · {} skipped without a price", show_count(total_.skipped));
    if (refused_ > 0) fmt::print(" · {} refused", show_count(refused_));
    fmt::print("\n");
    if (total_.stock_kept > 0)
        fmt::print("the stock of {} known products stays as it is: `marketday stock add` and `withdraw` change it\n",
                   show_count(total_.stock_kept));
    for (const auto& [currency, products] : total_.foreign_prices)
        fmt::print("{} prices in {} count as none: the shop has one currency\n", show_count(products), currency);
}

int ImportProgress::finish(bool json) {
    clear_bar();
    const double seconds = elapsed_s();
    if (errors_.is_open()) {
        errors_.close();
        if (!errors_) throw CommandError{fmt::format("cannot write {}: is the disk full?", options_.errors_file), 1};
    } else if (refused_ > kShownRefusalsMax) {
        fmt::print(stderr, "… and {} more refused; --errors FILE lists them all\n",
                   show_count(refused_ - kShownRefusalsMax));
    }
    if (json) {
        std::string foreign;
        for (const auto& [currency, products] : total_.foreign_prices) {
            log::append_json_string(foreign += foreign.empty() ? "" : ",", currency);
            foreign += fmt::format(":{}", products);
        }
        fmt::print(R"({{"records":{},"imported":{},"created":{},"updated":{},"unchanged":{},"skipped":{},"refused":{},)"
                   R"("foreign_prices":{{{}}},"seconds":{:.3f}}})"
                   "\n",
                   total_.records() + refused_, total_.imported(), total_.created, total_.updated, total_.unchanged,
                   total_.skipped, refused_, foreign, seconds);
    } else {
        print_summary(seconds);
    }
    if (total_.imported() == 0) return 2;
    return refused_ > 0 ? 1 : 0;
}

}  // namespace marketday::cli
