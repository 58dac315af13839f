#include "usecases/shared_products.hpp"

#include <gtest/gtest.h>

#include <list>
#include <map>

#include "base/async/sim_executor.hpp"
#include "tests/support/wilful_cache.hpp"
#include "usecases/watched_catalogue.hpp"

namespace marketday::usecases {
namespace {

using domain::Product;
using ports::Freshness;

/// The store that the processes of one shop share. Each product's change number is its version.
class Shelf final : public ports::Catalogue {
public:
    std::map<std::string, Product> products;
    std::map<std::string, std::int64_t> numbers;
    std::int64_t last = 0;
    int finds = 0;
    int changes_read = 0;
    bool down = false;
    milliseconds slow{1};

    void set(const std::string& sku, std::int64_t price) {
        Product& product = products[sku];
        product.sku = sku;
        product.price = Money{price, *Currency::parse("KRW")};
        numbers[sku] = product.version = ++last;
    }
    Answer<std::vector<Written>> put(std::vector<Write> writes) override {
        for (const auto& write : writes) set(write.product.sku, write.product.price->amount_minor);
        std::vector<Written> written(writes.size(), Written::updated);
        co_return written;
    }
    Answer<std::vector<std::optional<Product>>> find(std::vector<domain::SkuCode> skus, Freshness) override {
        ++finds;
        std::vector<std::optional<Product>> found;
        for (const auto& sku : skus)
            found.push_back(products.contains(sku) ? std::optional{products[sku]} : std::nullopt);
        co_await sleep_for(slow);  // what was read is told later
        if (down) co_return fail(Error::unavailable);
        co_return found;
    }
    Answer<std::vector<Product>> list(domain::SkuCode, std::size_t) override { co_return std::vector<Product>{}; }
    Answer<std::vector<domain::Category>> categories(Freshness) override { co_return std::vector<domain::Category>{}; }
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t changes_max) override {
        ++changes_read;
        if (down) co_return fail(Error::unavailable);
        std::map<std::int64_t, Change> in_order;
        for (const auto& [sku, changed] : numbers)
            if (changed > number) in_order[changed] = {changed, products[sku]};
        std::vector<Change> changes;
        for (auto& [changed, change] : in_order)
            if (changes.size() < changes_max) changes.push_back(std::move(change));
        co_return changes;
    }
    Answer<std::int64_t> last_change() override {
        if (down) co_return fail(Error::unavailable);
        co_return last;
    }
    Answer<std::int64_t> count() override { co_return 1; }
};

class SharedProductsTest : public testing::Test {
protected:
    struct Process {
        Process(Shelf& shelf, WilfulCache& cache, SimExecutor& sim, Hash256 key = {})
            : shared(cache, sim, {.key = key}), catalogue(shelf, [this](auto, auto) { ++told; }, nullptr, &shared) {
            spawn(sim, "follow", catalogue.follow(milliseconds{250}));
        }
        SharedProducts shared;
        int told = 0;
        WatchedCatalogue catalogue;
    };
    static Task<void> look(WatchedCatalogue& catalogue, Freshness freshness,
                           std::vector<std::optional<std::int64_t>>& into) {
        std::vector<domain::SkuCode> skus{"mug", "pen", "none"};
        auto found = co_await catalogue.find(std::move(skus), freshness);
        if (!found) co_return;
        for (const auto& product : *found)
            into.push_back(product ? std::optional{product->price->amount_minor} : std::nullopt);
    }
    /// The prices of a mug, a pen and nothing; empty when nobody answers.
    std::vector<std::optional<std::int64_t>> prices(Process& process, Freshness freshness = Freshness::bounded()) {
        std::vector<std::optional<std::int64_t>> found;
        spawn(sim_, "look", look(process.catalogue, freshness, found));
        sim_.run_for(milliseconds{10});
        return found;
    }
    static Task<void> write(WatchedCatalogue& catalogue, std::int64_t price) {
        ports::Catalogue::Write one;
        one.product.sku = "mug";
        one.product.price = Money{price, *Currency::parse("KRW")};
        std::vector<ports::Catalogue::Write> writes;
        writes.push_back(std::move(one));
        (void)co_await catalogue.put(std::move(writes));
    }
    void write(Process& process, std::int64_t price) {
        spawn(sim_, "write", write(process.catalogue, price));
        sim_.run_for(milliseconds{1});
    }
    Process& begin(Hash256 key = {}) { return processes_.emplace_back(shelf_, cache_, sim_, key); }
    void follow() { sim_.run_for(milliseconds{300}); }
    using Prices = std::vector<std::optional<std::int64_t>>;
    static Prices of(std::int64_t mug, std::int64_t pen) { return {mug, pen, std::nullopt}; }

    void SetUp() override {
        shelf_.set("mug", 900);
        shelf_.set("pen", 100);
        follow();
    }
    // Tasks wait within what they follow.
    void TearDown() override { sim_.stop(); }

