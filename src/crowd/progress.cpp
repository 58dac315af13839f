#include "crowd/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace marketday::crowd {
namespace {

std::string bar(double fraction) {
    constexpr int kWidth = 30;
    const int full = std::clamp(static_cast<int>(fraction * kWidth), 0, kWidth);
    std::string out;
    for (int i = 0; i < kWidth; ++i) out += i < full ? "█" : "░";
    return out;
}

}  // namespace

Progress::Progress(Options::Display display, std::uint64_t expected)
    : silent_(display == Options::Display::none),
      block_(display == Options::Display::automatic && isatty(STDERR_FILENO) == 1),
      expected_(expected) {}

void Progress::show(const Totals& totals) {
    const double passed_s = totals.at_s - before_.at_s;
    if (passed_s >= 0.9) {
        orders_per_s_ = static_cast<double>(totals.acknowledged - before_.acknowledged) / passed_s;
        before_ = totals;
    }
    if (silent_) return;
    if (block_) return draw(totals);
    if (totals.at_s - last_line_s_ < 2.0) return;
    last_line_s_ = totals.at_s;
    std::fputs(
        fmt::format("{:6.1f} s  arrived {}  in line {}  orders {} (+{:.0f}/s)  refused {}  unknown {}  paid {}\n",
                    totals.at_s, totals.arrived, totals.waiting, totals.acknowledged, orders_per_s_, totals.refused,
                    totals.unknown, totals.paid)
            .c_str(),
        stderr);
}

void Progress::draw(const Totals& totals) {
    std::string out;
    if (drawn_lines_ > 0) out += fmt::format("\x1b[{}A", drawn_lines_);
    const auto line = [&out](const std::string& text) { out += "\x1b[2K" + text + "\n"; };
    if (expected_ > 0) {
        const double share = static_cast<double>(totals.arrived) / static_cast<double>(expected_);
        line(fmt::format("  {} {:>7} of {} arrived   {:6.1f} s", bar(share), totals.arrived, expected_, totals.at_s));
    } else {
        line(fmt::format("  {:>7} orders begun   {:6.1f} s", totals.arrived, totals.at_s));
    }
    line(fmt::format("  in line {:>7}   connections {:>6}   ended {:>7}", totals.waiting, totals.connections,
                     totals.ended));
    line(fmt::format("  orders  {:>7}   {:>8.0f}/s   paid {:>7}   refused {:>7}   unknown {}", totals.acknowledged,
                     orders_per_s_, totals.paid, totals.refused, totals.unknown));
    const std::string stock = totals.available < 0 ? "?" : fmt::format("{}", totals.available);
    line(fmt::format("  on sale {:>7}   contradictions seen {}", stock, totals.flaws));
    drawn_lines_ = 4;
    std::fputs(out.c_str(), stderr);
}

void Progress::finish(const Totals& totals) {
    if (!silent_ && block_) draw(totals);
}

}  // namespace marketday::crowd
