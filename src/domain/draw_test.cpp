#include "domain/draw.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.hpp"

namespace marketday::domain {
namespace {

Hash256 some_hash(SeededRandom& random) {
    Hash256 hash;
    random.fill(hash);
    return hash;
}

PublishedDraw some_draw(std::uint64_t seed, std::size_t entries) {
    SeededRandom random{seed};
    PublishedDraw draw;
    random.fill(draw.sale.uuid.bytes);
    draw.secret = some_hash(random);
    draw.public_value = "the closing index of 2026-11-20";
    draw.commitment = draw_commitment(draw.sale, draw.public_value, *draw.secret);
    Hash256 root = draw_list_genesis(draw.sale);
    for (std::size_t i = 0; i < entries; ++i) {
        draw.entries.push_back(draw_entry("ticket " + std::to_string(random.u64())));
        root = draw_list_extend(root, draw.entries.back());
    }
    draw.root = root;
    return draw;
}

DrawFault fault_of(PublishedDraw draw) {
    const auto checked = check_draw(std::move(draw));
    EXPECT_FALSE(checked);
    return checked ? DrawFault::not_listed : checked.error();
}

TEST(Permutation, is_a_bijection_for_every_size_and_key) {
    SeededRandom random{1};
    std::vector<std::size_t> sizes(130);
    std::iota(sizes.begin(), sizes.end(), std::size_t{0});
    sizes.insert(sizes.end(), {255, 256, 257, 1000, 4096, 4097, 20'000, 65'537});
    for (const std::size_t size : sizes) {
        for (int keys = 0; keys < 3; ++keys) {
            const Permutation permutation{some_hash(random), size};
            std::vector<bool> seen(size);
            for (std::uint32_t index = 0; index < size; ++index) {
                const auto place = permutation.place_of(index);
                ASSERT_LT(place, size);
                ASSERT_FALSE(seen[place]) << "size " << size;
                seen[place] = true;
                ASSERT_EQ(permutation.index_at(place), index);
            }
        }
    }
}

TEST(Permutation, gives_every_index_every_place_about_equally_often) {
    constexpr std::size_t kSize = 8;
    constexpr int kDraws = 8000;
    SeededRandom random{2};
    std::array<std::array<int, kSize>, kSize> counts{};
    for (int draws = 0; draws < kDraws; ++draws) {
        const Permutation permutation{some_hash(random), kSize};
        for (std::uint32_t index = 0; index < kSize; ++index) ++counts[index][permutation.place_of(index)];
    }
    for (const auto& row : counts)
        for (const int count : row) EXPECT_NEAR(count, kDraws / static_cast<int>(kSize), 160);
}

TEST(Draw, an_honest_draw_holds_and_places_every_ticket_once) {
    const auto draw = some_draw(3, 777);
    const auto checked = check_draw(draw);
    ASSERT_TRUE(checked);
    std::vector<bool> seen(778);
    for (const auto& entry : draw.entries) {
        const auto place = checked->place_of(entry);
        ASSERT_TRUE(place);
        EXPECT_GE(*place, 1U);
        EXPECT_FALSE(seen[*place]);
        seen[*place] = true;
    }
    EXPECT_EQ(checked->place_of(draw_entry("a stranger")).error(), DrawFault::not_listed);
}

TEST(Draw, an_empty_list_holds) { EXPECT_TRUE(check_draw(some_draw(4, 0))); }

TEST(Draw, the_places_depend_on_secret_list_and_public_value) {
    const auto draw = some_draw(5, 100);
    const auto places = [](const PublishedDraw& of) {
        const auto checked = check_draw(of);
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < checked->size(); ++i) all.push_back(checked->place_of_index(i));
        return all;
    };
    auto other_value = draw;
    other_value.public_value += "!";
    other_value.commitment = draw_commitment(draw.sale, other_value.public_value, *draw.secret);
    EXPECT_NE(places(draw), places(other_value));
    auto other_secret = draw;
    (*other_secret.secret)[0] ^= 1;
    other_secret.commitment = draw_commitment(draw.sale, draw.public_value, *other_secret.secret);
    EXPECT_NE(places(draw), places(other_secret));
}

TEST(Draw, every_tampering_is_found) {
    const auto honest = some_draw(6, 50);
    auto draw = honest;
    (*draw.secret)[31] ^= 1;
    EXPECT_EQ(fault_of(draw), DrawFault::commitment_differs);
    draw = honest;
    draw.commitment[0] ^= 1;
    EXPECT_EQ(fault_of(draw), DrawFault::commitment_differs);
    draw = honest;
    draw.public_value += " ";
    EXPECT_EQ(fault_of(draw), DrawFault::commitment_differs);
    draw = honest;
    draw.entries[7][0] ^= 1;
    EXPECT_EQ(fault_of(draw), DrawFault::root_differs);
    draw = honest;
    draw.entries.pop_back();
    EXPECT_EQ(fault_of(draw), DrawFault::root_differs);
    draw = honest;
    std::swap(draw.entries[3], draw.entries[4]);
    EXPECT_EQ(fault_of(draw), DrawFault::root_differs);
    draw = honest;
    draw.entries.push_back(draw_entry("smuggled in"));
    EXPECT_EQ(fault_of(draw), DrawFault::root_differs);
    draw = honest;
    (*draw.root)[5] ^= 1;
    EXPECT_EQ(fault_of(draw), DrawFault::root_differs);
    draw = honest;
    draw.sale.uuid.bytes[0] ^= 1;
    EXPECT_EQ(fault_of(draw), DrawFault::root_differs);
    draw = honest;
    draw.entries.push_back(draw.entries.front());
    draw.root = draw_list_extend(*honest.root, draw.entries.back());
    EXPECT_EQ(fault_of(draw), DrawFault::repeated_entry);
    draw = honest;
    draw.secret.reset();
    EXPECT_EQ(fault_of(draw), DrawFault::secret_not_revealed);
    draw = honest;
    draw.root.reset();
    EXPECT_EQ(fault_of(draw), DrawFault::list_not_closed);
}

}  // namespace
}  // namespace marketday::domain
