#include "http/routes_audit.hpp"

#include "http/operator_route.hpp"

namespace marketday::http {
namespace {

constexpr int kStartStatuses[] = {202, 401};
constexpr int kLookStatuses[] = {200, 401};

Response status(const AuditJob& job, int code) {
    Response response = json(code, job.json());
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

/// POST /admin/v1/audit: 202 with how it stands, 401. While one is under way it is that one: nothing is done twice.
Task<Response> post_audit(AuditJob& job, const Request&) {
    job.start();
    co_return status(job, 202);
}

/// GET /admin/v1/audit: 200, 401. How far the audit has come, and what the last one found.
Task<Response> get_audit(AuditJob& job, const Request&) { co_return status(job, 200); }

}  // namespace

std::vector<Route> audit_routes(AuditJob& job) {
    std::vector<Route> routes;
    routes.push_back(
        operator_route({.method = Method::post,
                        .pattern = "/admin/v1/audit",
                        .operation = "startAudit",
                        .summary = "Checks orders, stock, limits, payments, the line and the ledger, at this moment",
                        .response_schema = "Audit",
                        .statuses = kStartStatuses},
                       [&job](const Request& request) { return post_audit(job, request); }));
    routes.push_back(operator_route({.pattern = "/admin/v1/audit",
                                     .operation = "getAudit",
                                     .summary = "How far the audit has come, and what the last one found",
                                     .response_schema = "Audit",
                                     .statuses = kLookStatuses},
                                    [&job](const Request& request) { return get_audit(job, request); }));
    return routes;
}

}  // namespace marketday::http
