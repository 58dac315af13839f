#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/assets.hpp"
#include "http/html.hpp"
#include "http/message.hpp"
#include "http/pages/format.hpp"
#include "http/pages/language.hpp"
#include "http/pages/texts.hpp"

namespace marketday::http::pages {

/// What all pages of a shop share. Never changes while it serves.
struct Site {
    std::string base_url;  // "https://shop.example", without a last '/': canonical addresses begin with it
    std::string name = "Marketday";
    const Assets* assets = nullptr;
    std::chrono::minutes utc_offset{9 * 60};  // of the times it shows
    /// Where pages ask for scripts and styles, and for pictures, first: "https://cdn.example/shop", or empty for the
    /// shop itself. What such a host does not give, or gives wrongly, the page then asks of the shop.
    std::string asset_host = {};
    std::string image_host = {};

    bool has_hosts() const { return !asset_host.empty() || !image_host.empty(); }
};

/// Cookies that scripts may read, so that no personal bit is in bytes that everybody shares. The header shows them:
///   md_basket     how many units are in the basket; absent or 0: none
///   md_signed_in  "1" while somebody is signed in; a hint only, the session decides
/// The routes that change the basket or the session set them, without HttpOnly, Path=/, SameSite=Lax.
inline constexpr std::string_view kBasketCookie = "md_basket";
inline constexpr std::string_view kSignedInCookie = "md_signed_in";

/// Everything about a page but its body.
struct PageHead {
    std::string title = {};        // the shop's name is put behind it
    std::string description = {};  // empty: the shop's own
    /// The page's own address without `lang`: "/p/mug", "/search?q=…". Canonical, and what the language switch adds to.
    std::string path = "/";
    bool indexed = true;                         // false for what belongs to one person, for search results and errors
    std::string_view type = "website";           // Open Graph
    std::string image = {};                      // Open Graph: a path or URL, or empty
    std::string json_ld = {};                    // JSON, or empty
    std::vector<std::string_view> scripts = {};  // names of assets, beside shop.js
    std::string search_text = {};                // what the header's search field holds
    bool plain = false;                          // without search, basket and account in the header: checkout's steps
};

/// A whole page: head, header, `body` within <main id="main">, footer.
std::string page(const Site& site, domain::Language language, const PageHead& head,
                 const std::function<void(Html&)>& body);

/// A page as an answer, with the headers of every page. The caller adds Cache-Control; without one the server's own
/// rules hold (no-store for what needs a session).
Response page_response(const Site& site, int status, std::string html);
/// The same for a page that belongs to one person: no-store, and remembers a language that the address chose.
Response personal_page(const Site& site, int status, std::string html, const LanguageChoice& language);
/// 303 See Other: what a form's POST ends in.
Response see_other(std::string location);

/// What a security scanner expects of every page (OWASP Secure Headers): the content policy allows nothing inline, and
/// of other hosts exactly those that the site names. X-Content-Type-Options and HSTS are on every answer of a server.
void add_security_headers(const Site& site, Response& response);

/// The same for lists and details. A square; with alt="" where the name stands beside it.
struct Picture {
    std::string_view url;  // empty: a quiet tile with the shop's mark
    std::string_view alt;
    bool eager = false;  // the largest of the page: loaded first
    std::int64_t size = 400;
};
void write_picture(Html& html, const Picture& picture);
/// "Stationery / Notebooks": links to where the page stands; the last one is the page itself.
struct TrailStep {
    std::string name;
    std::string path;
};
void write_trail(Html& html, const Texts& texts, const std::vector<TrailStep>& steps);
/// <time datetime=…>21 November 2026, 14:00</time>
void write_time(Html& html, const Site& site, domain::Language language, WallTime time);

}  // namespace marketday::http::pages
