#include "http/watch/readiness.hpp"

namespace marketday::http {
namespace {

constexpr int kLiveStatuses[] = {200};
constexpr int kReadyStatuses[] = {200, 503};

Response not_ready(const std::vector<std::string_view>& reasons) {
    std::string list;
    for (const std::string_view reason : reasons) {
        if (!list.empty()) list += ',';
        list.append(1, '"').append(reason).append(1, '"');
    }
    return problem({.status = 503,
                    .type = "not-ready",
                    .title = "The shop cannot sell right now.",
                    .detail = "The reasons say why; it goes on by itself when they are gone.",
                    .extra_json = "\"reasons\":[" + list + "]",
                    .retry_after = seconds{2}});
}

Route health_route(std::string_view pattern, std::string_view operation, std::string_view summary,
                   std::span<const int> statuses, FastHandler handle) {
    return {.method = Method::get,
            .pattern = pattern,
            .operation_id = operation,
            .summary = summary,
            .request_schema = {},
            .response_schema = "Status",
            .statuses = statuses,
            .handle = {},
            .handle_now = std::move(handle)};
}

Response ok() { return json(200, R"({"status":"ok"})"); }

}  // namespace

std::vector<std::string_view> Readiness::reasons() const {
    std::vector<std::string_view> reasons;
    for (const auto& check : checks_)
        if (const std::string_view reason = check(); !reason.empty()) reasons.push_back(reason);
    return reasons;
}

std::vector<Route> health_routes(const Readiness& readiness) {
    std::vector<Route> routes;
    routes.push_back(
        health_route("/livez", "live", "Whether the process runs", kLiveStatuses, [](const Request&) { return ok(); }));
    routes.push_back(
        health_route("/readyz", "ready", "Whether it can serve", kReadyStatuses, [&readiness](const Request&) {
            const auto reasons = readiness.reasons();
            return reasons.empty() ? ok() : not_ready(reasons);
        }));
    return routes;
}

}  // namespace marketday::http
