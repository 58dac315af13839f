#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "ports/shared_cache.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// What the suite needs of one adapter: an empty cache, as two processes have it.
struct SharedCacheStore {
    virtual ~SharedCacheStore() = default;
    virtual ports::SharedCache& cache() = 0;
    virtual ports::SharedCache& of_another_process() = 0;
};

struct SharedCacheFactory {
    std::string name;
    std::function<std::unique_ptr<SharedCacheStore>()> make;
};

class SharedCacheContract : public testing::TestWithParam<SharedCacheFactory> {
protected:
    using Bytes = std::optional<std::string>;
    void SetUp() override { store_ = GetParam().make(); }
    void keep(std::string name, std::string bytes, milliseconds at_most = seconds{60}) {
        store_->cache().keep(std::move(name), std::move(bytes), at_most);
    }
    /// As the same process sees it, what it asked for before done.
    Bytes find(std::string name) { return run_task(store_->cache().find(std::move(name))); }
    Bytes find_elsewhere(std::string name) { return run_task(store_->of_another_process().find(std::move(name))); }

    std::unique_ptr<SharedCacheStore> store_;
};

TEST_P(SharedCacheContract, what_one_process_keeps_the_others_find) {
    EXPECT_EQ(find("a"), std::nullopt);
    keep("a", "1");
    keep("b", "2");
    EXPECT_EQ(find("a"), Bytes{"1"});
    EXPECT_EQ(find_elsewhere("a"), Bytes{"1"});
    keep("a", "3");
    EXPECT_EQ(find("a"), Bytes{"3"});
    EXPECT_EQ(find_elsewhere("b"), Bytes{"2"});
}

TEST_P(SharedCacheContract, many_are_found_at_once_in_the_order_asked) {
    keep("a", "1");
    keep("b", "");
    std::vector<std::string> names{"b", "nothing", "a", "b"};
    for (std::size_t i = names.size(); i < ports::SharedCache::kNamesMax; ++i)
        names.push_back("none-" + std::to_string(i));
    const auto found = run_task(store_->cache().find_all(names));
    ASSERT_EQ(found.size(), names.size());
    EXPECT_EQ(found[0], Bytes{""});
    EXPECT_EQ(found[1], std::nullopt);
    EXPECT_EQ(found[2], Bytes{"1"});
    EXPECT_EQ(found[3], Bytes{""});
    EXPECT_EQ(found.back(), std::nullopt);
}

TEST_P(SharedCacheContract, names_and_bytes_may_be_any) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    const std::string longest(ports::SharedCache::kNameBytesMax, 'n');
    for (const std::string& name : {bytes, longest, std::string{}, std::string{"* [a-z]? \r\n"}}) {
        keep(name, bytes);
        EXPECT_EQ(find(name), Bytes{bytes});
    }
    keep("empty", "");
    EXPECT_EQ(find("empty"), Bytes{""});
}

TEST_P(SharedCacheContract, what_is_too_large_is_not_kept_and_what_is_not_is) {
    const std::string largest(ports::SharedCache::kBytesMax, 'x');
    keep("largest", largest);
    keep("larger", largest + "x");
    EXPECT_EQ(find("largest"), Bytes{largest});
    EXPECT_EQ(find("larger"), std::nullopt);
}

TEST_P(SharedCacheContract, it_is_gone_after_its_time_and_when_it_is_forgotten) {
    keep("soon", "1", milliseconds{30});
    keep("already", "1", milliseconds{-5});
    keep("later", "1");
    std::this_thread::sleep_for(milliseconds{60});
    EXPECT_EQ(find("soon"), std::nullopt);
    EXPECT_EQ(find("already"), std::nullopt);
    EXPECT_EQ(find("later"), Bytes{"1"});
    store_->cache().forget("later");
    store_->cache().forget("never there");
    EXPECT_EQ(find("later"), std::nullopt);
    EXPECT_EQ(find_elsewhere("later"), std::nullopt);
}

}  // namespace marketday::contract
