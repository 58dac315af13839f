#include "drills/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace marketday::drills {
namespace {

constexpr double kWidth = 520;
constexpr double kHeight = 240;
constexpr double kLeft = 62;
constexpr double kRight = 14;
constexpr double kTop = 46;
constexpr double kBottom = 40;
constexpr int kTicks = 4;
// The colours of the operators' console.
constexpr std::array<std::string_view, 5> kColours{"#2c6aa8", "#b3700f", "#2a7f62", "#b8392f", "#6c54a8"};

double nice_above(double value) {
    if (value <= 0) return 1;
    const double magnitude = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0})
        if (step * magnitude >= value * 0.9999) return step * magnitude;
    return value;
}

std::string brief(double value) {
    if (value >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
    if (value >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
    return fmt::format("{:.4g}", value);
}

std::string draw(const Chart& chart, double x0, double y0) {
    double x_max = 0;
    double y_max = std::max(chart.limit, 0.0);
    for (const auto& line : chart.lines)
        for (const auto& [x, y] : line.points) x_max = std::max(x_max, x), y_max = std::max(y_max, y);
    if (x_max <= 0) x_max = 1;
    const double top = nice_above(y_max);
    const auto at_x = [&](double x) { return x0 + kLeft + (kWidth - kLeft - kRight) * x / x_max; };
    const auto at_y = [&](double y) { return y0 + kTop + (kHeight - kTop - kBottom) * (1 - std::min(y, top) / top); };
    std::string out = fmt::format(R"(<text x="{:.0f}" y="{:.0f}" class="t">{} ({})</text>)", x0 + 10, y0 + 18,
                                  chart.title, chart.unit);
    for (int tick = 0; tick <= kTicks; ++tick) {
        const double y = top * tick / kTicks;
        const double x = x_max * tick / kTicks;
        out += fmt::format(R"(<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" class="g"/>)", at_x(0), at_x(x_max),
                           at_y(y), at_y(y));
        out += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", at_x(0) - 6, at_y(y) + 4,
                           brief(y));
        out += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)", at_x(x),
                           y0 + kHeight - kBottom + 15, brief(x));
    }
    out += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", at_x(x_max), y0 + kHeight - 8,
                       chart.x_title);
    if (chart.limit >= 0)
        out += fmt::format(R"(<line x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}" class="l"/>)", at_x(0), at_x(x_max),
                           at_y(chart.limit), at_y(chart.limit));
    double legend = x0 + kLeft;
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        const auto colour = kColours[i % kColours.size()];
        std::string points;
        for (const auto& [x, y] : chart.lines[i].points) points += fmt::format("{:.1f},{:.1f} ", at_x(x), at_y(y));
        out += fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="1.8"/>)", points, colour);
        out += fmt::format(R"(<rect x="{:.0f}" y="{:.0f}" width="9" height="9" fill="{}"/>)", legend, y0 + 27, colour);
        out += fmt::format(R"(<text x="{:.0f}" y="{:.0f}">{}</text>)", legend + 13, y0 + 35, chart.lines[i].name);
        legend += 26 + 6.4 * static_cast<double>(chart.lines[i].name.size());
    }
    return out;
}

}  // namespace

void write_plot(const std::filesystem::path& file, const std::string& title, const std::vector<Chart>& charts) {
    const auto rows = static_cast<double>((charts.size() + 1) / 2);
    const double width = charts.size() > 1 ? 2 * kWidth : kWidth;
    std::string out = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" height="{1:.0f}">)"
        R"(<style>text{{font:12px system-ui,sans-serif;fill:#5d6a66}}.h{{font-size:16px;font-weight:650;fill:#1d2523}})"
        R"(.t{{font-size:13px;font-weight:650;fill:#1d2523}}.g{{stroke:#dde2df}}.l{{stroke:#b8392f;stroke-dasharray:5 4}})"
        R"(</style><rect width="100%" height="100%" fill="#ffffff"/><text x="10" y="24" class="h">{2}</text>)",
        width, 36 + rows * kHeight, title);
    for (std::size_t i = 0; i < charts.size(); ++i)
        out += draw(charts[i], static_cast<double>(i % 2) * kWidth, 36 + static_cast<double>(i / 2) * kHeight);
    out += "</svg>\n";
    std::filesystem::create_directories(file.parent_path());
    std::ofstream stream{file, std::ios::binary};
    if (!(stream << out) || !stream.flush())
        throw std::runtime_error(fmt::format("cannot write {}; choose another --report directory", file.string()));
}

double robust_slope(const std::vector<std::pair<double, double>>& points) {
    constexpr std::size_t kLookedAtMax = 300;
    const std::size_t stride = std::max<std::size_t>(1, points.size() / kLookedAtMax);
    std::vector<double> slopes;
    for (std::size_t i = 0; i < points.size(); i += stride)
        for (std::size_t k = i + stride; k < points.size(); k += stride)
            if (points[k].first > points[i].first)
                slopes.push_back((points[k].second - points[i].second) / (points[k].first - points[i].first));
    if (slopes.empty()) return 0;
    const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
    std::ranges::nth_element(slopes, middle);
    return *middle;
}

}  // namespace marketday::drills
