#include "usecases/watched_catalogue.hpp"

#include <gtest/gtest.h>

#include "tests/support/run_task.hpp"

namespace marketday::usecases {
namespace {

using ports::Freshness;
using ports::Position;

/// Of one kind of goods, whose price others change; writes down how fresh reads had to be.
class ChangedByOthers final : public ports::Catalogue {
public:
    std::int64_t newest = 0;
    Freshness asked;

    Answer<std::vector<Written>> put(std::vector<Write>) override { co_return fail(Error::unavailable); }
    Answer<std::vector<std::optional<domain::Product>>> find(std::vector<domain::SkuCode> skus,
                                                             Freshness freshness) override {
        asked = freshness;
        co_return std::vector<std::optional<domain::Product>>(skus.size());
    }
    Answer<std::vector<domain::Product>> list(domain::SkuCode, std::size_t) override {
        co_return std::vector<domain::Product>{};
    }
    Answer<std::vector<domain::Category>> categories(Freshness) override { co_return std::vector<domain::Category>{}; }
    Answer<std::vector<Change>> changed_after(std::int64_t number, std::size_t) override {
        std::vector<Change> changes;
        Change change;
        change.number = newest;
        change.product.sku = "mug";
        if (number < newest) changes.push_back(std::move(change));
        co_return changes;
    }
    Answer<std::int64_t> last_change() override { co_return newest; }
    Answer<std::int64_t> count() override { co_return 1; }
};

class Growing final : public ports::WriteHistory {
public:
    std::uint64_t written = 100;
    Position newest() const override { return {1, written}; }
    Task<std::optional<Position>> ask() override { co_return Position{1, written}; }
};

class WatchedCatalogueTest : public testing::Test {
protected:
    Position read() {
        std::vector<domain::SkuCode> skus{"mug"};
        (void)run_task(watched_.find(std::move(skus), Freshness::bounded()));
        return catalogue_.asked.position();
    }
    ChangedByOthers catalogue_;
    Growing history_;
    WatchedCatalogue watched_{catalogue_, [](auto, auto) {}, &history_};
};

TEST_F(WatchedCatalogueTest, what_was_told_of_others_changes_is_read_from_no_copy_without_it) {
    EXPECT_EQ(read(), Position::unknown());
    catalogue_.newest = 7;
    ASSERT_TRUE(run_task(watched_.changed_after(0, 10)));
    EXPECT_EQ(read(), (Position{1, 100}));
    history_.written = 200;
    ASSERT_TRUE(run_task(watched_.changed_after(0, 10)));
    EXPECT_EQ(read(), (Position{1, 100})) << "there was nothing new";
    catalogue_.newest = 8;
    ASSERT_TRUE(run_task(watched_.changed_after(7, 10)));
    EXPECT_EQ(read(), (Position{1, 200}));
}

TEST_F(WatchedCatalogueTest, who_asks_after_a_change_that_there_never_was_does_not_end_it) {
    catalogue_.newest = 7;
    ASSERT_TRUE(run_task(watched_.changed_after(0, 10)));
    ASSERT_TRUE(run_task(watched_.changed_after(5'000'000, 10)));
    catalogue_.newest = 8;
    history_.written = 300;
    ASSERT_TRUE(run_task(watched_.changed_after(7, 10)));
    EXPECT_EQ(read(), (Position{1, 300}));
}

}  // namespace
}  // namespace marketday::usecases
