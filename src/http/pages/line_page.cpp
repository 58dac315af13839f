// GET /line/{sale}: the waiting page. Its bytes are made once, for each language, and need neither store nor cache, so
// it answers while everything else is busy. With its own style and script it stays under 15 kB.
#include <array>
#include <utility>

#include "http/pages/sale_pages.hpp"
#include "http/problems.hpp"
#include "http/ready.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;

/// What the script says, as <meta name=…>.
struct Spoken {
    std::string_view name;
    TextId text;
};
constexpr std::array kSpoken{
    Spoken{"joining", "line.joining"},
    Spoken{"before", "line.before"},
    Spoken{"before-hint", "line.before_hint"},
    Spoken{"early-hint", "line.early_hint"},
    Spoken{"waiting", "line.waiting"},
    Spoken{"waiting-hint", "line.waiting_hint"},
    Spoken{"place", "line.place"},
    Spoken{"ahead", "line.ahead"},
    Spoken{"next", "line.next"},
    Spoken{"wait-soon", "line.wait_soon"},
    Spoken{"wait-minutes", "line.wait_minutes"},
    Spoken{"wait-hours", "line.wait_hours"},
    Spoken{"wait-unknown", "line.wait_unknown"},
    Spoken{"admitted", "line.admitted"},
    Spoken{"admitted-hint", "line.admitted_hint"},
    Spoken{"go", "line.go"},
    Spoken{"held", "line.held"},
    Spoken{"held-hint", "line.held_hint"},
    Spoken{"sold", "line.sold"},
    Spoken{"sold-hint", "line.sold_hint"},
    Spoken{"closed", "line.closed"},
    Spoken{"closed-hint", "line.closed_hint"},
    Spoken{"expired", "line.expired"},
    Spoken{"expired-hint", "line.expired_hint"},
    Spoken{"again", "line.again"},
    Spoken{"signin", "line.sign_in"},
    Spoken{"signin-hint", "line.sign_in_hint"},
    Spoken{"login", "nav.log_in"},
    Spoken{"none", "line.none"},
    Spoken{"none-hint", "line.none_hint"},
    Spoken{"slow", "line.slow"},
    Spoken{"full", "line.full"},
    Spoken{"left", "line.left"},
    Spoken{"left-hint", "line.left_hint"},
    Spoken{"really", "line.really"},
    Spoken{"day", "sale.days_one"},
    Spoken{"days", "sale.days"},
    Spoken{"home", "error.to_home"},
};

void write_texts(Html& html, const Texts& texts) {
    for (const Spoken& one : kSpoken)
        html.empty("meta", {attr("name", std::string{"t-"}.append(one.name)), attr("content", texts(one.text))});
}

std::string line_html(const Site& site, Language language) {
    const Texts texts(language);
    Html html;
    html.doctype();
    html.in("html", {attr("lang", domain::to_string(language))}, [&] {
        html.in("head", {}, [&] {
            html.empty("meta", {attr("charset", "utf-8")});
            html.empty("meta", {attr("name", "viewport"), attr("content", "width=device-width, initial-scale=1")});
            html.empty("meta", {attr("name", "robots"), attr("content", "noindex")});
            write_texts(html, texts);
            html.leaf("title", {}, std::string{texts("line.title")} + " – " + site.name);
            html.empty("link", {attr("rel", "stylesheet"), href(site.assets->url("line.css"))});
            html.empty("link",
                       {attr("rel", "icon"), attr("type", "image/svg+xml"), href(site.assets->url("favicon.svg"))});
            html.module_script(site.assets->url("line.js"));
        });
        html.in("body", {}, [&] {
            html.in("header", {}, [&] { html.leaf("a", {cls("brand"), href("/")}, site.name); });
            html.in("main", {}, [&] {
                html.leaf("p", {id("sale"), cls("sale")}, "");
                html.leaf("h1", {id("state")}, texts("line.joining"));
                html.leaf("p", {id("timer"), cls("big"), attr("role", "timer"), flag("hidden")}, "");
                html.in("p", {id("place"), cls("big"), flag("hidden")}, [] {});
                html.leaf("p", {id("wait"), cls("wait")}, "");
                html.in("p", {id("bar"), cls("bar"), attr("aria-hidden", "true"), flag("hidden")},
                        [&] { html.leaf("i", {}, ""); });
                html.leaf("p", {id("hint"), cls("hint")}, texts("line.joining_hint"));
                html.in("p", {cls("actions")}, [&] {
                    html.leaf("a", {id("go"), cls("button"), href("/"), flag("hidden")}, "");
                    html.leaf("button", {id("leave"), cls("quiet"), attr("type", "button"), flag("hidden")},
                              texts("line.leave"));
                });
                html.leaf("p", {id("trouble"), cls("trouble"), attr("role", "status")}, "");
                html.leaf("p", {id("say"), cls("unseen"), attr("aria-live", "polite")}, "");
                html.without_scripts([&] { html.leaf("p", {cls("trouble")}, texts("line.no_script")); });
            });
            html.leaf("footer", {}, texts("line.keep"));
        });
    });
    return html.take();
}

using Bytes = std::array<std::shared_ptr<const ReadyResponse>, domain::kLanguages.size()>;

Bytes make_bytes(const Site& site) {
    Bytes bytes;
    for (const Language language : domain::kLanguages) {
        Response response = page_response(site, 200, line_html(site, language));
        response.headers.emplace_back("Cache-Control", "public, max-age=60");
        bytes[static_cast<std::size_t>(language)] =
            make_ready(200, response.content_type, response.headers, response.body);
    }
    return bytes;
}

}  // namespace

Route line_page_route(const std::shared_ptr<const ShopPages>& shop) {
    Route route = page_route("/line/{sale}", "pageLine", "The line of a sale");
    route.handle_now = [shop, bytes = make_bytes(shop->site)](const Request& request) -> std::optional<Response> {
        const auto id = SaleId::parse(request.param(0));
        const domain::Sale* sale = id ? shop->board.find(*id) : nullptr;
        if (!id) return problem(not_found("sale"));
        if (sale != nullptr && !sale->line.enabled) return see_other(sale_path(*id));
        const LanguageChoice language = choose_language(request);
        Response response;
        response.ready = bytes[static_cast<std::size_t>(language.language)];
        return for_visitor(std::move(response), language);
    };
    return route;
}

std::vector<Route> sale_page_routes(ShopPages shop) {
    const auto shared = std::make_shared<const ShopPages>(std::move(shop));
    return {sale_page_route(shared), line_page_route(shared)};
}

}  // namespace marketday::http::pages
