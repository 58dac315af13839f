#include "http/pages/layout.hpp"

#include <fmt/format.h>

#include <array>

#include "domain/product_image.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;

std::string content_policy(const Site& site) {
    const std::string assets = site.asset_host.empty() ? "" : fmt::format(" {}/assets/", site.asset_host);
    const std::string images = site.image_host.empty() ? "" : fmt::format(" {}/images/", site.image_host);
    return fmt::format(
        "default-src 'none'; script-src 'self'{0}; style-src 'self'{0}; img-src 'self' data:{1}; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        assets, images);
}

struct SpokenLanguage {
    Language language;
    std::string_view own_name;
    std::string_view open_graph;
};
constexpr std::array kSpoken{SpokenLanguage{Language::ko, "한국어", "ko_KR"},
                             SpokenLanguage{Language::ja, "日本語", "ja_JP"},
                             SpokenLanguage{Language::en, "English", "en_US"}};

/// `path` with the language in its query.
std::string in_language(std::string_view path, Language language) {
    return fmt::format("{}{}lang={}", path, path.find('?') == std::string_view::npos ? '?' : '&',
                       domain::to_string(language));
}

std::string absolute(const Site& site, std::string_view path) {
    return path.starts_with('/') ? site.base_url + std::string{path} : std::string{path};
}

void write_meta(Html& html, std::string_view name, std::string_view content) {
    html.empty("meta", {attr("name", name), attr("content", content)});
}

void write_property(Html& html, std::string_view name, std::string_view content) {
    html.empty("meta", {attr("property", name), attr("content", content)});
}

void write_addresses(Html& html, const Site& site, Language language, const PageHead& head) {
    html.empty("link", {attr("rel", "canonical"), href(absolute(site, in_language(head.path, language)))});
    for (const auto& spoken : kSpoken)
        html.empty("link", {attr("rel", "alternate"), attr("hreflang", domain::to_string(spoken.language)),
                            href(absolute(site, in_language(head.path, spoken.language)))});
    html.empty("link", {attr("rel", "alternate"), attr("hreflang", "x-default"), href(absolute(site, head.path))});
}

void write_open_graph(Html& html, const Site& site, Language language, const PageHead& head,
                      std::string_view description) {
    write_property(html, "og:site_name", site.name);
    write_property(html, "og:type", head.type);
    write_property(html, "og:title", head.title);
    write_property(html, "og:description", description);
    write_property(html, "og:url", absolute(site, in_language(head.path, language)));
    for (const auto& spoken : kSpoken)
        if (spoken.language == language) write_property(html, "og:locale", spoken.open_graph);
    if (head.image.empty()) return;
    write_property(html, "og:image", absolute(site, head.image));
    write_meta(html, "twitter:card", "summary_large_image");
}

void write_style(Html& html, const Site& site, std::string_view name) {
    const std::string url = site.asset_host + std::string{site.assets->url(name)};
    const bool elsewhere = !site.asset_host.empty();
    html.empty("link", {attr("rel", "stylesheet"), href(url), attr_if(elsewhere, "crossorigin", "anonymous"),
                        attr_if(elsewhere, "integrity", site.assets->integrity(name))});
}

void write_script(Html& html, const Site& site, std::string_view name) {
    const std::string url = site.asset_host + std::string{site.assets->url(name)};
    html.module_script(url, site.asset_host.empty() ? std::string_view{} : site.assets->integrity(name));
}

/// Before all that it watches, and from the shop itself.
void write_watch_of_hosts(Html& html, const Site& site) {
    if (!site.has_hosts()) return;
    const bool both = site.asset_host != site.image_host && !site.asset_host.empty() && !site.image_host.empty();
    const std::string& one = site.asset_host.empty() ? site.image_host : site.asset_host;
    html.first_script(site.assets->url("hosts.js"), both ? site.asset_host + ' ' + site.image_host : one);
}

void write_head(Html& html, const Site& site, const Texts& texts, const PageHead& head) {
    const std::string description =
        head.description.empty() ? std::string{texts("shop.tagline")} : shortened(head.description, 155);
    html.in("head", {}, [&] {
        html.empty("meta", {attr("charset", "utf-8")});
        write_meta(html, "viewport", "width=device-width, initial-scale=1");
        write_meta(html, "color-scheme", "light dark");
        html.leaf("title", {}, fmt::format("{} – {}", head.title, site.name));
        write_meta(html, "description", description);
        write_watch_of_hosts(html, site);
        write_style(html, site, "shop.css");
        html.empty("link", {attr("rel", "icon"), attr("type", "image/svg+xml"), href(site.assets->url("favicon.svg"))});
        if (head.indexed) {
            write_addresses(html, site, texts.language(), head);
            write_open_graph(html, site, texts.language(), head, description);
        } else {
            write_meta(html, "robots", "noindex");
        }
        write_script(html, site, "shop.js");
        for (const std::string_view script : head.scripts) write_script(html, site, script);
        if (!head.json_ld.empty()) html.json_ld(head.json_ld);
    });
}

void write_languages(Html& html, const Texts& texts, std::string_view path) {
    html.in("nav", {cls("languages"), attr("aria-label", texts("nav.language"))}, [&] {
        for (const auto& spoken : kSpoken) {
            const std::string_view code = domain::to_string(spoken.language);
            const bool here = spoken.language == texts.language();
            html.leaf("a",
                      {href(in_language(path, spoken.language)), attr("lang", code), attr("hreflang", code),
                       attr_if(here, "aria-current", "true")},
                      spoken.own_name);
        }
    });
}

void write_search_form(Html& html, const Texts& texts, std::string_view text) {
    html.in("form", {cls("search"), action("/search"), attr("role", "search")}, [&] {
        html.leaf("label", {cls("unseen"), attr("for", "search-field")}, texts("search.label"));
        html.empty("input", {id("search-field"), attr("type", "search"), attr("name", "q"), attr("value", text),
                             attr("placeholder", texts("search.placeholder")), attr("autocomplete", "off"),
                             attr("maxlength", 60), attr("enterkeyhint", "search")});
        html.leaf("button", {cls("button"), attr("type", "submit")}, texts("search.button"));
    });
}

void write_account_links(Html& html, const Texts& texts) {
    html.in("nav", {cls("account"), attr("aria-label", texts("nav.label"))}, [&] {
        // What only some should see is in the page for all; the script hides one or the other.
        html.leaf("a", {href("/orders")}, texts("nav.account"));
        html.leaf("a", {href("/log-in"), attr("data-when", "signed-out")}, texts("nav.log_in"));
        html.leaf("a", {href("/log-out"), attr("data-when", "signed-in"), flag("hidden")}, texts("nav.log_out"));
        html.in("a",
                {cls("basket-link"), href("/basket"), attr("data-label", texts("nav.basket_count", {{"n", "{n}"}}))},
                [&] {
                    html.text(texts("nav.basket"));
                    html.leaf("span", {cls("count"), attr("data-basket-count", ""), flag("hidden")}, "");
                });
    });
}

void write_header(Html& html, const Site& site, const Texts& texts, const PageHead& head) {
    html.leaf("a", {cls("skip"), href("#main")}, texts("nav.skip"));
    html.in("header", {cls("top")}, [&] {
        html.in("div", {cls("inner")}, [&] {
            html.leaf("a", {cls("brand"), href("/")}, site.name);
            if (!head.plain) write_search_form(html, texts, head.search_text);
            if (!head.plain) write_account_links(html, texts);
        });
    });
}

void write_footer(Html& html, const Site& site, const Texts& texts, const PageHead& head) {
    html.in("footer", {cls("bottom")}, [&] {
        html.in("div", {cls("inner")}, [&] {
            write_languages(html, texts, head.path);
            html.in("p", {}, [&] {
                html.leaf("strong", {}, site.name);
                html.text(" · ");
                html.text(texts("shop.tagline"));
            });
            html.leaf("p", {}, texts("footer.prices"));
            html.leaf("p", {}, texts("footer.fair"));
        });
    });
}

}  // namespace

