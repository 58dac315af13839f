#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ports/search_index.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// What a suite needs of one adapter: an empty index.
struct SearchStore {
    virtual ~SearchStore() = default;
    virtual ports::SearchIndex& index() = 0;
};

struct SearchFactory {
    std::string name;
    std::function<std::unique_ptr<SearchStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Xapian, SearchIndexContract, testing::Values(SearchFactory{…}));
class SearchIndexContract : public testing::TestWithParam<SearchFactory> {
protected:
    using Index = ports::SearchIndex;
    using Query = Index::Query;
    using Sort = Index::Sort;

    void SetUp() override { store_ = GetParam().make(); }
    Index& index() { return store_->index(); }

    static domain::LocalText text(std::string en, std::string ja = "", std::string ko = "") {
        return {{std::move(en), std::move(ja), std::move(ko)}};
    }
    static domain::Product product(std::string sku, domain::LocalText name, std::int64_t price_minor = 1000) {
        domain::Product product;
        product.sku = std::move(sku);
        product.name = std::move(name);
        if (price_minor >= 0) product.price = Money{price_minor, *Currency::parse("KRW")};
        return product;
    }
    void apply(std::vector<domain::Product> products, Index::Visible visible = Index::Visible::now) {
        std::vector<ports::Catalogue::Change> changes;
        for (auto& one : products) changes.push_back({++change_, std::move(one)});
        ASSERT_TRUE(run_task(index().apply(std::move(changes), visible)).has_value());
    }
    Index::Page search(Query query) { return run_task(index().search(std::move(query))).value(); }
    std::vector<std::string> found(std::string words) {
        Query query;
        query.text = std::move(words);
        return search(std::move(query)).skus;
    }
    /// All pages of a query, one after the other.
    std::vector<std::string> walk(Query query) {
        std::vector<std::string> all;
        for (int page_no = 0; page_no < 1000; ++page_no) {
            auto page = search(query);
            all.insert(all.end(), page.skus.begin(), page.skus.end());
            if (page.next_cursor.empty()) break;
            query.cursor = page.next_cursor;
        }
        return all;
    }
    /// Names of the real catalogue: trading cards and game items.
    void apply_real_goods() {
        auto rock = product("item-icy-rock", text("Icy Rock", "つめたいいわ", "차가운바위"), 4000);
        rock.category = {text("held-items")};
        auto candy = product("item-shellder-candy", text("Shellder Candy", "シェルダーのアメ", "셀러의사탕"), 20);
        candy.category = {text("species-candies")};
        auto fireworks = product("item-party-sparkler-pick", text("Party Sparkler Pick", "おいわいはなびピック"), 1600);
        fireworks.category = {text("picnic")};
        auto bronzong = product("dp5-16", text("Bronzong"), -1);
        bronzong.name_derived = text("", "ドータクン", "동탁군");
        bronzong.description = text("One caused a news sensation when it was dug up at a construction site.");
        bronzong.category = {text("Diamond & Pearl"), text("Majestic Dawn"), text("Pokemon")};
        bronzong.released = "2008-05-01";
        auto shaymin = product("asia-SM5S-014", text("", "シェイミ"), -1);
        shaymin.name_derived = text("Shaymin", "", "쉐이미");
        shaymin.category = {text("SM"), text("", "ウルトラサン", "울트라썬"), text("Pokemon")};
        shaymin.description = text("", "グラシデアの花が 咲く 季節 感謝の 心を 届けるために 飛び立つと 言われている。");
        shaymin.released = "2017-12-08";
        auto lights = product("uci-21609", text("SET 12 LAVENDER  BOTANICAL T-LIGHTS"), 5200);
        apply({rock, candy, fireworks, bronzong, shaymin, lights});
    }

    std::unique_ptr<SearchStore> store_;
    std::int64_t change_ = 0;
};

TEST_P(SearchIndexContract, a_new_index_is_empty_and_answers) {
    EXPECT_EQ(run_task(index().applied_change()).value(), 0);
    const auto page = search({});
    EXPECT_TRUE(page.skus.empty());
    EXPECT_EQ(page.total, 0);
    EXPECT_FALSE(page.total_is_estimate);
    EXPECT_TRUE(found("anything").empty());
    EXPECT_TRUE(run_task(index().suggest("any", domain::Language::en, 5)).value().empty());
}

