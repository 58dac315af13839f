#include "http/pages/format.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "http/pages/texts.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

struct Clockwork {
    int year;
    unsigned month;
    unsigned day;
    int hour;
    int minute;
};
Clockwork at(WallTime time, std::chrono::minutes utc_offset) {
    const auto local = time + utc_offset;
    const auto midnight = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{midnight};
    const auto since = std::chrono::duration_cast<std::chrono::minutes>(local - midnight).count();
    return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
            static_cast<int>(since / 60), static_cast<int>(since % 60)};
}

}  // namespace

std::string machine_amount(const Money& money) {
    const std::int64_t unit = domain::units_per_whole(money.currency);
    const int digits = money.currency.minor_digits();
    if (digits == 0) return fmt::format("{}", money.amount_minor);
    return fmt::format("{}.{:0{}}", money.amount_minor / unit, money.amount_minor % unit, digits);
}

std::string shown_day(WallTime time, std::chrono::minutes utc_offset, Language language) {
    const Clockwork c = at(time, utc_offset);
    switch (language) {
        case Language::ko: return fmt::format("{}년 {}월 {}일", c.year, c.month, c.day);
        case Language::ja: return fmt::format("{}年{}月{}日", c.year, c.month, c.day);
        case Language::en: return fmt::format("{} {} {}", c.day, kMonths[c.month - 1], c.year);
    }
    return {};
}

std::string shown_time(WallTime time, std::chrono::minutes utc_offset, Language language) {
    const Clockwork c = at(time, utc_offset);
    return fmt::format("{}{} {:02}:{:02}", shown_day(time, utc_offset, language), language == Language::en ? "," : "",
                       c.hour, c.minute);
}

std::string shown_countdown(seconds left, Language language) {
    const std::int64_t all = std::max<std::int64_t>(0, left.count());
    const std::string clock = fmt::format("{:02}:{:02}:{:02}", all / 3600 % 24, all / 60 % 60, all % 60);
    const std::int64_t days = all / 86'400;
    if (days == 0) return clock;
    const Texts texts(language);
    return fmt::format("{} {}", texts.counted(days, "sale.days_one", "sale.days"), clock);
}

std::string shown_hold(seconds left) {
    const std::int64_t all = std::max<std::int64_t>(0, left.count());
    if (all >= 3600) return fmt::format("{}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60);
    return fmt::format("{}:{:02}", all / 60, all % 60);
}

std::string machine_time(WallTime time) { return to_rfc3339(to_unix_ms(time)); }

domain::LocalText local_text_of(std::string_view json) {
    domain::LocalText text;
    boost::json::error_code wrong;
    const auto parsed = boost::json::parse({json.data(), json.size()}, wrong);
    if (wrong || !parsed.is_object()) return text;
    for (const auto& [code, value] : parsed.get_object()) {
        const auto language = domain::parse_language({code.data(), code.size()});
        if (language && value.is_string())
            text.in(*language).assign(value.get_string().data(), value.get_string().size());
    }
    return text;
}

std::string shortened(std::string_view text, std::size_t characters_max) {
    std::string line;
    std::size_t characters = 0;
    bool space = false;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t next = at + 1;
        while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
        const std::string_view character = text.substr(at, next - at);
        at = next;
        if (static_cast<unsigned char>(character[0]) <= ' ') {
            space = !line.empty();
            continue;
        }
        if (++characters > characters_max) return line + "…";
        if (space) line += ' ';
        space = false;
        line += character;
    }
    return line;
}

}  // namespace marketday::http::pages
