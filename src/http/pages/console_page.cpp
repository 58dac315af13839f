#include "http/pages/console_page.hpp"

#include "http/html.hpp"
#include "http/pages/layout.hpp"
#include "http/ready.hpp"

namespace marketday::http::pages {
namespace {

std::string console_page(const Assets& assets) {
    Html html;
    html.doctype();
    html.in("html", {attr("lang", "en")}, [&] {
        html.in("head", {}, [&] {
            html.empty("meta", {attr("charset", "utf-8")});
            html.leaf("title", {}, "Marketday");
            html.empty("meta", {attr("name", "viewport"), attr("content", "width=device-width, initial-scale=1")});
            html.empty("meta", {attr("name", "robots"), attr("content", "noindex")});
            html.empty("link", {attr("rel", "stylesheet"), href(assets.url("console.css"))});
            html.empty("link", {attr("rel", "icon"), attr("type", "image/svg+xml"), href(assets.url("favicon.svg"))});
            html.module_script(assets.url("console.js"));
        });
        html.in("body", {}, [&] {
            html.in("div", {id("console")}, [&] {
                html.leaf("p", {cls("noscript")}, "The console needs scripts. Allow them for this address.");
            });
        });
    });
    return html.take();
}

}  // namespace

std::vector<Route> console_routes(const Assets& assets) {
    static constexpr int kStatuses[] = {200, 304};
    Response page = page_response(Site{}, 200, console_page(assets));
    // Asked for anew each time, so that an upgrade is seen at once; the answer is nearly always 304.
    page.headers.emplace_back("Cache-Control", "no-cache");
    const auto ready = make_ready(page.status, page.content_type, page.headers, page.body);
    Route route;
    route.pattern = "/";
    route.operation_id = "getConsole";
    route.summary = "The operators' console";
    route.response_schema = "Page";
    route.statuses = kStatuses;
    route.handle_now = [ready](const Request&) -> std::optional<Response> {
        Response response;
        response.ready = ready;
        return response;
    };
    return {std::move(route)};
}

}  // namespace marketday::http::pages