    SimExecutor sim_{1};
    Shelf shelf_;
    WilfulCache cache_;
    std::list<Process> processes_;  // their tasks go on until the executor ends
    Process& one_ = begin();
    Process& two_ = begin();
};

TEST_F(SharedProductsTest, what_one_process_has_read_another_need_not_read_and_it_is_the_same) {
    Product& mug = shelf_.products["mug"];
    for (auto* text : {&mug.name, &mug.name_derived, &mug.description}) *text = {{"a", "b", std::string{"\0c", 2}}};
    mug.category = {mug.name, {{"x", "", ""}}};
    mug.images = {"/images/1", "https://example.com/2"};
    mug.released = "2026-02-03";
    mug.price_version = 7;
    mug.hidden = true;
    mug.weight_g = 250;
    mug.created_at = from_unix_ms(1'790'000'000'123);
    mug.updated_at = from_unix_ms(1'790'000'000'456);
    EXPECT_EQ(prices(one_), of(900, 100));
    EXPECT_EQ(shelf_.finds, 1);
    std::vector<std::optional<Product>> shared;
    const auto find = [](SharedProducts& of, std::vector<std::optional<Product>>& into) -> Task<void> {
        std::vector<domain::SkuCode> skus{"mug"};
        into = co_await of.find(std::move(skus));
    };
    spawn(sim_, "find", find(two_.shared, shared));
    sim_.run_for(milliseconds{10});
    ASSERT_TRUE(shared.at(0));
    EXPECT_EQ(*shared[0], mug);
    EXPECT_EQ(prices(two_), of(900, 100));
    EXPECT_EQ(shelf_.finds, 2) << "for what there is not";
    EXPECT_EQ(two_.shared.figures().hits, 3U);
}

TEST_F(SharedProductsTest, what_decides_something_is_read_from_the_store) {
    EXPECT_EQ(prices(one_), of(900, 100));
    EXPECT_EQ(prices(two_, Freshness::strict()), of(900, 100));
    EXPECT_EQ(two_.shared.figures().hits, 0U);
}

TEST_F(SharedProductsTest, a_new_price_wins_over_whatever_is_in_the_cache) {
    EXPECT_EQ(prices(one_), of(900, 100));
    const auto before = cache_.kept;
    cache_.silent = true;  // it cannot even be told
    write(one_, 800);
    cache_.silent = false;
    cache_.kept = before;
    EXPECT_EQ(prices(one_), of(800, 100)) << "at once where it was changed";
    cache_.kept = before;
    follow();
    EXPECT_EQ(prices(two_), of(800, 100));
    cache_.kept = before;  // a failover to a replica that was behind
    Process& three = begin();
    follow();
    EXPECT_EQ(prices(three), of(800, 100));
    EXPECT_EQ(three.shared.figures().outdated, 1U);
    EXPECT_EQ(three.shared.figures().hits, 1U) << "the pen has not changed";
}

TEST_F(SharedProductsTest, an_older_reading_that_is_kept_late_is_not_believed) {
    shelf_.slow = milliseconds{400};
    Prices slow;
    spawn(sim_, "look", look(one_.catalogue, Freshness::bounded(), slow));
    sim_.run_for(milliseconds{10});
    shelf_.set("mug", 800);  // by a third
    follow();
    follow();
    EXPECT_EQ(slow, of(900, 100));
    shelf_.slow = milliseconds{1};
    EXPECT_EQ(prices(two_), of(800, 100));
    EXPECT_EQ(two_.shared.figures().outdated, 1U);
    EXPECT_EQ(two_.shared.figures().hits, 1U);
}

TEST_F(SharedProductsTest, a_process_that_does_not_know_the_changes_believes_nothing) {
    EXPECT_EQ(prices(one_), of(900, 100));
    shelf_.down = true;
    Process& three = begin();
    follow();
    EXPECT_TRUE(prices(three).empty());
    sim_.run_for(seconds{2});
    EXPECT_TRUE(prices(two_).empty()) << "nor one that could follow them once";
    shelf_.down = false;
    follow();
    EXPECT_EQ(prices(three), of(900, 100));
}

TEST_F(SharedProductsTest, a_change_that_was_heard_of_is_looked_for_at_once_and_one_that_was_not_in_time) {
    EXPECT_EQ(prices(two_), of(900, 100));
    const auto told = [this] { return two_.told; };
    const int before = told();
    shelf_.set("mug", 800);
    two_.catalogue.heard(shelf_.last);
    sim_.run_for(milliseconds{5});
    EXPECT_EQ(told(), before + 1);
    const int read = shelf_.changes_read;
    two_.catalogue.heard(shelf_.last);
    two_.catalogue.heard(1);
    sim_.run_for(milliseconds{5});
    EXPECT_EQ(shelf_.changes_read, read) << "it knows";
    two_.catalogue.heard(5'000'000);  // whoever said so was wrong
    sim_.run_for(milliseconds{5});
    EXPECT_EQ(shelf_.changes_read, read + 1);
    shelf_.set("mug", 700);
    sim_.run_for(milliseconds{260});
    EXPECT_EQ(told(), before + 2);
}

TEST_F(SharedProductsTest, nobody_who_can_write_to_the_cache_can_make_a_product) {
    EXPECT_EQ(prices(one_), of(900, 100));
    const auto good = cache_.kept;
    for (std::size_t i = 0; i < good.at("product:mug").size(); ++i) {
        cache_.kept = good;
        cache_.kept["product:mug"][i] ^= 1;
        const auto before = two_.shared.figures().unreadable.load();
        EXPECT_EQ(prices(two_), of(900, 100));
        EXPECT_EQ(two_.shared.figures().unreadable, before + 1) << "byte " << i;
    }
    cache_.kept = good;
    cache_.kept["product:mug"] = good.at("product:pen");
    EXPECT_EQ(prices(two_), of(900, 100));
    cache_.kept = good;
    Process& elsewhere = begin(Hash256{1});
    follow();
    EXPECT_EQ(prices(elsewhere), of(900, 100));
    EXPECT_EQ(elsewhere.shared.figures().hits, 0U);
}

TEST_F(SharedProductsTest, when_the_cache_is_lost_whole_the_store_is_read) {
    EXPECT_EQ(prices(one_), of(900, 100));
    cache_.kept.clear();
    cache_.silent = true;
    EXPECT_EQ(prices(two_), of(900, 100));
    EXPECT_EQ(prices(one_), of(900, 100));
    EXPECT_EQ(shelf_.finds, 3);
}

}  // namespace
}  // namespace marketday::usecases
