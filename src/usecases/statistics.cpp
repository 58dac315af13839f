#include "usecases/statistics.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "base/log.hpp"
#include "usecases/relay_consumer.hpp"

namespace marketday::usecases {
namespace {

using ports::ShopDay;
using ports::ShopMonth;
using ports::Statistics;

constexpr std::size_t kMessagesMax = 20;
constexpr std::size_t kForgetMax = 5000;
constexpr std::int64_t kVisitDays = 40;
constexpr std::chrono::days kDay{1};

std::chrono::year_month_day date_of(ShopDay day) {
    return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{day}}};
}

/// Adds up what one message says.
class Adding {
public:
    explicit Adding(std::string id) { tally_.id = std::move(id); }

    void signed_up(ShopDay day) { ++day_of(day).signed_up; }
    void ordered(ShopDay day) { ++day_of(day).orders; }
    void paid(ShopDay day, const domain::Order& order) {
        ++day_of(day).paid;
        money_of(day, order.total.currency).revenue.amount_minor += order.total.amount_minor;
        for (const auto& line : order.lines)
            tally_.goods.push_back({.day = day,
                                    .sku = line.sku,
                                    .units = line.quantity,
                                    .revenue = {line.quantity * line.unit_price_minor, order.total.currency}});
    }
    void refunded(ShopDay day, const Money& total) {
        ++day_of(day).refunded;
        money_of(day, total.currency).refunded.amount_minor += total.amount_minor;
    }
    Statistics::Tally take() { return std::move(tally_); }

private:
    Statistics::Tally::OfDay& day_of(ShopDay day) {
        for (auto& one : tally_.days) {
            if (one.day == day) return one;
        }
        return tally_.days.emplace_back(Statistics::Tally::OfDay{.day = day});
    }
    Statistics::Tally::OfMoney& money_of(ShopDay day, Currency currency) {
        for (auto& one : tally_.money) {
            if (one.day == day && one.revenue.currency == currency) return one;
        }
        return tally_.money.emplace_back(
            Statistics::Tally::OfMoney{.day = day, .revenue = {0, currency}, .refunded = {0, currency}});
    }

    Statistics::Tally tally_;
};

/// A rush's messages hold nothing but new orders, and are read without parsing them: `"type":"order.reserved",` stands
/// once in each event with its time behind it. False when the message holds anything else.
bool add_rush(std::string_view body, const ShopCalendar& calendar, Adding& adding) {
    constexpr std::string_view kType = "\"type\":\"";
    constexpr std::string_view kReserved = "order.reserved\",\"at_ms\":";
    for (std::size_t at = body.find(kType); at != std::string_view::npos; at = body.find(kType, at)) {
        at += kType.size();
        if (body.substr(at, kReserved.size()) != kReserved) return false;
    }
    for (std::size_t at = body.find(kReserved); at != std::string_view::npos; at = body.find(kReserved, at)) {
        at += kReserved.size();
        std::int64_t ms = 0;
        for (; at < body.size() && body[at] >= '0' && body[at] <= '9'; ++at) ms = ms * 10 + (body[at] - '0');
        adding.ordered(calendar.day_of(from_unix_ms(ms)));
    }
    return true;
}

}  // namespace

ShopDay ShopCalendar::day_of(WallTime time) const {
    const auto local = milliseconds{to_unix_ms(time)} + utc_offset_;
    return std::chrono::floor<std::chrono::days>(local).count();
}

