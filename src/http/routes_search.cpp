#include "http/routes_search.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/problems.hpp"
#include "http/product_json.hpp"

namespace marketday::http {
namespace {

using domain::Language;
using ports::SearchIndex;
using usecases::Search;

constexpr int kStatuses[] = {200, 400, 503};
constexpr std::size_t kLimitMax = 100;
constexpr std::size_t kCategoryBytes = domain::kCategoryLevelsMax * (domain::kCategoryBytesMax + 1);
constexpr std::size_t kCursorBytesMax = 400;

template <class T>
using OrProblem = Result<T, Problem>;

/// A query parameter as text: empty when absent, refused when too long or not UTF-8.
OrProblem<std::string> text_param(const Request& request, std::string_view name, std::size_t bytes_max) {
    std::string text = request.query_param(name).value_or("");
    if (text.size() > bytes_max)
        return fail(invalid_request(fmt::format("\"{}\" is longer than {} bytes", name, bytes_max)));
    if (!is_valid_utf8(text)) return fail(invalid_request(fmt::format("\"{}\" is not UTF-8", name)));
    return text;
}

OrProblem<std::optional<std::int64_t>> integer_param(const Request& request, std::string_view name, std::int64_t min,
                                                     std::int64_t max) {
    const auto text = request.query_param(name);
    if (!text || text->empty()) return std::optional<std::int64_t>{};
    std::int64_t number = 0;
    const char* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number < min || number > max)
        return fail(invalid_request(fmt::format("\"{}\" must be a whole number from {} to {}", name, min, max)));
    return std::optional{number};
}

OrProblem<Language> language_param(const Request& request) {
    const auto text = request.query_param("lang");
    if (!text || text->empty()) return Language::ko;
    const auto language = domain::parse_language(*text);
    if (!language) return fail(invalid_request("\"lang\" must be ko, ja or en"));
    return *language;
}

OrProblem<std::size_t> limit_param(const Request& request, std::size_t usual, std::size_t max) {
    const auto limit = integer_param(request, "limit", 1, static_cast<std::int64_t>(max));
    if (!limit) return fail(limit.error());
    return limit->has_value() ? static_cast<std::size_t>(**limit) : usual;
}

OrProblem<SearchIndex::Sort> sort_param(const Request& request) {
    static constexpr std::array<std::pair<std::string_view, SearchIndex::Sort>, 5> kSorts{{
        {"relevance", SearchIndex::Sort::relevance},
        {"price", SearchIndex::Sort::price_up},
        {"-price", SearchIndex::Sort::price_down},
        {"newest", SearchIndex::Sort::newest},
        {"name", SearchIndex::Sort::name},
    }};
    const auto text = request.query_param("sort");
    if (!text || text->empty()) return SearchIndex::Sort::relevance;
    for (const auto& [name, sort] : kSorts) {
        if (name == *text) return sort;
    }
    return fail(invalid_request("\"sort\" must be relevance, price, -price, newest or name"));
}

OrProblem<SearchIndex::Query> read_query(const Request& request) {
    const auto text = text_param(request, "q", SearchIndex::kTextBytesMax);
    if (!text) return fail(text.error());
    const auto category = text_param(request, "category", kCategoryBytes);
    if (!category) return fail(category.error());
    const auto price_min = integer_param(request, "price_min", 0, domain::kPriceMinorMax);
    if (!price_min) return fail(price_min.error());
    const auto price_max = integer_param(request, "price_max", 0, domain::kPriceMinorMax);
    if (!price_max) return fail(price_max.error());
    if (*price_min && *price_max && **price_min > **price_max)
        return fail(invalid_request("\"price_min\" is more than \"price_max\""));
    const auto sort = sort_param(request);
    if (!sort) return fail(sort.error());
    const auto language = language_param(request);
    if (!language) return fail(language.error());
    const auto limit = limit_param(request, 20, kLimitMax);
    if (!limit) return fail(limit.error());
    const auto cursor = text_param(request, "cursor", kCursorBytesMax);
    if (!cursor) return fail(cursor.error());
    return SearchIndex::Query{.text = *text,
                              .category = *category,
                              .price_min_minor = *price_min,
                              .price_max_minor = *price_max,
                              .sort = *sort,
                              .language = *language,
                              .products_max = *limit,
                              .cursor = *cursor};
}

/// Who asks, as far as a ranking must tell people apart; in memory only.
std::uint64_t source_of(const Request& request) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, request.client.bytes.data(), 8);
    std::memcpy(&low, request.client.bytes.data() + 8, 8);
    const std::uint64_t mixed = (high ^ (low * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
    return mixed == 0 ? 1 : mixed;
}

void append_text_or_null(std::string& body, std::string_view text) {
    if (text.empty())
        body += "null";
    else
        log::append_json_string(body, text);
}

void append_facets(std::string& body, const Search::Found& found) {
    const auto& page = found.page;
    body += R"("facets":{"categories":[)";
    for (std::size_t i = 0; i < page.categories.size(); ++i) {
        if (i > 0) body += ',';
        append_local_text_json(body += R"({"name":)", found.category_names[i]);
        log::append_json_string(body += R"(,"path":)", page.categories[i].path);
        fmt::format_to(std::back_inserter(body), R"(,"count":{}}})", page.categories[i].products);
    }
    body += R"(],"prices":[)";
    for (std::size_t i = 0; i < page.prices.size(); ++i) {
        const auto& price = page.prices[i];
        if (i > 0) body += ',';
        fmt::format_to(std::back_inserter(body), R"({{"from_minor":{},"below_minor":)", price.from_minor);
        body += price.below_minor ? std::to_string(*price.below_minor) : "null";
        fmt::format_to(std::back_inserter(body), R"(,"count":{}}})", price.products);
    }
    fmt::format_to(std::back_inserter(body), R"(],"approximate":{}}})", page.facets_are_approximate);
}

std::string found_json(const Search::Found& found) {
    std::string body = R"({"items":[)";
    for (const auto& product : found.products) {
        if (body.back() != '[') body += ',';
        append_product_json(body, product);
    }
    append_text_or_null(body += R"(],"next_cursor":)", found.page.next_cursor);
    fmt::format_to(std::back_inserter(body), R"(,"total":{},"total_is_estimate":{},"partly_matched":{},)",
                   found.page.total, found.page.total_is_estimate, found.page.text_is_partly_matched);
    append_facets(body, found);
    append_text_or_null(body += R"(,"suggestion":)", found.page.suggestion);
    body += '}';
    return body;
}

Response cached(std::string body, std::string_view cache_control, std::string_view surrogate_key) {
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", cache_control);
    response.headers.emplace_back("Surrogate-Key", surrogate_key);
    return response;
}

using Loaded = NearCache::Loaded;

Loaded as_is(Response response) { return {.response = std::move(response), .remark = {}}; }

/// All that the answer depends on, in one order: two spellings of one request share their bytes.
std::string key_of(const SearchIndex::Query& query) {
    const auto number = [](const std::optional<std::int64_t>& of) { return of ? std::to_string(*of) : std::string{}; };
    return fmt::format("find\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}", query.text, query.category,
                       number(query.price_min_minor), number(query.price_max_minor), static_cast<int>(query.sort),
                       static_cast<int>(query.language), query.products_max, query.cursor);
}

Task<Loaded> load_products(Search& search, SearchIndex::Query query, std::uint64_t source) {
    auto found = co_await search.find(std::move(query), source);
    if (found) {
        std::string body = found_json(*found);
        co_return Loaded{cached(std::move(body), "public, max-age=5", "search"), std::move(found->ranked_as)};
    }
    switch (found.error()) {
        case Search::Error::unavailable: break;
        case Search::Error::bad_cursor:
            co_return as_is(
                problem(invalid_request("\"cursor\" does not belong to this search; ask for the first page again")));
    }
    co_return as_is(problem(store_unavailable()));
}

/// GET /api/v1/products?q=&category=&price_min=&price_max=&sort=&lang=&limit=&cursor= : 200, 400, 503.
Task<Response> get_products(Search& search, NearCache* cache, OrProblem<SearchIndex::Query> query, std::uint64_t source,
                            Instant deadline) {
    if (!query) co_return problem(query.error());
    std::string key = key_of(*query);
    NearCache::Load load = [&search, query = std::move(*query), source] {
        return load_products(search, query, source);
    };
    if (cache == nullptr) {
        auto loaded = co_await load();
        co_return std::move(loaded.response);
    }
    auto answer = co_await cache->get(std::move(key), deadline, std::move(load));
    // Who is shown kept bytes has searched all the same.
    if (!answer.loaded && !answer.remark.empty()) search.found_again(std::move(answer.remark), source);
    co_return std::move(answer.response);
}

Task<Response> at_once(Response response) { co_return response; }

struct Typed {
    std::string text;
    Language language = Language::ko;
    std::size_t limit = 8;
};

OrProblem<Typed> read_typed(const Request& request) {
    const auto text = text_param(request, "q", SearchIndex::kTextBytesMax);
    if (!text) return fail(text.error());
    const auto language = language_param(request);
    if (!language) return fail(language.error());
    const auto limit = limit_param(request, 8, 20);
    if (!limit) return fail(limit.error());
    return Typed{*text, *language, *limit};
}

/// GET /api/v1/suggestions?q=&lang=&limit= : 200, 400, 503.
Task<Loaded> load_suggestions(Search& search, Typed typed) {
    auto suggestions = co_await search.suggest(std::move(typed.text), typed.language, typed.limit);
    if (!suggestions) co_return as_is(problem(store_unavailable()));
    std::string body = R"({"items":[)";
    for (const auto& suggestion : *suggestions) {
        if (body.back() != '[') body += ',';
        log::append_json_string(body += R"({"text":)", suggestion);
        body += '}';
    }
    body += R"(],"next_cursor":null})";
    co_return as_is(cached(std::move(body), "public, max-age=60", "search"));
}

Task<Response> get_suggestions(Search& search, NearCache* cache, const OrProblem<Typed>& typed, Instant deadline) {
    if (!typed) return at_once(problem(typed.error()));
    std::string key =
        fmt::format("suggest\x1f{}\x1f{}\x1f{}", typed->text, static_cast<int>(typed->language), typed->limit);
    NearCache::Load load = [&search, asked = *typed] { return load_suggestions(search, asked); };
    return through(cache, std::move(key), deadline, std::move(load));
}

/// GET /api/v1/rankings/searches?limit= : 200, 400, 503.
Task<Response> get_popular_searches(Search& search, OrProblem<std::size_t> limit) {
    if (!limit) co_return problem(limit.error());
    auto popular = co_await search.popular_searches(*limit);
    if (!popular) co_return problem(store_unavailable());
    std::string body = R"({"items":[)";
    int rank = 0;
    for (const auto& one : *popular) {
        if (rank > 0) body += ',';
        fmt::format_to(std::back_inserter(body), R"({{"rank":{},"text":)", ++rank);
        log::append_json_string(body, one.key);
        fmt::format_to(std::back_inserter(body), R"(,"score":{}}})", one.score);
    }
    body += R"(],"next_cursor":null})";
    co_return cached(std::move(body), "public, max-age=5", "rankings");
}

/// GET /api/v1/rankings/products?limit= : 200, 400, 503.
Task<Loaded> load_popular_products(Search& search, std::size_t limit) {
    auto popular = co_await search.popular_products(limit);
    if (!popular) co_return as_is(problem(store_unavailable()));
    std::string body = R"({"items":[)";
    int rank = 0;
    for (const auto& one : *popular) {
        if (rank > 0) body += ',';
        fmt::format_to(std::back_inserter(body), R"({{"rank":{},"score":{},"product":)", ++rank, one.score);
        append_product_json(body, one.product);
        body += '}';
    }
    body += R"(],"next_cursor":null})";
    co_return as_is(cached(std::move(body), "public, max-age=5", "rankings"));
}

Task<Response> get_popular_products(Search& search, NearCache* cache, const OrProblem<std::size_t>& limit,
                                    Instant deadline) {
    if (!limit) return at_once(problem(limit.error()));
    NearCache::Load load = [&search, asked = *limit] { return load_popular_products(search, asked); };
    return through(cache, fmt::format("popular\x1f{}", *limit), deadline, std::move(load));
}

Route get_route(std::string_view pattern, std::string_view operation_id, std::string_view summary,
                std::string_view schema, std::string_view parameters, Handler handle) {
    return {.method = Method::get,
            .pattern = pattern,
            .operation_id = operation_id,
            .summary = summary,
            .request_schema = {},
            .response_schema = schema,
            .statuses = kStatuses,
            .handle = std::move(handle),
            .handle_now = {},
            .parameters = parameters};
}

}  // namespace

