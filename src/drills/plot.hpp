#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace marketday::drills {

/// One chart of a picture: lines over a common x.
struct Chart {
    struct Line {
        std::string name;
        std::vector<std::pair<double, double>> points;  // by x
    };
    std::string title;
    std::string unit;     // of y
    std::string x_title;  // with its unit
    std::vector<Line> lines;
    double limit = -1;  // a bound that is drawn; negative: none
};

/// Writes the charts into one SVG file, two a row, that needs nothing else to be looked at. Throws std::runtime_error.
void write_plot(const std::filesystem::path& file, const std::string& title, const std::vector<Chart>& charts);

/// The slope of the points by Theil and Sen: the median of the slopes between all pairs, which a few odd points do not
/// move. At most a few hundred points are looked at. 0 with fewer than two.
double robust_slope(const std::vector<std::pair<double, double>>& points);

}  // namespace marketday::drills
