#pragma once

#include <string>

#include "base/money.hpp"
#include "base/time.hpp"
#include "domain/product.hpp"
#include "domain/written.hpp"

namespace marketday::http::pages {

using domain::shown_money;

/// A day and a time of the shop's own clock: 2026년 11월 21일 14:00, 2026年11月21日 14:00, 21 November 2026, 14:00.
std::string shown_time(WallTime time, std::chrono::minutes utc_offset, domain::Language language);
std::string shown_day(WallTime time, std::chrono::minutes utc_offset, domain::Language language);
/// "09:59:07"; days before it when there are any.
std::string shown_countdown(seconds left, domain::Language language);
/// What is left of a hold, which is minutes: "4:32"; with hours should a shop hold longer.
std::string shown_hold(seconds left);

/// For <time datetime>: RFC 3339 in UTC.
std::string machine_time(WallTime time);
/// "19.90": the amount for machines, without its currency.
std::string machine_amount(const Money& money);

/// What a text in some languages says in `language`, from its JSON {"ko":…,"ja":…,"en":…}: names of sales.
domain::LocalText local_text_of(std::string_view json);

/// The first `characters_max` characters of UTF-8 text on one line, with … when something was left out.
std::string shortened(std::string_view text, std::size_t characters_max);

}  // namespace marketday::http::pages