std::vector<Route> search_routes(Search& search, NearCache* cache) {
    std::vector<Route> routes;
    routes.push_back(get_route(
        "/api/v1/products", "searchProducts", "Products by text, category and price, with facets", "ProductSearch",
        "q category price_min price_max sort lang limit cursor", [&search, cache](const Request& request) {
            return get_products(search, cache, read_query(request), source_of(request), request.deadline);
        }));
    routes.push_back(get_route("/api/v1/suggestions", "suggestSearches",
                               "Completions and respellings of what is being typed", "SuggestionList", "q lang limit",
                               [&search, cache](const Request& request) {
                                   return get_suggestions(search, cache, read_typed(request), request.deadline);
                               }));
    routes.push_back(get_route("/api/v1/rankings/searches", "rankSearches",
                               "What is searched for most within the last hour", "SearchRanking", "limit",
                               [&search](const Request& request) {
                                   return get_popular_searches(search, limit_param(request, 10, kLimitMax));
                               }));
    routes.push_back(get_route(
        "/api/v1/rankings/products", "rankProducts", "What is looked at and ordered most within the last hour",
        "ProductRanking", "limit", [&search, cache](const Request& request) {
            return get_popular_products(search, cache, limit_param(request, 10, kLimitMax), request.deadline);
        }));
    return routes;
}

}  // namespace marketday::http
