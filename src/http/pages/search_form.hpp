#pragma once

#include <optional>
#include <string>

#include "http/message.hpp"
#include "ports/search_index.hpp"

namespace marketday::http::pages {

/// What a search or category page was asked for. What a shopper mistypes in an address is left out, not refused.
struct SearchForm {
    std::string text;
    std::string category;  // a category_path
    bool within_category_page = false;
    std::optional<std::int64_t> price_min;  // minor units
    std::optional<std::int64_t> price_max;
    ports::SearchIndex::Sort sort = ports::SearchIndex::Sort::relevance;
    std::string cursor;
    Currency currency{};

    bool is_search() const { return !within_category_page; }
    bool is_filtered() const {
        return price_min || price_max || (is_search() && !category.empty()) ||
               sort != ports::SearchIndex::Sort::relevance;
    }
    SearchForm without_filters() const;
    std::string_view sort_name() const;  // empty for the usual one
    /// "/search" or "/c/…".
    std::string base_path() const;
    /// The one address of this form, without a language.
    std::string url() const;
    ports::SearchIndex::Query query(domain::Language language, std::size_t products_max) const;
};

/// Of /search?q=&category=&price_min=&price_max=&sort=&cursor= and /c/{category...}. Prices are decimal amounts of the
/// shop's currency, as people type them.
SearchForm read_search_form(const Request& request, Currency currency);

}  // namespace marketday::http::pages
