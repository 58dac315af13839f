#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marketday {

/// An ISO 4217 currency as its three letters. Only currencies that a shop may use are constructible (`parse`).
class Currency {
public:
    static std::optional<Currency> parse(std::string_view code);
    std::string_view code() const { return {letters_.data(), letters_.size()}; }
    /// Digits after the point in the currency's usual form: KRW and JPY 0, USD 2 (ISO 4217).
    int minor_digits() const;
    auto operator<=>(const Currency&) const = default;

private:
    std::array<char, 3> letters_{'K', 'R', 'W'};
};

/// An amount in the currency's smallest unit (won, yen, cent). Never a floating-point number.
struct Money {
    std::int64_t amount_minor = 0;
    Currency currency;

    auto operator<=>(const Money&) const = default;
    /// Plain decimal text for programs and logs, e.g. "12000 KRW", "19.90 USD".
    std::string to_string() const;
};

/// Parses decimal text ("19.90", "1200") of `currency` exactly; nothing if it has more digits than the currency or
/// does not fit.
std::optional<Money> parse_money(std::string_view decimal, Currency currency);

}  // namespace marketday
