#include "adapters/stored/statistics_text.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace marketday::adapters {
namespace {

namespace json = boost::json;
using ports::Statistics;

constexpr std::int64_t kDayMs = 86'400'000;
/// An order may be paid or refunded long after it was placed; those of before are not looked for.
constexpr std::int64_t kOrderAgeDaysMax = 60;

/// Below every id that was made at or after `unix_ms`: ids begin with their time.
Uuid first_id(std::int64_t unix_ms) {
    Uuid id{};
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(unix_ms) >> (8 * (5 - i)));
    return id;
}

}  // namespace

std::string differences_to_text(const std::vector<Statistics::Difference>& differences) {
    json::array items;
    for (const auto& one : differences)
        items.push_back(
            json::object{{"day", one.day}, {"figure", one.figure}, {"kept", one.kept}, {"counted", one.counted}});
    return json::serialize(items);
}

std::vector<Statistics::Difference> differences_from_text(std::string_view text) {
    std::vector<Statistics::Difference> differences;
    const json::value items = json::parse(text);
    for (const auto& item : items.as_array())
        differences.push_back({.day = item.at("day").to_number<std::int64_t>(),
                               .figure = std::string{item.at("figure").as_string()},
                               .kept = item.at("kept").to_number<std::int64_t>(),
                               .counted = item.at("counted").to_number<std::int64_t>()});
    return differences;
}

ports::ShopDay Recounting::day_of(std::int64_t unix_ms) const {
    const std::int64_t local = unix_ms + what_.utc_offset.count();
    return local >= 0 ? local / kDayMs : (local - kDayMs + 1) / kDayMs;
}

std::int64_t Recounting::start_ms(ports::ShopDay day) const { return day * kDayMs - what_.utc_offset.count(); }

Uuid Recounting::first_order() const {
    return first_id(std::max<std::int64_t>(0, start_ms(what_.from - kOrderAgeDaysMax)));
}
Uuid Recounting::first_customer() const { return first_id(std::max<std::int64_t>(0, start_ms(what_.from - 1))); }
Uuid Recounting::end() const { return first_id(start_ms(what_.to + 1)); }

void Recounting::figure(ports::ShopDay day, std::string figure, std::int64_t by) {
    if (day >= what_.from && day < what_.to && by != 0) counts_[{day, std::move(figure)}] += by;
}

void Recounting::order(const OrderRow& row) {
    figure(day_of(row.placed_ms), "orders", 1);
    // Paid in time, or granted again; not money that came for an order that could not be served.
    const bool was_paid = row.captured_ms && row.state != 8 && row.state != 9;
    if (was_paid) {
        figure(day_of(*row.captured_ms), "paid", 1);
        figure(day_of(*row.captured_ms), "revenue " + row.currency, row.total_minor);
    }
    if (!row.refunded_ms) return;
    figure(day_of(*row.refunded_ms), "refunded", 1);
    figure(day_of(*row.refunded_ms), "refunds " + row.currency, row.total_minor);
}

void Recounting::signed_up(std::int64_t created_ms) { figure(day_of(created_ms), "signed_up", 1); }

Statistics::Check Recounting::compare(const Counts& counted, Counts kept) const {
    Statistics::Check check{.at = what_.now, .days = what_.to - what_.from, .differences = {}};
    for (const auto& [key, count] : counted) {
        const std::int64_t had = kept[key];
        kept.erase(key);
        if (had != count) check.differences.push_back({key.first, key.second, had, count});
    }
    for (const auto& [key, count] : kept) check.differences.push_back({key.first, key.second, count, 0});
    return check;
}

}  // namespace marketday::adapters
