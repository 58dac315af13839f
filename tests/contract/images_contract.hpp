#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/images.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// One adapter, opened anew on the same pictures by `reopen`.
struct ImagesStore {
    virtual ~ImagesStore() = default;
    virtual ports::Images& images() = 0;
    virtual void reopen() = 0;
};

struct ImagesFactory {
    std::string name;
    std::function<std::unique_ptr<ImagesStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(File, ImagesContract, testing::Values(ImagesFactory{…}));
class ImagesContract : public testing::TestWithParam<ImagesFactory> {
protected:
    using Images = ports::Images;

    void SetUp() override { store_ = GetParam().make(); }

    bool put(std::string sku, std::string file, std::string bytes) {
        Images::Name name{std::move(sku), std::move(file)};
        Images::Bytes shared = std::make_shared<const std::string>(std::move(bytes));
        return run_task(store_->images().put(std::move(name), std::move(shared))).has_value();
    }
    std::optional<std::string> get(std::string sku, std::string file) {
        Images::Name name{std::move(sku), std::move(file)};
        const auto bytes = run_task(store_->images().get(std::move(name))).value();
        return bytes ? std::optional{**bytes} : std::nullopt;
    }
    std::vector<std::string> list(std::string sku) { return run_task(store_->images().list(std::move(sku))).value(); }

    std::unique_ptr<ImagesStore> store_;
};

TEST_P(ImagesContract, a_picture_is_read_as_it_was_put_also_by_the_next_process) {
    const std::string bytes{"\0\xff binary \r\n", 12};
    ASSERT_TRUE(put("mug-1", "0123456789abcdef-320.webp", bytes));
    EXPECT_EQ(get("mug-1", "0123456789abcdef-320.webp"), bytes);
    store_->reopen();
    EXPECT_EQ(get("mug-1", "0123456789abcdef-320.webp"), bytes);
}

TEST_P(ImagesContract, a_name_keeps_its_first_bytes) {
    ASSERT_TRUE(put("mug-1", "a.webp", "first"));
    ASSERT_TRUE(put("mug-1", "a.webp", "second"));
    EXPECT_EQ(get("mug-1", "a.webp"), "first");
}

TEST_P(ImagesContract, what_was_never_put_is_not_there) {
    EXPECT_EQ(get("mug-1", "a.webp"), std::nullopt);
    EXPECT_TRUE(list("mug-1").empty());
    ASSERT_TRUE(put("mug-1", "a.webp", "x"));
    EXPECT_EQ(get("mug-1", "b.webp"), std::nullopt);
    EXPECT_EQ(get("mug-2", "a.webp"), std::nullopt);
}

TEST_P(ImagesContract, products_are_kept_apart_and_listed_by_name) {
    ASSERT_TRUE(put("exu-%3F!+~", "b.webp", "1"));
    ASSERT_TRUE(put("exu-%3F!+~", "a.webp", "2"));
    ASSERT_TRUE(put("mug-1", "c.webp", "3"));
    EXPECT_EQ(list("exu-%3F!+~"), (std::vector<std::string>{"a.webp", "b.webp"}));
    EXPECT_EQ(list("mug-1"), std::vector<std::string>{"c.webp"});
}

TEST_P(ImagesContract, what_is_removed_is_gone_and_removing_it_again_is_no_error) {
    ASSERT_TRUE(put("mug-1", "a.webp", "x"));
    ASSERT_TRUE(put("mug-1", "b.webp", "y"));
    for (int time = 0; time < 2; ++time) {
        std::vector<std::string> files{"a.webp", "never.webp"};
        EXPECT_TRUE(run_task(store_->images().remove("mug-1", std::move(files))).has_value());
        EXPECT_EQ(get("mug-1", "a.webp"), std::nullopt);
        EXPECT_EQ(get("mug-1", "b.webp"), "y");
    }
}

TEST_P(ImagesContract, an_empty_and_a_large_picture_are_whole) {
    const std::string large(3'000'000, 'z');
    ASSERT_TRUE(put("mug-1", "empty", ""));
    ASSERT_TRUE(put("mug-1", "large", large));
    EXPECT_EQ(get("mug-1", "empty"), "");
    EXPECT_EQ(get("mug-1", "large"), large);
}

TEST(ImagesNames, nothing_that_a_path_could_climb_with_is_a_file) {
    for (const char* bad : {"", ".", "..", ".hidden", "a/b", "../a", "A.webp", "a b", "a\\b", "a%2e"})
        EXPECT_FALSE(ports::Images::is_file(bad)) << bad;
    EXPECT_FALSE(ports::Images::is_file(std::string(81, 'a')));
    EXPECT_TRUE(ports::Images::is_file("0123456789abcdef-1280.webp"));
}

}  // namespace marketday::contract
