#include "http/pages/search_form.hpp"

#include <array>

#include "base/money.hpp"
#include "base/text.hpp"
#include "http/html.hpp"
#include "http/pages/format.hpp"
#include "http/pages/shop_pages.hpp"

namespace marketday::http::pages {
namespace {

using ports::SearchIndex;

constexpr std::size_t kCategoryBytesMax = domain::kCategoryLevelsMax * (domain::kCategoryBytesMax + 1);
constexpr std::size_t kCursorBytesMax = 400;
constexpr std::array<std::string_view, 5> kSorts{"", "price", "-price", "newest", "name"};

std::string text_of(const Request& request, std::string_view name, std::size_t bytes_max) {
    std::string text = request.query_param(name).value_or("");
    if (text.size() > bytes_max || !is_valid_utf8(text)) text.clear();
    return text;
}

/// "12,000" and "12000" alike.
std::optional<std::int64_t> price_of(const Request& request, std::string_view name, Currency currency) {
    std::string text = text_of(request, name, 30);
    std::erase_if(text, [](char c) { return c == ',' || c == ' '; });
    const auto money = parse_money(text, currency);
    if (!money || money->amount_minor < 0 || money->amount_minor > domain::kPriceMinorMax) return std::nullopt;
    return money->amount_minor;
}

std::string trimmed(std::string text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!text.empty() && is_space(text.back())) text.pop_back();
    std::size_t first = 0;
    while (first < text.size() && is_space(text[first])) ++first;
    return text.substr(first);
}

}  // namespace

SearchForm SearchForm::without_filters() const {
    SearchForm form = *this;
    form.price_min = form.price_max = std::nullopt;
    form.sort = SearchIndex::Sort::relevance;
    if (is_search()) form.category.clear();
    return form;
}

std::string_view SearchForm::sort_name() const { return kSorts[static_cast<std::size_t>(sort)]; }

std::string SearchForm::base_path() const { return within_category_page ? category_href(category) : "/search"; }

std::string SearchForm::url() const {
    const auto amount = [&](const std::optional<std::int64_t>& of) {
        return of ? machine_amount({*of, currency}) : std::string{};
    };
    return with_query(base_path(), {{"q", text},
                                    {"category", within_category_page ? std::string_view{} : category},
                                    {"price_min", amount(price_min)},
                                    {"price_max", amount(price_max)},
                                    {"sort", sort_name()},
                                    {"cursor", cursor}});
}

SearchIndex::Query SearchForm::query(domain::Language language, std::size_t products_max) const {
    return {.text = text,
            .category = category,
            .price_min_minor = price_min,
            .price_max_minor = price_max,
            .sort = sort,
            .language = language,
            .products_max = products_max,
            .cursor = cursor};
}

SearchForm read_search_form(const Request& request, Currency currency) {
    SearchForm form;
    form.currency = currency;
    form.within_category_page = request.path.starts_with("/c/");
    if (form.within_category_page) {
        form.category = request.param(0);
    } else {
        form.text = trimmed(text_of(request, "q", SearchIndex::kTextBytesMax));
        form.category = text_of(request, "category", kCategoryBytesMax);
    }
    form.price_min = price_of(request, "price_min", currency);
    form.price_max = price_of(request, "price_max", currency);
    if (form.price_min && form.price_max && *form.price_min > *form.price_max)
        std::swap(form.price_min, form.price_max);
    const std::string sort = text_of(request, "sort", 20);
    for (std::size_t i = 1; i < kSorts.size(); ++i)
        if (sort == kSorts[i]) form.sort = static_cast<SearchIndex::Sort>(i);
    form.cursor = text_of(request, "cursor", kCursorBytesMax);
    return form;
}

}  // namespace marketday::http::pages