TEST_P(SearchIndexContract, a_word_of_two_characters_finds_its_goods_in_each_language) {
    apply_real_goods();
    EXPECT_THAT(found("바위"), testing::ElementsAre("item-icy-rock"));
    EXPECT_THAT(found("사탕"), testing::ElementsAre("item-shellder-candy"));
    EXPECT_THAT(found("季節"), testing::ElementsAre("asia-SM5S-014"));
    EXPECT_THAT(found("いわ"), testing::UnorderedElementsAre("item-icy-rock", "item-party-sparkler-pick"));
    EXPECT_THAT(found("はなび"), testing::ElementsAre("item-party-sparkler-pick"));
    EXPECT_THAT(found("ハナビ"), testing::ElementsAre("item-party-sparkler-pick"));
    EXPECT_THAT(found("lavender light"), testing::ElementsAre("uci-21609"));
}

TEST_P(SearchIndexContract, names_that_were_derived_are_found_too) {
    apply_real_goods();
    EXPECT_THAT(found("동탁군"), testing::ElementsAre("dp5-16"));
    EXPECT_THAT(found("ドータクン"), testing::ElementsAre("dp5-16"));
    EXPECT_THAT(found("shaymin"), testing::ElementsAre("asia-SM5S-014"));
    EXPECT_THAT(found("울트라썬"), testing::ElementsAre("asia-SM5S-014")) << "categories are text too";
    EXPECT_THAT(found("uci-21609"), testing::ElementsAre("uci-21609")) << "and so is the SKU";
}

TEST_P(SearchIndexContract, the_whole_name_comes_first_then_names_then_descriptions) {
    auto described = product("c", text("Other"));
    described.description = text("goes well with a teapot");
    apply({described, product("b", text("Teapot with cups")), product("a", text("Teapot")), product("d", text("Cup"))});
    EXPECT_THAT(found("teapot"), testing::ElementsAre("a", "b", "c"));
}

TEST_P(SearchIndexContract, all_words_must_be_there_unless_nothing_holds_them_all) {
    apply(
        {product("a", text("red paper lantern")), product("b", text("red lantern")), product("c", text("blue vase"))});
    EXPECT_THAT(found("red paper"), testing::ElementsAre("a"));
    Query query;
    query.text = "red lantern garland";
    const auto page = search(query);
    EXPECT_TRUE(page.text_is_partly_matched);
    EXPECT_THAT(page.skus, testing::UnorderedElementsAre("a", "b"));
}

TEST_P(SearchIndexContract, filters_by_category_with_all_below_it_and_by_price) {
    std::vector<domain::Product> products;
    for (int i = 0; i < 40; ++i) {
        auto one = product("p" + std::to_string(i), text("thing " + std::to_string(i)), 100 * i);
        one.category = {text(i % 2 == 0 ? "Toys" : "Toys & Games"), text(i % 4 == 0 ? "Cars" : "Dolls")};
        products.push_back(one);
    }
    apply(products);
    Query query;
    query.products_max = 100;
    query.category = "Toys";
    EXPECT_EQ(search(query).total, 20);
    query.category = "Toys/Cars";
    EXPECT_EQ(search(query).total, 10);
    query.price_min_minor = 400;
    query.price_max_minor = 1200;
    query.sort = Sort::price_up;
    EXPECT_THAT(search(query).skus, testing::ElementsAre("p4", "p8", "p12"));
    query.text = "8";
    EXPECT_THAT(search(query).skus, testing::ElementsAre("p8"));
    query.category = "No such thing";
    EXPECT_EQ(search(query).total, 0);
}

