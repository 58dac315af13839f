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

/// Seconds: by then some have left.
constexpr std::string_view kFullHouseRefresh = "5";
constexpr char kFullHouseStyle[] =
    "body{font:1.0625rem/1.6 system-ui,sans-serif;max-width:32rem;margin:12vh auto;padding:0 1.25rem}"
    "h1{font-size:1.25rem;margin:2rem 0 .25rem}p{margin:0}";

std::string full_house_html(const Site& site) {
    Html html;
    html.doctype();
    html.in("html", {attr("lang", "ko")}, [&] {
        html.in("head", {}, [&] {
            html.empty("meta", {attr("charset", "utf-8")});
            html.empty("meta", {attr("name", "viewport"), attr("content", "width=device-width, initial-scale=1")});
            html.empty("meta", {attr("name", "color-scheme"), attr("content", "light dark")});
            html.empty("meta", {attr("name", "robots"), attr("content", "noindex")});
            html.empty("meta", {attr("http-equiv", "refresh"), attr("content", kFullHouseRefresh)});
            html.leaf("title", {}, site.name);
            html.own_style(kFullHouseStyle);
        });
        html.in("body", {}, [&] {
            html.leaf("strong", {}, site.name);
            for (const domain::Language language : domain::kLanguages) {
                const Texts texts(language);
                html.in("section", {attr("lang", domain::to_string(language))}, [&] {
                    html.leaf("h1", {}, texts("error.busy"));
                    html.leaf("p", {}, texts("error.full_hint", {{"n", std::string{kFullHouseRefresh}}}));
                });
            }
        });
    });
    return html.take();
}

}  // namespace

std::string full_house_answer(const Site& site) {
    const std::string html = full_house_html(site);
    return fmt::format(
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: {}\r\nCache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; style-src '{}'; frame-ancestors 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{}",
        kFullHouseRefresh, integrity_of({kFullHouseStyle, sizeof kFullHouseStyle - 1}), html.size(), html);
}

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
    add_security_headers(site, response);
    response.headers.emplace_back("Vary", "Accept, Accept-Language, Cookie");
}

}  // namespace marketday::http::pages