std::string page(const Site& site, Language language, const PageHead& head, const std::function<void(Html&)>& body) {
    const Texts texts(language);
    Html html(site.image_host);
    html.doctype();
    html.in("html", {attr("lang", domain::to_string(language))}, [&] {
        write_head(html, site, texts, head);
        html.in("body", {}, [&] {
            write_header(html, site, texts, head);
            html.in("main", {id("main"), attr("tabindex", -1)}, [&] { body(html); });
            write_footer(html, site, texts, head);
        });
    });
    return html.take();
}

void add_security_headers(const Site& site, Response& response) {
    const auto add = [&](std::string_view name, std::string_view value) { response.headers.emplace_back(name, value); };
    add("Content-Security-Policy", content_policy(site));
    add("X-Frame-Options", "DENY");  // for browsers and scanners that do not read frame-ancestors
    add("Referrer-Policy", "strict-origin-when-cross-origin");
    add("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()");
    add("Cross-Origin-Opener-Policy", "same-origin");
    add("Cross-Origin-Resource-Policy", "same-origin");
    add("X-Permitted-Cross-Domain-Policies", "none");
}

Response page_response(const Site& site, int status, std::string html) {
    Response response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    response.body = std::move(html);
    add_security_headers(site, response);
    return response;
}

Response personal_page(const Site& site, int status, std::string html, const LanguageChoice& language) {
    Response response = page_response(site, status, std::move(html));
    response.headers.emplace_back("Cache-Control", "no-store");
    if (language.remember) response.headers.push_back(language_cookie(language.language));
    return response;
}