TEST_P(SearchIndexContract, sorts_by_price_age_and_name) {
    auto a = product("a", text("Banana", "", "나비"), 300);
    auto b = product("b", text("apple", "", "다람쥐"), 100);
    auto c = product("c", text("Cherry", "", "가방"), -1);
    a.released = "2024-01-01";
    b.released = "2025-01-01";
    c.released = "2023-01-01";
    apply({a, b, c});
    Query query;
    query.sort = Sort::price_up;
    EXPECT_THAT(search(query).skus, testing::ElementsAre("b", "a", "c")) << "what has no price comes last";
    query.sort = Sort::price_down;
    EXPECT_THAT(search(query).skus, testing::ElementsAre("a", "b", "c"));
    query.sort = Sort::newest;
    EXPECT_THAT(search(query).skus, testing::ElementsAre("b", "a", "c"));
    query.sort = Sort::name;
    query.language = domain::Language::en;
    EXPECT_THAT(search(query).skus, testing::ElementsAre("b", "a", "c"));
    query.language = domain::Language::ko;
    EXPECT_THAT(search(query).skus, testing::ElementsAre("c", "a", "b"));
}

TEST_P(SearchIndexContract, pages_hold_every_product_once_in_every_order) {
    std::vector<domain::Product> products;
    std::set<std::string> all;
    for (int i = 0; i < 137; ++i) {
        auto one = product("sku-" + std::to_string(i), text("lamp " + std::to_string(i % 10)),
                           i % 7 == 0 ? -1 : 10 * (i % 13));
        if (i % 3 == 0) one.description = text("a lamp");
        all.insert(one.sku);
        products.push_back(one);
    }
    apply(products);
    for (const Sort sort : {Sort::relevance, Sort::price_up, Sort::price_down, Sort::newest, Sort::name}) {
        for (const char* words : {"", "lamp"}) {
            Query query;
            query.sort = sort;
            query.text = words;
            query.products_max = 10;
            const auto skus = walk(query);
            EXPECT_EQ(skus.size(), 137u);
            EXPECT_EQ(std::set<std::string>(skus.begin(), skus.end()), all) << static_cast<int>(sort) << words;
        }
    }
}

TEST_P(SearchIndexContract, a_cursor_stays_good_while_products_come_and_go) {
    std::vector<domain::Product> products;
    for (int i = 0; i < 30; ++i) products.push_back(product("sku-" + std::to_string(10 + i), text("lamp"), 100 * i));
    apply(products);
    for (const Sort sort : {Sort::price_up, Sort::price_down, Sort::newest, Sort::name, Sort::relevance}) {
        Query query;
        query.sort = sort;
        query.text = "lamp";
        query.products_max = 10;
        const auto first = search(query);
        query.cursor = first.next_cursor;
        const auto second = search(query).skus;
        // The product that the cursor stands on leaves the shop, and one comes before it.
        auto gone = products[0];
        for (const auto& one : products) {
            if (one.sku == first.skus.back()) gone = one;
        }
        auto hidden = gone;
        hidden.hidden = true;
        apply({hidden});
        EXPECT_EQ(search(query).skus, second) << static_cast<int>(sort);
        apply({gone});
        EXPECT_EQ(search(query).skus, second) << static_cast<int>(sort);
    }
}

TEST_P(SearchIndexContract, a_cursor_of_another_query_is_refused) {
    apply({product("a", text("lamp")), product("b", text("lamp")), product("c", text("lamp"))});
    Query query;
    query.text = "lamp";
    query.products_max = 1;
    const std::string cursor = search(query).next_cursor;
    ASSERT_FALSE(cursor.empty());
    for (const auto& [words, other] :
         std::vector<std::pair<std::string, std::string>>{{"lamps", cursor},
                                                          {"lamp", "x"},
                                                          {"lamp", cursor + "AAAA" + std::string(200, 'A')},
                                                          {"lamp", cursor.substr(0, 12)},
                                                          {"lamp", "!!"}}) {
        Query wrong = query;
        wrong.text = words;
        wrong.cursor = other;
        const auto answer = run_task(index().search(wrong));
        ASSERT_FALSE(answer.has_value()) << words << " " << other;
        EXPECT_EQ(answer.error(), Index::Error::bad_cursor);
    }
}

TEST_P(SearchIndexContract, follows_changes_and_remembers_the_last) {
    apply({product("a", text("lamp")), product("b", text("vase"))});
    EXPECT_EQ(run_task(index().applied_change()).value(), 2);
    auto renamed = product("a", text("candle"));
    auto hidden = product("b", text("vase"));
    hidden.hidden = true;
    apply({renamed, hidden});
    EXPECT_EQ(run_task(index().applied_change()).value(), 4);
    EXPECT_TRUE(found("lamp").empty());
    EXPECT_THAT(found("candle"), testing::ElementsAre("a"));
    EXPECT_TRUE(found("vase").empty());
    EXPECT_EQ(search({}).total, 1);
    apply({renamed, hidden});
    EXPECT_EQ(search({}).total, 1) << "the same again changes nothing";
}

