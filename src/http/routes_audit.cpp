#include "http/routes_audit.hpp"

#include "audit/audit.hpp"
#include "base/log.hpp"

namespace marketday::http {
namespace {

constexpr int kStatuses[] = {200, 401, 503};

Problem cannot_audit(std::string detail) {
    return {.status = 503,
            .type = "unavailable",
            .title = "The audit could not be made.",
            .detail = std::move(detail),
            .extra_json = {},
            .retry_after = seconds{10}};
}

/// GET /admin/v1/audit: 200 whether or not everything holds (member `holds`), 401, 503.
Task<Response> get_audit(BlockingPool& pool, std::filesystem::path database) {
    auto audit = [database = std::move(database)] { return marketday::audit::run({.database = database}); };
    auto report = co_await blocking(pool, std::move(audit));
    if (!report) co_return problem(cannot_audit("Another one is under way; ask again when it is done."));
    if (!*report) co_return problem(cannot_audit(report->error()));
    const auto violations = (*report)->violation_count();
    if (violations > 0) log::error("audit.violated", {{"violations", violations}});
    co_return json(200, (*report)->to_json());
}

}  // namespace

std::vector<Route> audit_routes(BlockingPool& pool, std::filesystem::path database) {
    Route route;
    route.pattern = "/admin/v1/audit";
    route.operation_id = "auditShop";
    route.summary = "Checks orders, stock, limits, payments, the line and the ledger, at this moment.";
    route.access = Access::operator_;
    route.response_schema = "AuditReport";
    route.statuses = kStatuses;
    route.handle = [&pool, database = std::move(database)](const Request&) { return get_audit(pool, database); };
    std::vector<Route> routes;
    routes.push_back(std::move(route));
    return routes;
}

}  // namespace marketday::http