ShopMonth ShopCalendar::month_of_day(ShopDay day) {
    const auto date = date_of(day);
    return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

ShopMonth ShopCalendar::month_of(WallTime time) const { return month_of_day(day_of(time)); }

WallTime ShopCalendar::start_of(ShopDay day) const {
    return from_unix_ms(day * milliseconds{kDay}.count() - utc_offset_.count());
}

std::string to_text_of_day(ShopDay day) {
    const auto date = date_of(day);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string to_text_of_month(ShopMonth month) { return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1); }

ports::EventBus::Group StatisticsConsumer::group() {
    ports::EventBus::Group group;
    group.name = "statistics";
    group.topics = {"reservations", "orders", "customers"};
    return group;
}

Task<std::optional<Statistics::Tally>> StatisticsConsumer::tally_of(ports::EventBus::Message message) {
    Adding rush(message.id);
    if (add_rush(message.body, calendar_, rush)) co_return rush.take();
    Adding adding(message.id);
    auto events = parse_events(message.body);
    if (!events) log::warn("event.malformed", {{"group", "statistics"}, {"message", message.id}});
    if (!events) co_return adding.take();  // Nobody will ever read it: it counts for nothing.
    for (const ShopEvent& event : *events) {
        const ShopDay day = calendar_.day_of(event.at);
        if (event.type == "customer.signed_up") adding.signed_up(day);
        if (event.type == "order.reserved") adding.ordered(day);
        if (event.type == "order.refunded" && event.total) adding.refunded(day, *event.total);
        if (event.type != "order.paid" || !event.order) continue;
        const auto order = co_await book_.find(*event.order);
        if (!order) co_return std::nullopt;
        if (*order) adding.paid(day, **order);
    }
    co_return adding.take();
}

Task<JobTurn> StatisticsConsumer::run(ports::Fence) {
    if (!group_made_) {
        auto wanted = group();
        const auto made = co_await bus_.ensure_group(std::move(wanted));
        if (!made) co_return JobTurn{.failed = true};
        group_made_ = true;
    }
    auto deliveries = co_await bus_.pull("statistics", kMessagesMax);
    if (!deliveries) co_return JobTurn{.failed = true};
    JobTurn turn{.items = deliveries->size(), .more = deliveries->size() == kMessagesMax};
    std::vector<Statistics::Tally> tallies;
    std::vector<std::int64_t> positions;
    for (auto& delivery : *deliveries) {
        auto tally = co_await tally_of(std::move(delivery.message));
        if (!tally) co_return JobTurn{.failed = true};  // They come again.
        tallies.push_back(std::move(*tally));
        co_await sleep_for(milliseconds{0});  // Reading one message may take a millisecond: others have their turn.
        positions.push_back(delivery.position);
    }
    if (tallies.empty()) co_return turn;
    const auto counted = co_await statistics_.count(std::move(tallies), clock_.wall_now());
    if (!counted) co_return JobTurn{.failed = true};
    const auto acknowledged = co_await bus_.acknowledge("statistics", std::move(positions));
    turn.failed = !acknowledged;
    co_return turn;
}

Statistics::Answer<std::optional<Statistics::Check>> StatisticsUpkeep::check_now() {
    const WallTime now = clock_.wall_now();
    const ShopDay today = calendar_.day_of(now);
    co_return co_await statistics_.recount(
        {.from = today - options_.days + 1, .to = today + 1, .utc_offset = calendar_.utc_offset(), .now = now});
}

Task<JobTurn> StatisticsUpkeep::check(ports::Fence) {
    const Instant now = clock_.now();
    if (checked_at_ && now - *checked_at_ < options_.every) co_return JobTurn{};
    const auto checked = co_await check_now();
    if (!checked) co_return JobTurn{.failed = true};
    if (!*checked) co_return JobTurn{};
    checked_at_ = now;
    if (!(*checked)->differences.empty())
        log::error("statistics.drift", {{"differences", (*checked)->differences.size()}});
    co_return JobTurn{.items = 1};
}

Task<JobTurn> StatisticsUpkeep::forget(ports::Fence fence) {
    const ShopDay before = calendar_.day_of(clock_.wall_now()) - kVisitDays;
    const auto forgotten = co_await statistics_.forget_visits(before, kForgetMax, std::move(fence));
    if (!forgotten) co_return JobTurn{.failed = true};
    co_return JobTurn{.items = *forgotten, .more = *forgotten == kForgetMax};
}

}  // namespace marketday::usecases
