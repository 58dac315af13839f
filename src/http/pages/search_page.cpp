// GET /search and /c/{category...}: products by text, category and price.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "http/pages/home_page.hpp"
#include "http/pages/search_form.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;
using ports::SearchIndex;
using usecases::Search;

constexpr std::size_t kShown = 24;
constexpr std::size_t kFacetCategories = 12;

constexpr std::array<TextId, 5> kSortTexts{"search.sort_relevance", "search.sort_price_up", "search.sort_price_down",
                                           "search.sort_newest", "search.sort_name"};

struct Result {
    const ShopPages& shop;
    const Texts& texts;
    const SearchForm& form;
    const Search::Found& found;
};

std::string count_text(const Texts& texts, const SearchIndex::Page& page) {
    if (page.total_is_estimate) return texts("goods.count_about", {{"n", grouped(page.total)}});
    return texts.counted(page.total, "goods.count_one", "goods.count");
}

void write_price_filter(Html& html, const Result& of) {
    const Currency currency = of.shop.currency;
    const auto field = [&](std::string_view name, TextId label, const std::optional<std::int64_t>& value) {
        html.in("div", {cls("field")}, [&] {
            html.leaf("label", {attr("for", name)}, of.texts(label));
            html.empty("input",
                       {id(name), attr("name", name), attr("inputmode", "decimal"), attr("autocomplete", "off"),
                        attr("value", value ? machine_amount({*value, currency}) : std::string{})});
        });
    };
    const bool used = of.form.price_min || of.form.price_max;
    html.in("details", {cls("filter panel"), flag("open", used)}, [&] {
        html.leaf("summary", {}, of.texts("search.price"));
        html.in("form", {action(of.form.base_path())}, [&] {
            if (of.form.is_search())
                html.empty("input", {attr("type", "hidden"), attr("name", "q"), attr("value", of.form.text)});
            if (of.form.is_search() && !of.form.category.empty())
                html.empty("input",
                           {attr("type", "hidden"), attr("name", "category"), attr("value", of.form.category)});
            if (of.form.sort != SearchIndex::Sort::relevance)
                html.empty("input", {attr("type", "hidden"), attr("name", "sort"), attr("value", of.form.sort_name())});
            html.in("div", {cls("fields")}, [&] {
                field("price_min", "search.price_min", of.form.price_min);
                field("price_max", "search.price_max", of.form.price_max);
            });
            html.in("div", {cls("actions")}, [&] {
                html.leaf("button", {cls("button quiet"), attr("type", "submit")}, of.texts("search.apply"));
                if (used) {
                    SearchForm without = of.form;
                    without.price_min = without.price_max = std::nullopt;
                    html.leaf("a", {href(without.url())}, of.texts("search.clear_price"));
                }
            });
        });
        if (of.found.page.prices.size() < 2) return;
        html.in("ul", {cls("chips")}, [&] {
            for (const auto& bucket : of.found.page.prices) {
                if (bucket.products == 0) continue;
                SearchForm narrowed = of.form;
                narrowed.price_min = bucket.from_minor;
                narrowed.price_max = bucket.below_minor ? std::optional{*bucket.below_minor - 1} : std::nullopt;
                const std::string from = shown_money({bucket.from_minor, currency}, of.texts.language());
                const std::string to =
                    bucket.below_minor ? shown_money({*bucket.below_minor, currency}, of.texts.language()) : "";
                html.in("li", {}, [&] {
                    html.in("a", {href(narrowed.url()), attr("rel", "nofollow")}, [&] {
                        html.text(from + " – " + to);
                        html.leaf("span", {cls("muted small")}, grouped(bucket.products));
                    });
                });
            }
        });
    });
}

