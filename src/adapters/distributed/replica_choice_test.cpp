#include "adapters/distributed/replica_choice.hpp"

#include <gtest/gtest.h>

namespace marketday::adapters {
namespace {

using namespace std::chrono_literals;
using ports::Freshness;
using ports::Position;

const Instant kNow = Instant{} + std::chrono::hours{1};

ReplicaSeen replica(std::uint64_t bytes, milliseconds behind = 100ms, std::uint32_t timeline = 1) {
    return {.serves = true, .replayed = {timeline, bytes}, .level_at = kNow - behind};
}
ReadCircumstances circumstances(std::size_t turn = 0, bool primary_answers = true) {
    return {.now = kNow, .primary_answers = primary_answers, .lag_max = 1000ms, .turn = turn};
}
using Order = std::vector<std::size_t>;

TEST(ReplicaChoice, what_decides_a_write_is_never_read_from_a_replica) {
    const std::vector<ReplicaSeen> replicas{replica(900, 0ms), replica(900, 0ms)};
    for (const bool primary_answers : {true, false}) {
        const auto choice = choose_replicas(Freshness::strict(), replicas, circumstances(0, primary_answers));
        EXPECT_TRUE(choice.replicas.empty());
        EXPECT_EQ(choice.otherwise, ReadReason::strict);
    }
}

TEST(ReplicaChoice, own_writes_are_read_where_they_have_been_replayed) {
    const auto mine = Freshness::own_writes({1, 500});
    EXPECT_EQ(choose_replicas(mine, std::vector{replica(499), replica(500)}, circumstances()).replicas, Order{1});
    const auto none = choose_replicas(mine, std::vector{replica(499), replica(100)}, circumstances());
    EXPECT_TRUE(none.replicas.empty());
    EXPECT_EQ(none.otherwise, ReadReason::behind);
    // Nobody can write without the primary, but what has been written is still not there.
    EXPECT_TRUE(choose_replicas(mine, std::vector{replica(499)}, circumstances(0, false)).replicas.empty());
}

TEST(ReplicaChoice, a_write_of_a_later_timeline_is_not_in_a_replica_of_an_earlier_one) {
    const auto mine = Freshness::own_writes({2, 500});
    EXPECT_TRUE(choose_replicas(mine, std::vector{replica(900, 0ms, 1)}, circumstances()).replicas.empty());
    EXPECT_EQ(choose_replicas(mine, std::vector{replica(900, 0ms, 2)}, circumstances()).replicas, Order{0});
    EXPECT_EQ(
        choose_replicas(Freshness::own_writes({1, 500}), std::vector{replica(900, 0ms, 2)}, circumstances()).replicas,
        Order{0});
}

TEST(ReplicaChoice, a_place_that_nobody_could_tell_is_in_no_replica) {
    const auto mine = Freshness::own_writes(Position::unknown());
    EXPECT_TRUE(choose_replicas(mine, std::vector{replica(1ULL << 60U)}, circumstances()).replicas.empty());
}

TEST(ReplicaChoice, what_is_shown_to_all_is_within_the_stated_lag) {
    const auto shown = Freshness::bounded();
    EXPECT_EQ(choose_replicas(shown, std::vector{replica(1, 1000ms), replica(1, 1001ms)}, circumstances()).replicas,
              Order{0});
    const auto none = choose_replicas(shown, std::vector{replica(1, 1001ms)}, circumstances());
    EXPECT_TRUE(none.replicas.empty());
    EXPECT_EQ(none.otherwise, ReadReason::lagging);
    ReplicaSeen never_level = replica(1);
    never_level.level_at.reset();
    EXPECT_TRUE(choose_replicas(shown, std::vector{never_level}, circumstances()).replicas.empty());
    // One's own orders are changed by others too.
    EXPECT_EQ(choose_replicas(Freshness::own_writes({}), std::vector{never_level}, circumstances()).otherwise,
              ReadReason::lagging);
}

TEST(ReplicaChoice, what_is_shown_to_all_is_not_older_than_what_was_told) {
    const auto shown = Freshness::bounded().not_before({1, 500});
    EXPECT_EQ(choose_replicas(shown, std::vector{replica(499), replica(501)}, circumstances()).replicas, Order{1});
}

TEST(ReplicaChoice, without_the_primary_the_furthest_replica_comes_first_however_old) {
    const std::vector<ReplicaSeen> replicas{replica(10, 1h), replica(30, 1h), replica(20, 1h)};
    EXPECT_EQ(choose_replicas(Freshness::bounded(), replicas, circumstances(0, false)).replicas, (Order{1, 2, 0}));
}

TEST(ReplicaChoice, replicas_take_turns_and_one_that_does_not_serve_has_none) {
    std::vector<ReplicaSeen> replicas{replica(10), replica(10), replica(10)};
    replicas[1].serves = false;
    EXPECT_EQ(choose_replicas(Freshness::bounded(), replicas, circumstances(0)).replicas, (Order{0, 2}));
    EXPECT_EQ(choose_replicas(Freshness::bounded(), replicas, circumstances(2)).replicas, (Order{2, 0}));
    replicas[0].serves = replicas[2].serves = false;
    EXPECT_EQ(choose_replicas(Freshness::bounded(), replicas, circumstances()).otherwise, ReadReason::no_replica);
    EXPECT_EQ(choose_replicas(Freshness::bounded(), {}, circumstances()).otherwise, ReadReason::no_replica);
}

TEST(ReplicaChoice, an_idle_primary_does_not_look_like_lag) {
    PrimaryMoments moments;
    for (int i = 0; i <= 40; ++i) moments.note(kNow - 10s + i * 250ms, {1, 500});
    EXPECT_EQ(moments.level_at({1, 500}), kNow);
    EXPECT_EQ(moments.level_at({1, 499}), std::nullopt);
}

TEST(ReplicaChoice, a_replica_is_as_fresh_as_the_last_moment_whose_place_it_covers) {
    PrimaryMoments moments;
    for (std::uint64_t i = 0; i < 8; ++i) moments.note(kNow + i * 250ms, {1, 100 * i});
    EXPECT_EQ(moments.level_at({1, 350}), kNow + 750ms);
    EXPECT_EQ(moments.level_at({1, 300}), kNow + 750ms);
    EXPECT_EQ(moments.level_at({1, 299}), kNow + 500ms);
    moments.note(kNow + 2000ms, {2, 320});
    EXPECT_EQ(moments.level_at({1, 350}), kNow + 750ms);
    EXPECT_EQ(moments.level_at({2, 350}), kNow + 2000ms);
}

TEST(ReplicaChoice, moments_older_than_a_minute_are_forgotten) {
    PrimaryMoments moments;
    moments.note(kNow, {1, 100});
    moments.note(kNow + 61s, {1, 200});
    EXPECT_EQ(moments.level_at({1, 150}), std::nullopt);
}

}  // namespace
}  // namespace marketday::adapters