Response see_other(std::string location) {
    Response response;
    response.status = 303;
    response.headers.emplace_back("Location", std::move(location));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

namespace {

/// The widths in which the shop keeps its own pictures; nothing for pictures elsewhere.
std::string widths_of(std::string_view host, std::string_view url) {
    std::string candidates;
    for (const int width : domain::kImageWidths)
        candidates +=
            fmt::format("{}{}{} {}w", candidates.empty() ? "" : ", ", host, domain::image_at_width(url, width), width);
    return candidates;
}

std::string_view shown_width(std::int64_t size) {
    if (size >= 600) return "(min-width: 48rem) 44rem, 94vw";
    if (size >= 300) return "(min-width: 48rem) 14rem, 46vw";
    return "5rem";
}

}  // namespace

void write_picture(Html& html, const Picture& picture) {
    if (picture.url.empty()) {
        html.in("span", {cls("picture none"), attr("aria-hidden", "true")}, [] {});
        return;
    }
    const bool ours = domain::image_of_path(picture.url).has_value();
    const std::string widths = ours ? widths_of(html.picture_host(), picture.url) : std::string{};
    const std::string url = (ours ? html.picture_host() : std::string{}) + std::string{picture.url};
    html.empty("img",
               {cls("picture"), src(url), srcset(widths), attr_if(!widths.empty(), "sizes", shown_width(picture.size)),
                attr("alt", picture.alt), attr("width", picture.size), attr("height", picture.size),
                attr_if(!picture.eager, "loading", "lazy"), attr_if(picture.eager, "fetchpriority", "high"),
                attr("decoding", "async")});
}

void write_trail(Html& html, const Texts& texts, const std::vector<TrailStep>& steps) {
    html.in("nav", {cls("trail"), attr("aria-label", texts("nav.trail"))}, [&] {
        html.in("ol", {}, [&] {
            html.in("li", {}, [&] { html.leaf("a", {href("/")}, texts("nav.home")); });
            for (std::size_t i = 0; i < steps.size(); ++i) {
                html.in("li", {}, [&] {
                    if (i + 1 == steps.size())
                        html.leaf("span", {attr("aria-current", "page")}, steps[i].name);
                    else
                        html.leaf("a", {href(steps[i].path)}, steps[i].name);
                });
            }
        });
    });
}

void write_time(Html& html, const Site& site, Language language, WallTime time) {
    html.leaf("time", {attr("datetime", machine_time(time))}, shown_time(time, site.utc_offset, language));
}

}  // namespace marketday::http::pages
