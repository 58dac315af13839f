#include "http/pages/problem_page.hpp"

#include <fmt/format.h>

#include "http/url.hpp"

namespace marketday::http::pages {
namespace {

struct Said {
    TextId title;
    TextId hint;
};

Said what_to_say(int status) {
    if (status == 401) return {"error.sign_in", "error.sign_in_hint"};
    if (status == 403) return {"error.forbidden", "error.forbidden_hint"};
    if (status == 404 || status == 405 || status == 410) return {"error.not_found", "error.not_found_hint"};
    if (status == 409) return {"error.conflict", "error.conflict_hint"};
    if (status == 429) return {"error.too_many", "error.too_many_hint"};
    if (status == 503) return {"error.busy", "error.busy_hint"};
    if (status >= 500) return {"error.broken", "error.broken_hint"};
    return {"error.bad", "error.bad_hint"};
}

std::string retry_after(const Response& response) {
    for (const auto& [name, value] : response.headers)
        if (equal_ignoring_case(name, "Retry-After")) return value;
    return "3";
}

bool reads(const Request& request) { return request.method == Method::get || request.method == Method::head; }

std::string problem_html(const Site& site, const Request& request, const Response& response,
                         domain::Language language) {
    const Texts texts(language);
    const Said said = what_to_say(response.status);
    PageHead head{.title = std::string{texts(said.title)}, .path = "/", .indexed = false};
    return page(site, language, head, [&](Html& html) {
        html.in("div", {cls("narrow empty")}, [&] {
            html.leaf("h1", {}, texts(said.title));
            html.leaf("p", {cls("lead")}, texts(said.hint, {{"n", retry_after(response)}}));
            html.in("p", {cls("actions center")}, [&] {
                if (response.status == 401)
                    html.leaf("a", {cls("button"), href("/log-in")}, texts("nav.log_in"));
                else if (response.status >= 429 && reads(request))
                    html.leaf("a", {cls("button"), href(request.target)}, texts("error.retry"));
                html.leaf("a", {cls("button quiet"), href("/")}, texts("error.to_home"));
                if (response.status >= 500)
                    html.leaf("a", {cls("button quiet"), href("/orders")}, texts("nav.account"));
            });
            html.leaf("p", {cls("small")},
                      texts("error.code", {{"status", std::to_string(response.status)}, {"trace", request.trace_id}}));
        });
    });
}

}  // namespace

bool wants_page(const Request& request) {
    if (request.path.starts_with("/api/") || request.path.starts_with("/problems")) return false;
    return request.header("accept").find("text/html") != std::string_view::npos;
}

void dress_problem(const Site& site, const Request& request, Response& response) {
    // A page of its own says more than the status can.
    if (!wants_page(request) || response.content_type.starts_with("text/html")) return;
    if (response.status == 401 && reads(request)) {
        response = see_other(with_query("/log-in", {{"next", request.target}}));
        return;
    }
    const LanguageChoice language = choose_language(request);
    response.body = problem_html(site, request, response, language.language);
    response.content_type = "text/html; charset=utf-8";
    add_security_headers(response);
    response.headers.emplace_back("Vary", "Accept, Accept-Language, Cookie");
}

}  // namespace marketday::http::pages
