#include "http/routes_configuration.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/operator_route.hpp"

namespace marketday::http {
namespace {

constexpr int kStatuses[] = {200, 401};

std::string to_json(const std::vector<Setting>& settings) {
    std::string body = "{\"items\":[";
    for (const auto& one : settings) {
        body += body.back() == '[' ? "{" : ",{";
        const std::pair<std::string_view, const std::string*> members[] = {{"key", &one.key},
                                                                           {"value", &one.value},
                                                                           {"default", &one.initial},
                                                                           {"source", &one.source},
                                                                           {"help", &one.help}};
        for (const auto& [name, text] : members) {
            fmt::format_to(std::back_inserter(body), "{}\"{}\":", body.back() == '{' ? "" : ",", name);
            log::append_json_string(body, *text);
        }
        body += '}';
    }
    return body + "],\"next_cursor\":null}";
}

}  // namespace

/// GET /admin/v1/configuration: 200, 401. They do not change while the process runs.
std::vector<Route> configuration_routes(std::vector<Setting> settings) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/configuration",
                                     .operation = "getConfiguration",
                                     .summary = "Every setting with its value and where that came from",
                                     .response_schema = "Configuration",
                                     .statuses = kStatuses},
                                    {}));
    routes.back().handle_now = [body = to_json(settings)](const Request&) -> std::optional<Response> {
        Response response = json(200, body);
        response.headers.emplace_back("Cache-Control", "no-store");
        return response;
    };
    return routes;
}

}  // namespace marketday::http
