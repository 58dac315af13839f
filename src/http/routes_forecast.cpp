#include "http/routes_forecast.hpp"

#include <fmt/format.h>

#include "domain/stock.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"

namespace marketday::http {
namespace {

using usecases::Capacity;

constexpr int kStatuses[] = {200, 400, 401, 413, 503};

std::string forecast_json(const domain::Forecast& forecast, const Capacity::Known& known) {
    std::string body = fmt::format(R"({{"line_length_max":{},"sold_out_s":{},"orders_per_s":{:.1f},"units_sold":{},)"
                                   R"("declined":{},"line_length":[)",
                                   forecast.line_length_max,
                                   forecast.sold_out_s ? fmt::format("{:.2f}", *forecast.sold_out_s) : "null",
                                   forecast.orders_per_s, forecast.units_sold, forecast.declined);
    for (std::size_t i = 0; i < forecast.line_length.size(); ++i)
        body += (i == 0 ? "" : ",") + std::to_string(forecast.line_length[i]);
    fmt::format_to(std::back_inserter(body),
                   R"(],"basis":{{"store_orders_per_s":{:.0f},"store":"{}","commit_ms":{},"requests_per_s":{:.0f},)"
                   R"("request_us":{:.1f},"requests":"{}"}}}})",
                   known.capacity.store_orders_per_s, known.store_basis, known.capacity.commit.count(),
                   known.capacity.requests_per_s, known.request_us, known.requests_basis);
    return body;
}

/// POST /admin/v1/sales/forecast {shoppers, arrive_s, units, line?, admissions_per_s_max?}: 200, 400, 401, 503.
Task<Response> post_forecast(Capacity& capacity, const Request& request) {
    domain::ForecastCrowd crowd;
    {
        BodyReader body(request.body);
        crowd.shoppers = body.integer("shoppers", {1, 10'000'000});
        crowd.arrive = seconds{body.integer("arrive_s", {1, 86'400})};
        crowd.units = body.integer("units", {1, domain::kUnitsMax});
        crowd.line = body.boolean_if("line").value_or(true);
        crowd.admissions_per_s_max = body.integer_if("admissions_per_s_max", {1, 1'000'000}).value_or(5000);
        if (const auto wrong = body.problem()) co_return problem(*wrong);
    }
    const auto known = co_await capacity.measure();
    if (!known)
        co_return problem({503,
                           "unavailable",
                           "This machine could not be measured.",
                           "Make room on the disk of the data directory, then try again.",
                           {},
                           seconds{5}});
    co_return json(200, forecast_json(domain::forecast(crowd, known->capacity), *known));
}

}  // namespace

std::vector<Route> forecast_routes(Capacity& capacity) {
    std::vector<Route> routes;
    routes.push_back(
        operator_route({.method = Method::post,
                        .pattern = "/admin/v1/sales/forecast",
                        .operation = "forecastSale",
                        .summary = "What a sale would meet on this machine: its line, and when it is sold out",
                        .request_schema = "ForecastRequest",
                        .response_schema = "Forecast",
                        .statuses = kStatuses},
                       [&capacity](const Request& request) { return post_forecast(capacity, request); }));
    return routes;
}

}  // namespace marketday::http
