#include "domain/written.hpp"

#include <fmt/format.h>

namespace marketday::domain {
std::int64_t units_per_whole(const Currency& currency) {
    std::int64_t units = 1;
    for (int digit = 0; digit < currency.minor_digits(); ++digit) units *= 10;
    return units;
}

std::string grouped(std::int64_t number) {
    std::string digits = fmt::format("{}", number < 0 ? -number : number);
    for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4)
        digits.insert(digits.size() - from_end, 1, ',');
    return number < 0 ? "-" + digits : digits;
}

std::string shown_money(const Money& money, Language language) {
    const bool negative = money.amount_minor < 0;
    const std::int64_t amount = negative ? -money.amount_minor : money.amount_minor;
    const std::int64_t unit = units_per_whole(money.currency);
    std::string number = negative ? "-" + grouped(amount / unit) : grouped(amount / unit);
    if (const int digits = money.currency.minor_digits(); digits > 0)
        number += fmt::format(".{:0{}}", amount % unit, digits);
    const std::string_view code = money.currency.code();
    if (code == "KRW") {
        switch (language) {
            case Language::ko: return number + "원";
            case Language::ja: return number + "ウォン";
            case Language::en: return "₩" + number;
        }
    }
    if (code == "JPY") {
        switch (language) {
            case Language::ko: return number + "엔";
            case Language::ja: return number + "円";
            case Language::en: return "¥" + number;
        }
    }
    if (code == "USD") return (language == Language::en ? "$" : "US$") + number;
    return fmt::format("{} {}", code, number);
}

std::string order_number(OrderId order) {
    // Crockford's base 32: no I, L, O, U, so it survives being read aloud.
    constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const auto& bytes = order.uuid.bytes;
    const auto take = [&](std::uint64_t value, int count) {
        std::string text(static_cast<std::size_t>(count), '0');
        for (auto at = text.rbegin(); at != text.rend(); ++at, value >>= 5) *at = kDigits[value & 31];
        return text;
    };
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < 6; ++i) time = time << 8 | bytes[i];
    const std::uint64_t counter = static_cast<std::uint64_t>((bytes[6] & 0x0f) << 8 | bytes[7]);
    const std::uint64_t random =
        static_cast<std::uint64_t>(bytes[8] & 0x3f) << 16 | static_cast<std::uint64_t>(bytes[9]) << 8 | bytes[10];
    return take(order.bucket(), 3) + "-" + take(time, 10) + "-" + take(counter << 22 | random, 7);
}

}  // namespace marketday::domain
