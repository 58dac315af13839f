#include "http/openapi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "http/ready.hpp"

namespace marketday::http {
namespace {

namespace json_lib = boost::json;
using json_lib::array;
using json_lib::object;
using json_lib::string;

string text(std::string_view from) { return string(from.data(), from.size()); }
json_lib::string_view as_view(std::string_view from) { return {from.data(), from.size()}; }

object schema_reference(std::string_view name) {
    return {{"$ref", text(fmt::format("#/components/schemas/{}", name))}};
}

/// Bodies that are not JSON.
std::string_view media_type(std::string_view schema) {
    if (schema == "OrderExport") return "text/csv";
    if (schema == "Metrics") return "text/plain";
    if (schema == "BoardStream") return "text/event-stream";
    if (schema == "ProductRecords") return "application/jsonl";
    if (schema == "Image") return "image/webp";
    if (schema == "ImageUpload") return "application/octet-stream";
    return "application/json";
}

/// What people look at is no API: pages, and the scripts, styles and pictures of pages.
bool is_for_people(const Route& route) { return route.response_schema == "Page" || route.response_schema == "Asset"; }

object content_of(std::string_view type, std::string_view schema) {
    return {{text(type), object{{"schema", schema_reference(schema)}}}};
}

object header_parameter(std::string_view name, std::string_view about, bool required, object schema) {
    return {{"name", text(name)},
            {"in", "header"},
            {"required", required},
            {"description", text(about)},
            {"schema", std::move(schema)}};
}

array parameters_of(const Route& route) {
    array parameters;
    std::string_view rest = route.pattern;
    while (true) {
        const std::size_t open = rest.find('{');
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find('}', open);
        std::string_view name = rest.substr(open + 1, close - open - 1);
        if (name.ends_with("...")) name.remove_suffix(3);
        parameters.push_back(
            object{{"name", text(name)}, {"in", "path"}, {"required", true}, {"schema", object{{"type", "string"}}}});
        rest.remove_prefix(close + 1);
    }
    if (route.idempotency_key) {
        parameters.push_back(header_parameter("Idempotency-Key", "One for each intent; the same for its retries.", true,
                                              {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}}));
    }
    static const auto described = json_lib::parse(as_view(openapi_parameters()));
    rest = route.parameters;
    while (!rest.empty()) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        const auto name = rest.substr(0, space);
        object parameter = described.at(as_view(name)).as_object();
        if (!parameter.contains("name")) parameter["name"] = text(name);
        parameters.push_back(std::move(parameter));
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    return parameters;
}

/// What the route can give, and what the server gives before the route is asked.
std::set<int> statuses_of(const Route& route) {
    std::set<int> statuses(route.statuses.begin(), route.statuses.end());
    const bool unsafe = route.method != Method::get && route.method != Method::head;
    if (route.access != Access::open) statuses.insert(401);
    if (route.access == Access::session) statuses.insert(503);
    if (route.access == Access::session && unsafe) statuses.insert(403);
    if (route.idempotency_key || route.pattern.find('{') != std::string_view::npos) statuses.insert(400);
    if (unsafe) statuses.insert(413);
    return statuses;
}

object responses_of(const Route& route) {
    object responses;
    for (const int status : statuses_of(route)) {
        object response{{"description", text(reason_phrase(status))}};
        if (status >= 400) {
            response["content"] = content_of("application/problem+json", "Problem");
        } else if (status != 204 && status != 304 && !route.response_schema.empty()) {
            response["content"] = content_of(media_type(route.response_schema), route.response_schema);
            if (status == 200 && route.parameters.find("dry_run") != std::string_view::npos)
                response["content"].as_object()["application/json"].as_object()["schema"] =
                    object{{"anyOf", array{schema_reference(route.response_schema), schema_reference("Would")}}};
        }
        responses[std::to_string(status)] = std::move(response);
    }
    return responses;
}

object security_of(Access access) {
    switch (access) {
        case Access::open: break;
        case Access::session: return {{"session", array{}}};
        case Access::operator_: return {{"operator", array{}}};
    }
    return {};
}

object operation_of(const Route& route) {
    object operation{{"operationId", text(route.operation_id)}, {"summary", text(route.summary)}};
    if (array parameters = parameters_of(route); !parameters.empty()) operation["parameters"] = std::move(parameters);
    if (!route.request_schema.empty()) {
        operation["requestBody"] =
            object{{"required", true}, {"content", content_of(media_type(route.request_schema), route.request_schema)}};
        if (route.request_schema == "ProductRecords")
            operation["requestBody"].at("content").as_object()["text/csv"] =
                object{{"schema", schema_reference(route.request_schema)}};
    }
    operation["responses"] = responses_of(route);
    if (object security = security_of(route.access); !security.empty()) {
        operation["security"] = array{security};
        if (route.access == Access::session) {
            // A signed-in browser: the cookie, and on unsafe methods its token.
            operation["security"].as_array().push_back(object{{"cookie", array{}}, {"csrf", array{}}});
        }
    }
    return operation;
}

object security_schemes() {
    return {{"session", object{{"type", "http"}, {"scheme", "bearer"}}},
            {"operator", object{{"type", "http"}, {"scheme", "bearer"}}},
            {"cookie", object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "md_session"}}},
            {"csrf", object{{"type", "apiKey"}, {"in", "header"}, {"name", "X-CSRF-Token"}}}};
}

std::string lower(std::string_view method) {
    std::string out;
    for (const char c : method) out += static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string path_template(std::string_view pattern) {
    std::string path{pattern};
    if (const std::size_t dots = path.find("...}"); dots != std::string::npos) path.erase(dots, 3);
    return path;
}

}  // namespace

std::string openapi_document(std::span<const Route> routes, std::string_view version) {
    object paths;
    for (const Route& route : routes) {
        if (is_for_people(route)) continue;
        object& path = paths[path_template(route.pattern)].is_object()
                           ? paths[path_template(route.pattern)].as_object()
                           : paths[path_template(route.pattern)].emplace_object();
        path[lower(to_string(route.method))] = operation_of(route);
    }
    const object document{
        {"openapi", "3.1.0"},
        {"info", object{{"title", "Marketday"},
                        {"version", text(version)},
                        {"description",
                         "An online store that stays open on market day. Errors are RFC 9457 problems "
                         "whose type is stable."}}},
        {"paths", std::move(paths)},
        {"components",
         object{{"schemas", json_lib::parse(as_view(openapi_schemas()))}, {"securitySchemes", security_schemes()}}}};
    return json_lib::serialize(document);
}

Route openapi_route(std::span<const Route> routes, std::string_view version) {
    static constexpr int kStatuses[] = {200, 304};
    Route route;
    route.pattern = "/openapi.json";
    route.operation_id = "getOpenApi";
    route.summary = "This description";
    route.response_schema = "OpenApi";
    route.statuses = kStatuses;
    std::vector<Route> all(routes.begin(), routes.end());
    all.push_back(route);
    const auto ready =
        make_ready(200, "application/json", {{"Cache-Control", "public, max-age=300"}}, openapi_document(all, version));
    route.handle_now = [ready](const Request&) -> std::optional<Response> {
        Response response;
        response.ready = ready;
        return response;
    };
    return route;
}

}  // namespace marketday::http
