#include "base/money.hpp"

#include <fmt/format.h>

#include <charconv>

namespace marketday {
namespace {

struct KnownCurrency {
    std::string_view code;
    int minor_digits;
};
// Currencies of ISO 4217 that shops of the first regions use; XXX (none) and test codes are left out on purpose.
constexpr std::array kCurrencies{
    KnownCurrency{"KRW", 0}, KnownCurrency{"JPY", 0}, KnownCurrency{"USD", 2}, KnownCurrency{"EUR", 2},
    KnownCurrency{"GBP", 2}, KnownCurrency{"SGD", 2}, KnownCurrency{"CNY", 2}, KnownCurrency{"TWD", 2},
    KnownCurrency{"HKD", 2}, KnownCurrency{"AUD", 2}, KnownCurrency{"CAD", 2}, KnownCurrency{"CHF", 2},
    KnownCurrency{"VND", 0},
};

std::int64_t power_of_ten(int digits) {
    std::int64_t value = 1;
    while (digits-- > 0) value *= 10;
    return value;
}

}  // namespace

std::optional<Currency> Currency::parse(std::string_view code) {
    for (const auto& known : kCurrencies) {
        if (known.code == code) {
            Currency currency;
            code.copy(currency.letters_.data(), 3);
            return currency;
        }
    }
    return std::nullopt;
}

int Currency::minor_digits() const {
    for (const auto& known : kCurrencies)
        if (known.code == code()) return known.minor_digits;
    return 2;
}

std::string Money::to_string() const {
    const int digits = currency.minor_digits();
    if (digits == 0) return fmt::format("{} {}", amount_minor, currency.code());
    const std::int64_t unit = power_of_ten(digits);
    const std::int64_t magnitude = amount_minor < 0 ? -amount_minor : amount_minor;
    return fmt::format("{}{}.{:0{}} {}", amount_minor < 0 ? "-" : "", magnitude / unit, magnitude % unit, digits,
                       currency.code());
}

std::optional<Money> parse_money(std::string_view decimal, Currency currency) {
    const auto point = decimal.find('.');
    std::string digits{decimal.substr(0, point)};
    std::string_view fraction = point == std::string_view::npos ? std::string_view{} : decimal.substr(point + 1);
    while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
    const auto wanted = static_cast<std::size_t>(currency.minor_digits());
    if (fraction.size() > wanted || digits.empty()) return std::nullopt;
    digits += fraction;
    digits.append(wanted - fraction.size(), '0');
    Money money{0, currency};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), money.amount_minor);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return money;
}

}  // namespace marketday
