#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/money.hpp"
#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

constexpr std::size_t kGap = 2;

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 1;
};

/// The first code point of well-formed UTF-8; a byte that is none stands for itself.
CodePoint first_of(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc0 || text.size() < bytes) return {lead, 1};
    char32_t value = lead & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) value = value << 6 | (byte(i) & 0x3fU);
    return {value, bytes};
}

/// Two cells for Hangul, Kana, Han and their symbols, full-width forms and emoji (Unicode East Asian Width W and F,
/// in ranges); none for combining marks and joiners.
std::size_t cells_of(char32_t c) {
    if ((c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) || (c >= 0xfe00 && c <= 0xfe0f)) return 0;
    const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0x303e) || (c >= 0x3041 && c <= 0xa4cf) ||
                      (c >= 0xa960 && c <= 0xa97f) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                      (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) ||
                      (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

std::string cut(std::string_view text, std::size_t width) {
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const CodePoint point = first_of(text);
        const std::size_t cells = cells_of(point.value);
        if (used + cells + 1 > width) return out + "…";
        out.append(text.substr(0, point.bytes));
        used += cells;
        text.remove_prefix(point.bytes);
    }
    return out;
}

std::string pad(const std::string& text, std::size_t width, Table::Align align) {
    const std::size_t used = display_width(text);
    const std::string fitted = used > width ? cut(text, width) : text;
    const std::string space(width - std::min(width, display_width(fitted)), ' ');
    return align == Table::Align::left ? fitted + space : space + fitted;
}

std::size_t terminal_columns() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 100;
    return size.ws_col;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t cells = 0;
    while (!text.empty()) {
        const CodePoint point = first_of(text);
        cells += cells_of(point.value);
        text.remove_prefix(point.bytes);
    }
    return cells;
}

void Table::print() const {
    if (::isatty(STDOUT_FILENO) == 0) {
        for (const auto& row : rows_) fmt::print("{}\n", fmt::join(row, "\t"));
        return;
    }
    std::vector<std::size_t> widths;
    for (const auto& column : columns_) widths.push_back(display_width(column.title));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i)
            widths[i] = std::max(widths[i], display_width(row[i]));
    // The widest column gives way when all of them do not fit.
    std::size_t total = kGap * (widths.size() - 1);
    for (const std::size_t width : widths) total += width;
    const std::size_t room = terminal_columns();
    if (total > room) {
        auto widest = std::ranges::max_element(widths);
        const std::size_t excess = total - room;
        *widest = *widest > excess + 8 ? *widest - excess : 8;
    }
    const auto print_row = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < std::min(cells.size(), widths.size()); ++i) {
            if (i > 0) line.append(kGap, ' ');
            line += pad(cells[i], widths[i], columns_[i].align);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        fmt::print("{}\n", line);
    };
    std::vector<std::string> titles;
    for (const auto& column : columns_) titles.push_back(column.title);
    print_row(titles);
    for (const auto& row : rows_) print_row(row);
}

std::string show_money(long long amount_minor, std::string_view currency) {
    const auto known = Currency::parse(currency);
    return known ? Money{amount_minor, *known}.to_string() : fmt::format("{} {}", amount_minor, currency);
}

std::string show_count(long long count) {
    std::string digits = std::to_string(count < 0 ? -count : count);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return count < 0 ? "-" + digits : digits;
}

}  // namespace marketday::cli