void write_categories(Html& html, const Result& of) {
    const auto& categories = of.found.page.categories;
    if (categories.empty()) return;
    html.in("nav", {attr("aria-label", of.texts("nav.categories"))}, [&] {
        html.in("ul", {cls("chips row")}, [&] {
            if (of.form.is_search() && !of.form.category.empty()) {
                SearchForm all = of.form;
                all.category.clear();
                html.in("li", {}, [&] { html.leaf("a", {href(all.url())}, of.texts("search.all_categories")); });
            }
            for (std::size_t i = 0; i < std::min(categories.size(), kFacetCategories); ++i) {
                SearchForm within = of.form;
                within.category = categories[i].path;
                const bool here = categories[i].path == of.form.category;
                const std::string_view name = of.found.category_names[i].best(of.texts.language());
                html.in("li", {}, [&] {
                    html.in("a", {href(within.url()), attr_if(here, "aria-current", "true")}, [&] {
                        html.text(name.empty() ? std::string_view{categories[i].path} : name);
                        html.leaf("span", {cls("muted small")}, grouped(categories[i].products));
                    });
                });
            }
        });
    });
}

void write_sorts(Html& html, const Result& of) {
    html.in("nav", {cls("sorts"), attr("aria-label", of.texts("search.sort"))}, [&] {
        for (std::size_t i = 0; i < kSortTexts.size(); ++i) {
            SearchForm sorted = of.form;
            sorted.sort = static_cast<SearchIndex::Sort>(i);
            const bool here = sorted.sort == of.form.sort;
            html.leaf("a", {href(sorted.url()), attr("rel", "nofollow"), attr_if(here, "aria-current", "true")},
                      of.texts(kSortTexts[i]));
        }
    });
}

void write_suggestion(Html& html, const Result& of) {
    const auto& page = of.found.page;
    if (!page.suggestion.empty()) {
        html.in("p", {cls("notice")}, [&] {
            html.text(of.texts("search.did_you_mean"));
            html.text(" ");
            html.leaf("a", {href(with_query("/search", {{"q", page.suggestion}}))}, page.suggestion);
        });
    } else if (page.text_is_partly_matched && page.total > 0) {
        html.leaf("p", {cls("notice")}, of.texts("search.partly"));
    }
}

void write_nothing(Html& html, const Result& of) {
    html.in("div", {cls("empty")}, [&] {
        html.leaf("p", {cls("lead")},
                  of.form.text.empty() ? std::string{of.texts("search.nothing_here")}
                                       : of.texts("search.nothing", {{"text", of.form.text}}));
        html.leaf("p", {}, of.texts("search.nothing_hint"));
        html.in("p", {cls("actions center")}, [&] {
            if (of.form.is_filtered())
                html.leaf("a", {cls("button"), href(of.form.without_filters().url())},
                          of.texts("search.without_filters"));
            html.leaf("a", {cls("button quiet"), href("/")}, of.texts("error.to_home"));
        });
    });
}

void write_result(Html& html, const Result& of, const std::string& title, const std::vector<TrailStep>& trail) {
    if (!trail.empty()) write_trail(html, of.texts, trail);
    html.in("div", {cls("section-head")}, [&] {
        html.leaf("h1", {}, title);
        html.leaf("span", {cls("muted")}, count_text(of.texts, of.found.page));
    });
    write_suggestion(html, of);
    write_categories(html, of);
    // Where nothing was found there is nothing to narrow or to sort; the way out is to drop what narrows.
    if (of.found.products.empty()) return write_nothing(html, of);
    html.in("div", {cls("tools")}, [&] {
        write_price_filter(html, of);
        write_sorts(html, of);
    });
    write_cards(html, {of.shop.site, of.texts, 0, 4}, of.found.products);
    html.in("nav", {cls("actions center section"), attr("aria-label", of.texts("search.pages"))}, [&] {
        if (!of.form.cursor.empty()) {
            SearchForm first = of.form;
            first.cursor.clear();
            html.leaf("a", {cls("button quiet"), href(first.url())}, of.texts("search.first_page"));
        }
        if (!of.found.page.next_cursor.empty()) {
            SearchForm next = of.form;
            next.cursor = of.found.page.next_cursor;
            html.leaf("a", {cls("button"), href(next.url()), attr("rel", "next nofollow")},
                      of.texts("search.next_page"));
        }
    });
}

