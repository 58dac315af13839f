#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "ports/catalogue.hpp"
#include "ports/order_book.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// What a suite needs of one adapter: an empty catalogue and the order book whose offers it writes.
struct CatalogueStore {
    virtual ~CatalogueStore() = default;
    virtual ports::Catalogue& catalogue() = 0;
    virtual ports::OrderBook& order_book() = 0;
};

struct CatalogueFactory {
    std::string name;
    std::function<std::unique_ptr<CatalogueStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogueContract, testing::Values(CatalogueFactory{…}));
class CatalogueContract : public testing::TestWithParam<CatalogueFactory> {
protected:
    using Catalogue = ports::Catalogue;
    using Written = Catalogue::Written;

    void SetUp() override { store_ = GetParam().make(); }

    Catalogue& catalogue() { return store_->catalogue(); }

    static domain::Product product(std::string sku, std::string name, std::int64_t price_minor = 1000) {
        domain::Product product;
        product.sku = std::move(sku);
        product.name.in(domain::Language::ko) = std::move(name);
        product.price = Money{price_minor, *Currency::parse("KRW")};
        return product;
    }
    static std::vector<domain::SkuCode> skus(std::initializer_list<domain::SkuCode> list) { return list; }
    static domain::LocalText text(std::string en, std::string ja = "", std::string ko = "") {
        return {{std::move(en), std::move(ja), std::move(ko)}};
    }
    std::vector<Written> put(std::vector<Catalogue::Write> writes) {
        return run_task(catalogue().put(std::move(writes))).value();
    }
    Written put(domain::Product one, std::int64_t first_stock = 0, std::int64_t if_version = 0) {
        return put({Catalogue::Write{std::move(one), first_stock, if_version}}).front();
    }
    std::optional<domain::Product> find(std::string sku) {
        return run_task(catalogue().find(skus({std::move(sku)}))).value().front();
    }
    std::optional<domain::StockLevel> stock(std::string sku) {
        return run_task(store_->order_book().stock(skus({std::move(sku)}))).value().front();
    }
    std::vector<Catalogue::Change> changed_after(std::int64_t number, std::size_t changes_max = 100) {
        return run_task(catalogue().changed_after(number, changes_max)).value();
    }
    std::map<std::string, std::int64_t> category_counts() {
        std::map<std::string, std::int64_t> counts;
        const auto categories = run_task(catalogue().categories()).value();
        for (const auto& category : categories) counts[category.path] = category.products;
        return counts;
    }

    std::unique_ptr<CatalogueStore> store_;
};

TEST_P(CatalogueContract, a_product_is_read_as_it_was_written) {
    domain::Product full = product("full-1", "머그 \"큰\" \\ 😀", 12000);
    full.name.in(domain::Language::en) = "Mug";
    full.name_derived.in(domain::Language::ja) = "マグ";
    full.description.in(domain::Language::en) = "two\nlines\ttab";
    full.category = {text("Home", "家"), text("Mugs & Cups", "", "머그")};
    full.images = {"https://cdn.example/a.jpg", "/img/b.jpg"};
    full.released = "2026-03-05";
    full.weight_g = 350;
    EXPECT_EQ(put(full), Written::created);

    auto stored = find("full-1");
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->version, 1);
    EXPECT_EQ(stored->price_version, 1);
    EXPECT_NE(stored->updated_at, WallTime{});
    stored->version = stored->price_version = 0;
    stored->created_at = stored->updated_at = WallTime{};
    EXPECT_EQ(*stored, full);
}

TEST_P(CatalogueContract, an_unknown_sku_is_nothing_and_keeps_its_place_in_the_answer) {
    put(product("b", "b"));
    const auto found = run_task(catalogue().find(skus({"a", "b", "c"}))).value();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_FALSE(found[0]);
    EXPECT_EQ(found[1]->sku, "b");
    EXPECT_FALSE(found[2]);
}

TEST_P(CatalogueContract, writing_the_same_again_changes_nothing) {
    put(product("a", "a"), 5);
    const auto before = find("a");
    EXPECT_EQ(put(product("a", "a"), 5), Written::unchanged);
    EXPECT_EQ(find("a"), before);
    EXPECT_EQ(changed_after(0).size(), 1U);
}

TEST_P(CatalogueContract, a_change_of_text_raises_the_version_and_not_the_price_version) {
    put(product("a", "a"));
    EXPECT_EQ(put(product("a", "b")), Written::updated);
    EXPECT_EQ(find("a")->version, 2);
    EXPECT_EQ(find("a")->price_version, 1);
    EXPECT_EQ(find("a")->name.in(domain::Language::ko), "b");
}

TEST_P(CatalogueContract, a_change_of_price_is_the_order_books_offer_at_once) {
    put(product("a", "a", 1000));
    put(product("a", "a", 1200));
    const auto offer = run_task(store_->order_book().offers(skus({"a"}))).value().front();
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->price->amount_minor, 1200);
    EXPECT_EQ(offer->version, 2);
    EXPECT_EQ(find("a")->price_version, 2);
    EXPECT_EQ(find("a")->version, 2);
}

TEST_P(CatalogueContract, a_product_without_a_price_is_kept_without_one) {
    domain::Product bare = product("a", "a");
    bare.price.reset();
    put(bare);
    EXPECT_FALSE(find("a")->price);
    EXPECT_FALSE(run_task(store_->order_book().offers(skus({"a"}))).value().front()->price);
}

