#include "usecases/checkout_keys.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "base/random.hpp"

namespace marketday::usecases {
namespace {

CustomerId customer_of(std::uint64_t seed) {
    SeededRandom random{seed};
    CustomerId customer;
    random.fill(customer.uuid.bytes);
    return customer;
}

TEST(KeysInFlight, a_key_is_taken_once_until_it_is_given_back) {
    KeysInFlight keys;
    KeysInFlight::Entry first;
    KeysInFlight::Entry again;
    ASSERT_TRUE(keys.add(first, customer_of(1), "key"));
    EXPECT_FALSE(keys.add(again, customer_of(1), "key"));
    keys.remove(first);
    EXPECT_TRUE(keys.add(again, customer_of(1), "key"));
}

TEST(KeysInFlight, the_same_key_of_another_customer_is_another_key) {
    KeysInFlight keys;
    KeysInFlight::Entry mine;
    KeysInFlight::Entry theirs;
    EXPECT_TRUE(keys.add(mine, customer_of(1), "key"));
    EXPECT_TRUE(keys.add(theirs, customer_of(2), "key"));
}

TEST(KeysInFlight, any_of_many_can_be_given_back_in_any_order) {
    SeededRandom random{3};
    KeysInFlight keys;
    std::vector<std::unique_ptr<KeysInFlight::Entry>> entries;
    for (int i = 0; i < 40'000; ++i) {
        entries.push_back(std::make_unique<KeysInFlight::Entry>());
        ASSERT_TRUE(keys.add(*entries.back(), customer_of(random.below(300)), std::to_string(i)));
    }
    while (!entries.empty()) {
        std::swap(entries[random.below(entries.size())], entries.back());
        keys.remove(*entries.back());
        KeysInFlight::Entry again;
        ASSERT_TRUE(keys.add(again, entries.back()->customer, entries.back()->key()));
        keys.remove(again);
        entries.pop_back();
    }
}

}  // namespace
}  // namespace marketday::usecases