TEST_P(SearchIndexContract, what_may_be_seen_later_is_seen_with_what_must_be_seen_now) {
    apply({product("a", text("lamp"))}, Index::Visible::later);
    apply({product("b", text("lamp"))}, Index::Visible::now);
    EXPECT_THAT(found("lamp"), testing::UnorderedElementsAre("a", "b"));
}

TEST_P(SearchIndexContract, facets_count_what_was_found) {
    apply_real_goods();
    auto page = search({});
    EXPECT_FALSE(page.facets_are_approximate);
    std::vector<std::string> paths;
    for (const auto& category : page.categories) paths.push_back(category.path);
    EXPECT_THAT(paths,
                testing::UnorderedElementsAre("held-items", "species-candies", "picnic", "Diamond & Pearl", "SM"));
    std::int64_t priced = 0;
    for (const auto& price : page.prices) {
        EXPECT_TRUE(price.below_minor && *price.below_minor > price.from_minor);
        priced += price.products;
    }
    EXPECT_EQ(priced, 4);
    Query query;
    query.category = "Diamond & Pearl";
    page = search(query);
    ASSERT_EQ(page.categories.size(), 1u);
    EXPECT_EQ(page.categories[0].path, "Diamond & Pearl/Majestic Dawn");
}

TEST_P(SearchIndexContract, a_misspelt_word_is_suggested_right) {
    apply({product("a", text("Pikachu", "ピカチュウ", "피카츄")),
           product("b", text("Charizard", "リザードン", "리자몽"))});
    const auto suggestion = [this](std::string words) {
        Query query;
        query.text = std::move(words);
        return search(query).suggestion;
    };
    EXPECT_EQ(suggestion("피카추"), "피카츄");
    EXPECT_EQ(suggestion("リザドン"), "リザードン");
    EXPECT_EQ(suggestion("charziard"), "charizard");
    EXPECT_EQ(suggestion("pikachu"), "") << "nothing to put right";
    EXPECT_EQ(suggestion("xyzzyqqq"), "") << "nothing near";
}

TEST_P(SearchIndexContract, completes_what_is_typed) {
    apply({product("a", text("Pikachu", "ピカチュウ", "피카츄")), product("b", text("Pidgey", "ポッポ", "구구"))});
    EXPECT_THAT(run_task(index().suggest("pi", domain::Language::en, 5)).value(),
                testing::UnorderedElementsAre("pikachu", "pidgey"));
    EXPECT_THAT(run_task(index().suggest("피", domain::Language::ko, 5)).value(), testing::ElementsAre("피카츄"));
    EXPECT_THAT(run_task(index().suggest("ぴか", domain::Language::ja, 5)).value(), testing::ElementsAre("ピカチュウ"));
    EXPECT_THAT(run_task(index().suggest("shiny pika", domain::Language::en, 5)).value(),
                testing::ElementsAre("shiny pikachu"));
    EXPECT_THAT(run_task(index().suggest("pikchu", domain::Language::en, 5)).value(), testing::ElementsAre("pikachu"));
}

TEST_P(SearchIndexContract, no_text_breaks_it) {
    apply_real_goods();
    for (const std::string& words : std::vector<std::string>{
             std::string(Index::kTextBytesMax, 'a'), std::string(Index::kTextBytesMax, '*'), std::string("\0a\0", 3),
             "\xFF\xFE", "AND OR NOT (", "\"unclosed", "+-+-", "name:foo", "%00", "\xED\xA0\x80", "ﷺ",
             "a b c d e f g h i j k l m n o p q r s t u v w x y z", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗", "' OR 1=1 --"}) {
        Query query;
        query.text = words;
        EXPECT_TRUE(run_task(index().search(query)).has_value()) << words;
        EXPECT_TRUE(run_task(index().suggest(words, domain::Language::ko, 10)).has_value()) << words;
    }
}

}  // namespace marketday::contract
