#include "http/pages/search_form.hpp"

#include <gtest/gtest.h>

namespace marketday::http::pages {
namespace {

using ports::SearchIndex;

SearchForm form_of(std::string_view query, std::string_view currency = "KRW") {
    Request request;
    request.path = "/search";
    request.query = query;
    return read_search_form(request, *Currency::parse(currency));
}

TEST(SearchForm, one_form_has_one_address) {
    EXPECT_EQ(form_of("price_max=20,000&q=%20mug%20&sort=newest").url(),
              form_of("q=mug&sort=newest&price_max=20000").url());
    EXPECT_EQ(form_of("q=mug&price_min=1000").url(), "/search?q=mug&price_min=1000");
    EXPECT_EQ(form_of("").url(), "/search");
}

TEST(SearchForm, what_is_mistyped_is_left_out) {
    const SearchForm form = form_of("q=%FF&price_min=cheap&price_max=-5&sort=%3Cb%3E&lang=xx");
    EXPECT_TRUE(form.text.empty());
    EXPECT_FALSE(form.price_min || form.price_max);
    EXPECT_EQ(form.sort, SearchIndex::Sort::relevance);
    EXPECT_EQ(form.url(), "/search");
}

TEST(SearchForm, prices_are_amounts_of_the_shops_currency) {
    EXPECT_EQ(form_of("price_min=19.90", "USD").price_min, 1990);
    EXPECT_EQ(form_of("price_min=19.90").price_min, std::nullopt);
    const SearchForm swapped = form_of("price_min=500&price_max=100");
    EXPECT_EQ(swapped.price_min, 100);
    EXPECT_EQ(swapped.price_max, 500);
}

TEST(SearchForm, a_category_stands_in_the_path) {
    Request request;
    request.path = "/c/Stationery/Notebooks%20%26%20Paper";
    request.params[0] = "Stationery/Notebooks & Paper";
    request.query = "sort=-price";
    const SearchForm form = read_search_form(request, Currency{});
    EXPECT_FALSE(form.is_search());
    EXPECT_EQ(form.url(), "/c/Stationery/Notebooks%20%26%20Paper?sort=-price");
    EXPECT_EQ(form.without_filters().url(), "/c/Stationery/Notebooks%20%26%20Paper");
}

}  // namespace
}  // namespace marketday::http::pages