/// Where a category stands: its levels' names, known from the list of categories.
std::vector<TrailStep> trail_of(const std::vector<domain::Category>& categories, const std::string& path,
                                Language language) {
    std::vector<TrailStep> trail;
    for (std::size_t slash = path.find('/');; slash = path.find('/', slash + 1)) {
        const std::string level = path.substr(0, slash);
        const auto found = std::ranges::find(categories, level, &domain::Category::path);
        if (found != categories.end()) trail.push_back({found->name.best(language), category_href(level)});
        if (slash == std::string::npos) return trail;
    }
}

std::string html_of(const ShopPages& shop, Language language, const SearchForm& form, const Search::Found& found,
                    const std::vector<TrailStep>& trail) {
    const Texts texts(language);
    std::string title = form.is_search() ? (form.text.empty() ? std::string{texts("search.all_goods")}
                                                              : texts("search.title", {{"text", form.text}}))
                                         : trail.back().name;
    PageHead head{.title = title, .path = form.url(), .search_text = form.text};
    // Search engines should look through categories, not through everybody's searches.
    head.indexed = !form.is_search() && !form.is_filtered() && form.cursor.empty();
    if (head.indexed) head.description = texts("category.description", {{"category", title}});
    const Result result{shop, texts, form, found};
    return page(shop.site, language, head, [&](Html& html) { write_result(html, result, title, trail); });
}

Task<NearCache::Loaded> load_search(const ShopPages* shop, Language language, SearchForm form, std::uint64_t source) {
    std::vector<TrailStep> trail;
    if (!form.is_search()) {
        auto categories = co_await shop->browse.categories();
        if (!categories) co_return failed(store_unavailable());
        trail = trail_of(*categories, form.category, language);
        const auto known = std::ranges::find(*categories, form.category, &domain::Category::path);
        if (known == categories->end()) co_return failed(not_found("category"));
    }
    SearchIndex::Query query = form.query(language, kShown);
    auto found = co_await shop->search.find(std::move(query), source);
    if (!found && found.error() == Search::Error::bad_cursor) {
        form.cursor.clear();
        SearchIndex::Query first = form.query(language, kShown);
        found = co_await shop->search.find(std::move(first), source);
    }
    if (!found) co_return failed(store_unavailable());
    std::string html = html_of(*shop, language, form, *found, trail);
    NearCache::Loaded loaded = cacheable(shop->site, std::move(html), "search categories");
    loaded.remark = std::move(found->ranked_as);
    co_return loaded;
}

Task<Response> get_search(std::shared_ptr<const ShopPages> shop, PageRequest wanted, SearchForm form,
                          std::uint64_t source, Instant deadline) {
    const LanguageChoice language = wanted.language;
    NearCache& cache = shop->caches.searches;
    NearCache::Load load = [shop, language, form = std::move(form), source] {
        return load_search(shop.get(), language.language, form, source);
    };
    auto answer = co_await cache.get(std::move(wanted.key), deadline, std::move(load));
    // Who is shown kept bytes has searched all the same.
    if (!answer.loaded && !answer.remark.empty()) shop->search.found_again(std::move(answer.remark), source);
    co_return for_visitor(std::move(answer.response), language);
}

}  // namespace

std::vector<Route> search_page_routes(const std::shared_ptr<const ShopPages>& shop) {
    const auto handle = [shop](const Request& request) {
        SearchForm form = read_search_form(request, shop->currency);
        PageRequest wanted = page_request(request, "search\x1f" + form.url());
        const std::uint64_t source = std::hash<std::string>{}(request.client.to_string()) | 1;
        return get_search(shop, std::move(wanted), std::move(form), source, request.deadline);
    };
    std::vector<Route> routes{page_route("/search", "pageSearch", "Products by text, category and price"),
                              page_route("/c/{category...}", "pageCategory", "The products of a category")};
    for (Route& route : routes) route.handle = handle;
    return routes;
}

}  // namespace marketday::http::pages