TEST_P(CatalogueContract, first_stock_is_received_once) {
    put(product("a", "a"), 7);
    put(product("a", "b"), 7);
    EXPECT_EQ(stock("a")->received, 7);
    put(product("b", "b"));
    EXPECT_EQ(stock("b")->received, 0);
    EXPECT_EQ(put(product("b", "b"), 3), Written::updated);
    EXPECT_EQ(stock("b")->available, 3);
}

TEST_P(CatalogueContract, a_write_over_a_version_that_is_gone_is_a_conflict) {
    put(product("a", "a"));
    put(product("a", "b"));
    EXPECT_EQ(put(product("a", "c"), 0, 1), Written::conflict);
    EXPECT_EQ(find("a")->name.in(domain::Language::ko), "b");
    EXPECT_EQ(put(product("a", "c"), 0, 2), Written::updated);
}

TEST_P(CatalogueContract, the_last_of_two_writes_of_one_sku_in_a_batch_wins) {
    const auto written = put({{product("a", "first"), 0, 0}, {product("a", "second"), 0, 0}});
    EXPECT_THAT(written, testing::ElementsAre(Written::created, Written::updated));
    EXPECT_EQ(find("a")->name.in(domain::Language::ko), "second");
    EXPECT_EQ(run_task(catalogue().count()).value(), 1);
}

TEST_P(CatalogueContract, products_are_listed_by_sku_in_pages) {
    put({{product("c", "c"), 0, 0}, {product("a", "a"), 0, 0}, {product("b", "b"), 0, 0}});
    const auto first = run_task(catalogue().list("", 2)).value();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].sku, "a");
    EXPECT_EQ(first[1].sku, "b");
    const auto second = run_task(catalogue().list("b", 2)).value();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].sku, "c");
    EXPECT_EQ(run_task(catalogue().count()).value(), 3);
}

TEST_P(CatalogueContract, whoever_follows_the_changes_sees_each_product_in_its_newest_form) {
    put({{product("a", "a"), 0, 0}, {product("b", "b"), 0, 0}, {product("c", "c"), 0, 0}});
    auto changes = changed_after(0, 2);
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_LT(changes[0].number, changes[1].number);
    put(product("a", "newer"));
    changes = changed_after(changes[1].number);
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].product.sku, "c");
    EXPECT_EQ(changes[1].product.sku, "a");
    EXPECT_EQ(changes[1].product.name.in(domain::Language::ko), "newer");
    EXPECT_TRUE(changed_after(changes[1].number).empty());
}

TEST_P(CatalogueContract, a_batch_that_changed_something_leaves_one_event_in_the_outbox) {
    put({{product("a", "a"), 0, 0}, {product("b", "b"), 0, 0}});
    put(product("a", "a"));
    std::vector<std::string> events;
    const auto messages = run_task(store_->order_book().outbox(0, 100)).value();
    for (const auto& message : messages)
        if (message.topic == "products") events.push_back(message.events_json);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_THAT(events[0], testing::HasSubstr("\"change\":" + std::to_string(changed_after(0).back().number)));
}

TEST_P(CatalogueContract,
       a_write_that_adds_a_picture_leaves_its_event_beside_it_and_one_that_changes_nothing_does_not) {
    domain::Product pot = product("exu-%3F!+~", "pot");
    ASSERT_EQ(put(pot), Written::created);
    pot.images = {domain::image_path(pot.sku, "0123456789abcdef")};
    for (int time = 0; time < 2; ++time)
        put({Catalogue::Write{.product = pot, .image_added = domain::ImageId{"0123456789abcdef"}}});
    EXPECT_EQ(put({Catalogue::Write{.product = pot, .if_version = 1, .image_added = "fedcba9876543210"}}).front(),
              Written::conflict);
    std::vector<std::string> events;
    const auto messages = run_task(store_->order_book().outbox(0, 100)).value();
    for (const auto& message : messages)
        if (message.topic == "images") events.push_back(message.events_json);
    const auto change = std::to_string(changed_after(0).back().number);
    EXPECT_THAT(events, testing::ElementsAre(R"([{"id":"image-)" + change +
                                             R"(-0123456789abcdef","type":"image-added",)"
                                             R"("image":"0123456789abcdef","sku":"exu-%3F!+~"}])"));
}

TEST_P(CatalogueContract, categories_count_what_is_shown_in_them_and_below) {
    domain::Product mug = product("mug", "m");
    mug.category = {text("Home"), text("Mugs", "マグ")};
    domain::Product pot = product("pot", "p");
    pot.category = {text("Home", "家"), text("Pots")};
    put({{mug, 0, 0}, {pot, 0, 0}});
    EXPECT_THAT(category_counts(), testing::ElementsAre(testing::Pair("Home", 2), testing::Pair("Home/Mugs", 1),
                                                        testing::Pair("Home/Pots", 1)));
    EXPECT_EQ(run_task(catalogue().categories()).value().front().name, text("Home", "家"));

    mug.hidden = true;
    put(mug);
    EXPECT_THAT(category_counts(), testing::ElementsAre(testing::Pair("Home", 1), testing::Pair("Home/Pots", 1)));
    mug.hidden = false;
    mug.category = {text("Kitchen")};
    put(mug);
    EXPECT_THAT(category_counts(), testing::ElementsAre(testing::Pair("Home", 1), testing::Pair("Home/Pots", 1),
                                                        testing::Pair("Kitchen", 1)));
}

}  // namespace marketday::contract
