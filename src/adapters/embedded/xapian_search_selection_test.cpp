#include "adapters/embedded/xapian_search_selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/random.hpp"

namespace marketday::adapters {
namespace {

constexpr std::array kOrders{SearchOrder::closeness, SearchOrder::price_up, SearchOrder::price_down,
                             SearchOrder::newest,    SearchOrder::name_en,  SearchOrder::name_ko};

/// Products with prices, ages and categories at random; every ninth document is gone.
std::shared_ptr<const SearchColumns> make_columns(std::uint32_t documents, std::uint64_t seed) {
    SeededRandom random{seed};
    SearchColumnsBuilder builder{documents};
    for (std::uint32_t d = 0; d < documents; ++d) {
        if (d % 9 == 4) continue;
        SearchRow row;
        if (random.below(4) != 0) row.price_minor = static_cast<std::int64_t>(random.below(5000));
        row.newness = static_cast<std::int64_t>(random.below(50));
        row.name_characters = static_cast<std::uint16_t>(random.below(30));
        const std::string path = "C" + std::to_string(random.below(5)) + "/D" + std::to_string(random.below(8));
        builder.add(d, row, "sku-" + std::to_string(d), random.below(10) == 0 ? "" : path);
    }
    for (const auto order : {SearchOrder::name_en, SearchOrder::name_ja, SearchOrder::name_ko}) {
        builder.order_names(order, [&](const SearchColumnsBuilder::KeySink& sink) {
            for (std::uint32_t d = 0; d < documents; ++d) {
                if (d % 9 != 4) sink(d, std::to_string((d * 7919) % 1000));
            }
        });
    }
    return builder.build();
}

TextMatches random_matches(SeededRandom& random, std::uint32_t documents) {
    const std::uint64_t form = random.below(3);
    if (form == 0) return {};
    DocumentBits bits{documents};
    const std::uint64_t one_in = form == 1 ? 40 : 2;
    for (std::uint32_t d = 0; d < documents; ++d) {
        if (d % 9 != 4 && random.below(one_in) == 0) bits.set(d);
    }
    return TextMatches::of(std::move(bits));
}

SearchFilters random_filters(SeededRandom& random, const SearchColumns& columns) {
    SearchFilters filters;
    if (random.below(2) == 0) {
        const std::string top = "C" + std::to_string(random.below(6));
        filters.categories =
            columns.category(random.below(2) == 0 ? top : top + "/D" + std::to_string(random.below(9)));
    }
    if (random.below(2) == 0) {
        const auto least = static_cast<std::int64_t>(random.below(4000));
        filters.prices = columns.priced(least, least + static_cast<std::int64_t>(random.below(3000)));
    }
    return filters;
}

bool matches_text(const TextMatches& matches, SearchDocument d) {
    if (matches.form == TextMatches::Form::all) return true;
    if (matches.form == TextMatches::Form::many) return matches.many->has(d);
    return std::ranges::binary_search(matches.few, d);
}

std::vector<SearchDocument> by_hand(const SearchColumns& columns, const TextMatches& matches,
                                    const SearchFilters& filters, SearchOrder order, std::uint32_t from) {
    std::vector<SearchDocument> out;
    for (std::uint32_t place = from; place < columns.products(); ++place) {
        const SearchDocument d = columns.at(order, place);
        if (filters.pass(columns.key(d)) && matches_text(matches, d)) out.push_back(d);
    }
    return out;
}

TEST(SearchSelection, every_plan_gives_what_looking_at_all_gives) {
    const auto columns = make_columns(15'000, 1);
    SeededRandom random{2};
    for (int i = 0; i < 300; ++i) {
        const TextMatches matches = random_matches(random, columns->documents());
        const SearchFilters filters = random_filters(random, *columns);
        const SearchOrder order = kOrders[random.below(kOrders.size())];
        const auto from = static_cast<std::uint32_t>(random.below(2) == 0 ? 0 : random.below(columns->products()));
        auto expected = by_hand(*columns, matches, filters, order, from);
        expected.resize(std::min<std::size_t>(expected.size(), 25));
        // Whatever it is told about how many there are.
        for (const std::int64_t likely : {std::int64_t{0}, std::int64_t{100}, std::int64_t{1'000'000}}) {
            std::vector<SearchDocument> found;
            select(*columns, matches, filters, order, from, 25, likely, found);
            EXPECT_EQ(found, expected) << "query " << i << " likely " << likely;
        }
    }
}

TEST(SearchSelection, totals_are_exact_unless_it_says_otherwise_and_near_then) {
    const auto columns = make_columns(40'000, 3);
    SeededRandom random{4};
    int estimates = 0;
    for (int i = 0; i < 250; ++i) {
        const TextMatches matches = random_matches(random, columns->documents());
        const SearchFilters filters = random_filters(random, *columns);
        const auto exact =
            static_cast<std::int64_t>(by_hand(*columns, matches, filters, SearchOrder::newest, 0).size());
        const SearchTally counted = tally(*columns, matches, filters);
        if (!counted.total_is_estimate) {
            EXPECT_EQ(counted.total, exact) << "query " << i;
        } else {
            ++estimates;
            EXPECT_NEAR(static_cast<double>(counted.total), static_cast<double>(exact),
                        0.25 * static_cast<double>(exact) + 300);
        }
    }
    EXPECT_GT(estimates, 5);
}

TEST(SearchSelection, facets_of_a_short_result_add_up) {
    const auto columns = make_columns(3000, 5);
    const SearchTally counted = tally(*columns, {}, {});
    EXPECT_FALSE(counted.facets_are_approximate);
    std::int64_t categories = 0;
    for (const auto& count : counted.categories) categories += count.products;
    std::int64_t prices = 0;
    for (const auto& price : counted.prices) prices += price.products;
    std::int64_t with_category = 0;
    std::int64_t with_price = 0;
    for (std::uint32_t d = 0; d < columns->documents(); ++d) {
        if (!columns->row(d).live) continue;
        with_category += columns->categories()[columns->row(d).category].level > 0 ? 1 : 0;
        with_price += columns->row(d).price_minor != SearchRow::kNoPrice ? 1 : 0;
    }
    EXPECT_EQ(counted.total, columns->products());
    EXPECT_EQ(categories, with_category);
    EXPECT_EQ(prices, with_price);
}

TEST(SearchSelection, facets_below_a_category_are_its_children) {
    const auto columns = make_columns(3000, 6);
    SearchFilters filters;
    filters.categories = columns->category("C2");
    for (const auto& count : tally(*columns, {}, filters).categories) {
        EXPECT_TRUE(columns->categories()[count.category].path.starts_with("C2/"));
    }
}

TEST(SearchColumns, a_category_holds_what_is_below_it_and_no_namesake) {
    SearchColumnsBuilder builder{4};
    builder.add(0, {}, "a", "Toys/Cars");
    builder.add(1, {}, "b", "Toys & Games");
    builder.add(2, {}, "c", "Toys");
    builder.add(3, {}, "d", "Toys/Cars/Red");
    const auto columns = builder.build();
    EXPECT_EQ(columns->products_of(columns->category("Toys")).size(), 3u);
    EXPECT_EQ(columns->products_of(columns->category("Toys/Cars")).size(), 2u);
    EXPECT_EQ(columns->products_of(columns->category("Toys & Games")).size(), 1u);
    EXPECT_EQ(columns->category("Toys/C").size(), 0u);
}

TEST(SearchColumns, dear_first_keeps_those_without_a_price_last) {
    SearchColumnsBuilder builder{3};
    builder.add(0, {.price_minor = 100, .newness = 0, .category = 0, .name_characters = 1, .live = true}, "a", "");
    builder.add(1, {}, "b", "");
    builder.add(2, {.price_minor = 900, .newness = 0, .category = 0, .name_characters = 1, .live = true}, "c", "");
    const auto columns = builder.build();
    EXPECT_EQ(columns->at(SearchOrder::price_down, 0), 2u);
    EXPECT_EQ(columns->at(SearchOrder::price_down, 1), 0u);
    EXPECT_EQ(columns->at(SearchOrder::price_down, 2), 1u);
    for (std::uint32_t place = 0; place < 3; ++place) {
        EXPECT_EQ(columns->place_of(SearchOrder::price_down, columns->at(SearchOrder::price_down, place)), place);
    }
}

}  // namespace
}  // namespace marketday::adapters
