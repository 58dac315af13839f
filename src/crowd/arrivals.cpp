#include "crowd/arrivals.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace marketday::crowd {

Result<std::string, Trouble> read_text_file(const std::string& file) {
    const gzFile in = gzopen(file.c_str(), "rb");
    if (in == nullptr) return fail(Trouble{fmt::format("cannot read {}: give a file that exists", file)});
    std::string text;
    std::array<char, 256 * 1024> buffer;
    int got = 0;
    while ((got = gzread(in, buffer.data(), buffer.size())) > 0)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    const bool whole = got == 0 && gzeof(in) != 0;
    const bool closed = gzclose(in) == Z_OK;
    if (!whole || !closed) return fail(Trouble{fmt::format("{} is damaged or cut off: fetch it again", file)});
    return text;
}

Result<Shape, Trouble> read_shape(const std::string& file, std::uint32_t from, std::uint32_t rows) {
    auto text = read_text_file(file);
    if (!text) return fail(text.error());
    Shape shape;
    std::uint32_t row = 0;
    std::string_view rest = *text;
    bool heading = true;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty() || std::exchange(heading, false)) continue;
        const std::string_view number = line.substr(line.rfind(',') + 1);
        std::uint64_t count = 0;
        const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), count);
        if (error != std::errc{} || stop != number.data() + number.size()) {
            return fail(
                Trouble{fmt::format("{}, row {}: '{}' is no count; each row is PERIOD,COUNT", file, row + 1, number)});
        }
        if (row >= from && (rows == 0 || row < from + rows)) shape.push_back(count);
        ++row;
    }
    if (std::ranges::all_of(shape, [](std::uint64_t count) { return count == 0; })) {
        return fail(Trouble{fmt::format("{} has no arrivals in the rows asked for", file)});
    }
    return shape;
}

std::vector<std::int64_t> arrival_times(std::size_t count, std::int64_t within_us, const Shape& shape,
                                        SeededRandom& random) {
    std::vector<std::uint64_t> before{0};  // before[i]: arrivals of the shape before part i
    for (const std::uint64_t part : shape) before.push_back(before.back() + part);
    std::vector<std::int64_t> times;
    times.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double unit = static_cast<double>(random.u64() >> 11) * 0x1p-53;
        if (shape.empty()) {
            times.push_back(static_cast<std::int64_t>(unit * static_cast<double>(within_us)));
            continue;
        }
        const double wanted = unit * static_cast<double>(before.back());
        const auto after = std::upper_bound(before.begin(), before.end(), static_cast<std::uint64_t>(wanted));
        const auto part = static_cast<std::size_t>(after - before.begin()) - 1;
        const double share = (wanted - static_cast<double>(before[part])) / static_cast<double>(shape[part]);
        const double at = (static_cast<double>(part) + std::min(share, 1.0)) / static_cast<double>(shape.size());
        times.push_back(std::min(static_cast<std::int64_t>(at * static_cast<double>(within_us)), within_us - 1));
    }
    std::ranges::sort(times);
    return times;
}

}  // namespace marketday::crowd
