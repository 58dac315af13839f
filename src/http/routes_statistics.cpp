#include "http/routes_statistics.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using ports::ShopDay;
using ports::Statistics;
using usecases::ShopCalendar;
using usecases::StatisticsUpkeep;
using usecases::to_text_of_day;
using usecases::to_text_of_month;

constexpr int kReadStatuses[] = {200, 400, 401, 503};
constexpr int kCheckStatuses[] = {200, 401, 403, 409, 413, 503};
constexpr ShopDay kDaysShown = 30;
constexpr ShopDay kDaysMax = 1100;
constexpr std::size_t kGoodsMax = 100;

std::string decimal_or_null(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? "null" : fmt::format("{:.4f}", static_cast<double>(part) / static_cast<double>(whole));
}

void append_amounts(std::string& out, std::string_view name, const std::vector<Statistics::MoneyOf>& money,
                    Money Statistics::MoneyOf::* which) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":[", name);
    for (const auto& one : money) {
        if (out.back() != '[') out += ',';
        append_money(out, one.*which);
    }
    out += ']';
}

void append_day(std::string& out, const Statistics::Day& day) {
    fmt::format_to(
        std::back_inserter(out),
        R"({{"day":"{}","visitors":{},"customers":{},"signed_up":{},"orders":{},"paid":{},"refunded":{},"conversion":{})",
        to_text_of_day(day.day), day.visitors, day.customers, day.signed_up, day.orders, day.paid, day.refunded,
        decimal_or_null(day.paid, day.visitors));
    append_amounts(out, "revenue", day.money, &Statistics::MoneyOf::revenue);
    append_amounts(out, "refunds", day.money, &Statistics::MoneyOf::refunded);
    out += '}';
}

/// Every day has one, so that a plot has no holes.
void append_days(std::string& out, const Statistics::Figures& figures, const Statistics::Period& period) {
    out += "\"days\":[";
    auto next = figures.days.begin();
    for (ShopDay day = period.from; day < period.to; ++day) {
        if (out.back() != '[') out += ',';
        const bool known = next != figures.days.end() && next->day == day;
        append_day(out, known ? *next++ : Statistics::Day{.day = day});
    }
    out += ']';
}

void append_months(std::string& out, const Statistics::Figures& figures) {
    out += ",\"months\":[";
    for (const auto& one : figures.months)
        fmt::format_to(std::back_inserter(out), R"({}{{"month":"{}","visitors":{}}})", out.back() == '[' ? "" : ",",
                       to_text_of_month(one.month), one.customers);
    out += "],\"retention\":[";
    std::int64_t cohort_customers = 0;
    for (const auto& one : figures.retention) {
        if (one.months_later == 0) cohort_customers = one.customers;
        fmt::format_to(std::back_inserter(out), R"({}{{"cohort":"{}","months_later":{},"customers":{},"share":{}}})",
                       out.back() == '[' ? "" : ",", to_text_of_month(one.cohort), one.months_later, one.customers,
                       decimal_or_null(one.customers, cohort_customers));
    }
    out += ']';
}

void append_goods(std::string& out, const Statistics::Figures& figures) {
    out += ",\"best_goods\":[";
    for (const auto& one : figures.best_goods) {
        out += out.back() == '[' ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(out, one.sku);
        fmt::format_to(std::back_inserter(out), R"(,"units":{},"revenue":)", one.units);
        append_money(out, one.revenue);
        out += '}';
    }
    out += ']';
}

std::string check_json(const std::optional<Statistics::Check>& check) {
    if (!check) return "null";
    std::string out = "{\"checked_at\":";
    append_time(out, check->at);
    fmt::format_to(std::back_inserter(out), R"(,"days":{},"differences":{},"items":[)", check->days,
                   check->differences.size());
    for (const auto& one : check->differences) {
        fmt::format_to(std::back_inserter(out), R"({}{{"day":"{}","figure":)", out.back() == '[' ? "" : ",",
                       to_text_of_day(one.day));
        log::append_json_string(out, one.figure);
        fmt::format_to(std::back_inserter(out), R"(,"kept":{},"counted":{}}})", one.kept, one.counted);
    }
    return out + "]}";
}

/// GET /admin/v1/statistics?from=&to=&limit=: 200, 400, 401, 503. Days of the shop's clock, `to` among them; the last
/// thirty when nothing is given. `limit` is of the best goods.
Task<Response> get_statistics(Statistics& statistics, const Clock& clock, ShopCalendar calendar,
                              const Request& request) {
    std::optional<WallTime> from;
    std::optional<WallTime> to;
    if (const auto wrong = read_time(request, "from", from)) co_return problem(*wrong);
    if (const auto wrong = read_time(request, "to", to)) co_return problem(*wrong);
    Statistics::Period period;
    period.freshness = ports::Freshness::bounded();
    if (const auto wrong = read_limit(request, kGoodsMax, period.goods_max)) co_return problem(*wrong);
    // A day's text is its first moment in UTC, which is the day that is meant whatever the shop's clock says.
    const ShopCalendar as_written{milliseconds{0}};
    const ShopDay last = to ? as_written.day_of(*to) : calendar.day_of(clock.wall_now());
    period.to = last + 1;
    period.from = from ? as_written.day_of(*from) : period.to - kDaysShown;
    if (period.from >= period.to || period.to - period.from > kDaysMax)
        co_return problem(invalid_request(fmt::format("\"from\" must come before \"to\", at most {} days.", kDaysMax)));
    period.to_month = ShopCalendar::month_of_day(last) + 1;
    period.from_month = std::min(ShopCalendar::month_of_day(period.from), period.to_month - 12);
    const auto figures = co_await statistics.figures(period);
    if (!figures) co_return problem(store_unavailable());
    const auto check = co_await statistics.last_check();
    if (!check) co_return problem(store_unavailable());
    std::string body = "{";
    append_days(body, *figures, period);
    append_months(body, *figures);
    append_goods(body, *figures);
    body += ",\"drift\":" + check_json(*check) + "}";
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

/// POST /admin/v1/statistics/check: 200, 401, 403, 409 in-flight while events are under way, 503.
Task<Response> post_check(StatisticsUpkeep& upkeep) {
    const auto check = co_await upkeep.check_now();
    if (!check) co_return problem(store_unavailable());
    if (!*check)
        co_return problem(
            {409, "in-flight", "Events are still being counted.", "Try again in a few seconds.", {}, seconds{2}});
    co_return json(200, check_json(*check));
}

}  // namespace

std::vector<Route> statistics_routes(Statistics& statistics, StatisticsUpkeep& upkeep, const Clock& clock,
                                     ShopCalendar calendar) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/statistics",
                                     .operation = "getStatistics",
                                     .summary = "Visitors, orders, revenue, retention and best goods",
                                     .response_schema = "Statistics",
                                     .statuses = kReadStatuses,
                                     .parameters = "from to limit"},
                                    [&statistics, &clock, calendar](const Request& request) {
                                        return get_statistics(statistics, clock, calendar, request);
                                    }));
    routes.push_back(operator_route({.method = Method::post,
                                     .pattern = "/admin/v1/statistics/check",
                                     .operation = "checkStatistics",
                                     .summary = "Count the figures of the last days again and compare",
                                     .response_schema = "StatisticsCheck",
                                     .statuses = kCheckStatuses},
                                    [&upkeep](const Request&) { return post_check(upkeep); }));
    return routes;
}

}  // namespace marketday::http
