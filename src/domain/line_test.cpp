#include "domain/line.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "domain/admission.hpp"
#include "domain/admission_rate.hpp"
#include "domain/line_join_limit.hpp"
#include "domain/ticket.hpp"

namespace marketday::domain {
namespace {

const Instant kStart{std::chrono::hours{1}};
const WallTime kWall = from_unix_ms(1'770'000'000'000);

CustomerId customer(std::uint8_t number) { return CustomerId{Uuid{{1, 2, 3, number}}}; }

Hash256 key_of(std::uint64_t seed) {
    SeededRandom random{seed};
    Hash256 key;
    random.fill(key);
    return key;
}

Line line_of(std::uint8_t people) {
    Line line{{}, kStart};
    for (std::uint8_t i = 0; i < people; ++i) line.add(i + 1, customer(i), kStart);
    return line;
}

std::vector<Line::Slot> call(Line& line, std::int64_t people, Instant now) {
    const auto before = line.called_turns();
    if (!line.plan_call(people, now)) return {};
    line.confirm_call(kWall + seconds{60}, now);
    std::vector<Line::Slot> called;
    for (Line::Slot slot = 0; slot < line.size(); ++slot)
        if (line.ticket(slot).state == TicketState::called && line.turn(slot) >= before) called.push_back(slot);
    return called;
}

TEST(Ticket, comes_back_from_its_text_and_no_other_text_passes) {
    const Ticket ticket{SaleId{Uuid{{9}}}, customer(1), 77};
    const auto key = key_of(1);
    const std::string text = sign_ticket(ticket, key);
    EXPECT_EQ(text.size(), 76U);
    EXPECT_EQ(verify_ticket(text, key), ticket);
    EXPECT_EQ(verify_ticket(text, key_of(2)).error(), TicketError::forged);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(verify_ticket(changed, key));
    }
    const std::string shorter = text.substr(1);
    for (const std::string_view wrong :
         {std::string_view{}, std::string_view{"AAAA"}, std::string_view{"\xff\xff"}, std::string_view{shorter}})
        EXPECT_EQ(verify_ticket(wrong, key).error(), TicketError::malformed);
}

TEST(Admission, holds_for_its_customer_until_it_expires) {
    const Admission admission{customer(1), SaleId{Uuid{{9}}}, kWall + seconds{60}};
    const auto key = key_of(1);
    const std::string token = sign_admission(admission, key);
    EXPECT_EQ(verify_admission(token, key, kWall), admission);
    EXPECT_EQ(verify_admission(token, key, kWall + seconds{60}).error(), AdmissionError::expired);
    EXPECT_EQ(verify_admission(token, key_of(3), kWall).error(), AdmissionError::forged);
    EXPECT_EQ(verify_admission("", key, kWall).error(), AdmissionError::malformed);
    EXPECT_EQ(verify_admission(token + "A", key, kWall).error(), AdmissionError::malformed);
    EXPECT_FALSE(verify_admission(sign_ticket({admission.sale, admission.customer, 1}, key), key, kWall));
}

TEST(Line, later_ones_follow_the_drawn_in_the_order_they_came) {
    Line line = line_of(5);
    const Permutation draw{key_of(4), 5};
    line.close_list(&draw);
    const auto late = line.add(9, customer(9), kStart);
    EXPECT_EQ(line.turn(late), 5U);
    for (Line::Slot slot = 0; slot < 5; ++slot) EXPECT_EQ(line.turn(slot), draw.place_of(slot));
    EXPECT_EQ(line.ahead(late), 5);
}

TEST(Line, calls_in_the_order_of_turns_and_counts_who_may_order) {
    Line line = line_of(6);
    line.close_list(nullptr);
    EXPECT_EQ(call(line, 2, kStart), (std::vector<Line::Slot>{0, 1}));
    EXPECT_EQ(line.outstanding(), 2);
    line.touch(0, kStart);
    EXPECT_EQ(line.ticket(0).state, TicketState::admitted);
    line.spend(0);
    line.spend(0);
    EXPECT_EQ(line.outstanding(), 1);
    EXPECT_EQ(call(line, 1, kStart), (std::vector<Line::Slot>{2}));
    EXPECT_EQ(line.ahead(3), 0);
    EXPECT_EQ(line.ahead(5), 2);
}

TEST(Line, nothing_is_told_before_the_call_is_durable) {
    Line line = line_of(2);
    line.close_list(nullptr);
    line.plan_call(1, kStart);
    line.touch(0, kStart);
    EXPECT_EQ(line.ticket(0).state, TicketState::calling);
    EXPECT_EQ(line.outstanding(), 1);
}

TEST(Line, the_absent_are_passed_over) {
    Line line = line_of(3);
    line.close_list(nullptr);
    const Instant later = kStart + seconds{80};
    line.touch(2, later);
    EXPECT_EQ(call(line, 2, later), (std::vector<Line::Slot>{2}));
    EXPECT_EQ(line.ticket(0).state, TicketState::passed_over);
    EXPECT_TRUE(line.may_join_again(0));
}

TEST(Line, a_call_that_nobody_takes_up_and_an_admission_past_its_time_free_their_room) {
    Line line = line_of(2);
    line.close_list(nullptr);
    call(line, 2, kStart);
    line.touch(0, kStart);
    line.expire(kStart + seconds{31}, kWall + seconds{31});
    EXPECT_EQ(line.ticket(1).state, TicketState::passed_over);
    EXPECT_EQ(line.outstanding(), 1);
    line.expire(kStart + seconds{61}, kWall + seconds{61});
    EXPECT_EQ(line.ticket(0).state, TicketState::lapsed);
    EXPECT_EQ(line.outstanding(), 0);
}

TEST(Line, an_admitted_shopper_who_leaves_makes_room_only_when_the_admission_has_run_out) {
    Line line = line_of(3);
    line.close_list(nullptr);
    call(line, 2, kStart);
    line.leave(1);  // Called, but never told so: nothing is signed.
    EXPECT_EQ(line.outstanding(), 1);
    line.touch(0, kStart);
    line.leave(0);
    EXPECT_EQ(line.ticket(0).state, TicketState::departed);
    EXPECT_TRUE(line.may_join_again(0));
    EXPECT_EQ(line.outstanding(), 1);
    line.add(10, customer(0), kStart);
    EXPECT_EQ(line.outstanding(), 1);
    line.expire(kStart + seconds{61}, kWall + seconds{61});
    EXPECT_EQ(line.outstanding(), 0);
    EXPECT_EQ(line.ticket(0).state, TicketState::given_up);
}

TEST(Line, the_time_in_which_it_stood_still_counts_against_nobody) {
    Line line = line_of(3);
    line.close_list(nullptr);
    line.expire(kStart, kWall);
    call(line, 1, kStart);
    const Instant thawed = kStart + seconds{90};
    line.expire(thawed, kWall + seconds{1});
    EXPECT_EQ(line.ticket(0).state, TicketState::called);
    EXPECT_EQ(call(line, 1, thawed), (std::vector<Line::Slot>{1}));
    for (int s = 1; s <= 31; ++s) line.expire(thawed + seconds{s}, kWall + seconds{1});
    EXPECT_EQ(line.ticket(0).state, TicketState::passed_over);
}

TEST(Line, who_left_and_orders_with_what_was_signed_takes_up_no_room_any_more) {
    Line line = line_of(2);
    line.close_list(nullptr);
    call(line, 1, kStart);
    line.touch(0, kStart);
    line.leave(0);
    line.spend(0);
    EXPECT_EQ(line.outstanding(), 0);
}

TEST(Line, after_a_restart_whoever_left_within_a_call_may_still_have_leave_to_order) {
    Line line{{}, kStart};
    line.add(1, customer(1), kStart);
    line.add(2, customer(2), kStart);
    line.close_list(nullptr);
    line.leave(0);
    line.restore_call(2, kWall + seconds{60});
    EXPECT_EQ(line.outstanding(), 2);
    line.expire(kStart, kWall + seconds{61});
    EXPECT_EQ(line.outstanding(), 0);
}

/// A line that other processes serve too.
Line shared_line_of(std::uint8_t people) {
    Line line{{}, kStart - std::chrono::hours{1}, Line::Served::together};
    for (std::uint8_t i = 0; i < people; ++i) line.add(i + 1, customer(i), kStart);
    line.close_list(nullptr);
    return line;
}

TEST(Line, together_a_call_counts_as_not_taken_up_only_when_all_have_told) {
    Line line = shared_line_of(2);
    line.apply_call(2, kWall + seconds{90}, kStart);
    const Instant later = kStart + seconds{40};
    line.expire(later, kWall, kStart + seconds{20});
    EXPECT_EQ(line.outstanding(), 2);
    line.heard_elsewhere(1, later);
    line.expire(later, kWall, later);
    EXPECT_EQ(line.ticket(0).state, TicketState::passed_over);
    EXPECT_EQ(line.ticket(1).state, TicketState::admitted);
    EXPECT_EQ(line.outstanding(), 1);
}

TEST(Line, together_who_comes_too_late_or_to_a_process_that_cannot_tell_is_not_admitted) {
    Line line = shared_line_of(2);
    line.apply_call(2, kWall + seconds{90}, kStart);
    line.touch(0, kStart + seconds{1}, false);
    EXPECT_EQ(line.ticket(0).state, TicketState::called);
    line.touch(0, kStart + seconds{2});
    EXPECT_EQ(line.ticket(0).state, TicketState::admitted);
    line.touch(1, kStart + seconds{31});
    EXPECT_EQ(line.ticket(1).state, TicketState::called);
    line.assume_calls_taken_up();
    EXPECT_EQ(line.ticket(1).state, TicketState::admitted);
    EXPECT_EQ(line.outstanding(), 2);
}

TEST(Line, together_who_leaves_a_call_may_have_been_told_of_it) {
    Line line = shared_line_of(1);
    line.apply_call(1, kWall + seconds{60}, kStart);
    line.leave(0);
    EXPECT_EQ(line.outstanding(), 1);
    line.expire(kStart + seconds{61}, kWall + seconds{61}, kStart + seconds{61});
    EXPECT_EQ(line.outstanding(), 0);
}

TEST(Line, a_call_that_another_process_made_instead_is_taken_back) {
    Line line = line_of(3);
    line.close_list(nullptr);
    const Instant later = kStart + seconds{80};
    line.touch(1, later);
    ASSERT_TRUE(line.plan_call(1, later));
    EXPECT_EQ(line.passed_over_by_plan(), (std::vector<Line::Slot>{0}));
    line.cancel_call();
    EXPECT_EQ(line.outstanding(), 0);
    EXPECT_EQ(line.ticket(0).state, TicketState::waiting);
    line.pass_over(0);
    line.apply_call(2, kWall + seconds{60}, later);
    EXPECT_EQ(line.ticket(1).state, TicketState::called);
    EXPECT_EQ(line.outstanding(), 1);
}

TEST(Line, who_joins_again_stands_at_the_end) {
    Line line = line_of(3);
    line.close_list(nullptr);
    line.leave(0);
    const auto again = line.add(10, customer(0), kStart);
    EXPECT_EQ(line.find(customer(0)), again);
    EXPECT_EQ(line.turn(again), 3U);
    EXPECT_EQ(line.ticket(again).joins, 2);
    EXPECT_EQ(call(line, 1, kStart), (std::vector<Line::Slot>{1}));
}

TEST(Line, those_who_left_before_the_opening_are_not_drawn) {
    Line line = line_of(4);
    line.leave(1);
    line.drop_left();
    line.close_list(nullptr);
    EXPECT_EQ(line.listed(), 3U);
    EXPECT_FALSE(line.find(customer(1)));
    EXPECT_EQ(line.find(customer(3)), Line::Slot{2});
}

TEST(Line, a_restart_counts_every_running_call_as_outstanding) {
    Line line = line_of(10);
    line.close_list(nullptr);
    line.restore_lapsed(3);
    line.restore_call(6, kWall + seconds{30});
    line.restore_lapsed(6);
    EXPECT_EQ(line.called_turns(), 6U);
    EXPECT_EQ(line.outstanding(), 3);
    EXPECT_EQ(line.ticket(2).state, TicketState::lapsed);
    EXPECT_EQ(line.ticket(4).state, TicketState::admitted);
    EXPECT_EQ(line.expires(4), kWall + seconds{30});
    EXPECT_EQ(call(line, 1, kStart), (std::vector<Line::Slot>{6}));
}

TEST(LineTickets, find_everybody_among_many_and_stay_small) {
    LineTickets tickets;
    SeededRandom random{8};
    std::vector<CustomerId> customers(50'000);
    for (auto& one : customers) {
        random.fill(one.uuid.bytes);
        tickets.push({.customer = one});
    }
    for (std::size_t i = 0; i < customers.size(); ++i) ASSERT_EQ(tickets.find(customers[i]), i);
    EXPECT_FALSE(tickets.find(customer(1)));
    EXPECT_LT(tickets.memory_bytes() / customers.size(), 128U);
}

TEST(AdmissionRate, rises_while_checkout_is_at_ease_and_falls_when_it_is_not) {
    AdmissionRate rate{{.per_s_max = 1000}, kStart};
    Instant now = kStart;
    for (int i = 0; i < 100; ++i) rate.observe({}, now += milliseconds{100});
    EXPECT_DOUBLE_EQ(rate.per_s(), 1000);
    rate.observe({.latency_p99 = seconds{1}}, now += milliseconds{100});
    EXPECT_DOUBLE_EQ(rate.per_s(), 600);
    rate.observe({.latency_p99 = seconds{1}}, now += milliseconds{100});
    EXPECT_DOUBLE_EQ(rate.per_s(), 600) << "a cut needs time to be felt";
    for (int i = 0; i < 100; ++i)
        rate.observe({.lane_depth = 30, .lane_depth_max = 100, .latency_p99 = {}}, now += milliseconds{500});
    EXPECT_DOUBLE_EQ(rate.per_s(), 20) << "a line always moves";
}

TEST(AdmissionRate, lets_no_more_in_than_the_rate_allows) {
    AdmissionRate rate{{.per_s_max = 100}, kStart};
    Instant now = kStart;
    for (int i = 0; i < 50; ++i) rate.observe({}, now += milliseconds{100});
    rate.take(1'000'000, now);
    std::int64_t taken = 0;
    for (int i = 0; i < 400; ++i) taken += rate.take(1'000, now += milliseconds{25});
    EXPECT_NEAR(static_cast<double>(taken), 1000.0, 2.0);
    EXPECT_EQ(rate.take(0, now + seconds{9}), 0);
}

TEST(LineJoinLimit, slows_one_address_and_no_other) {
    LineJoinLimit limit{{.joins_burst = 5, .joins_per_s = 1, .addresses_max = 64}, 1};
    const std::array<std::uint8_t, 16> carrier{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
    auto other = carrier;
    other[15] = 2;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(limit.allow(carrier, kStart));
    EXPECT_FALSE(limit.allow(carrier, kStart));
    EXPECT_TRUE(limit.allow(other, kStart));
    EXPECT_TRUE(limit.allow(carrier, kStart + seconds{2}));
}

TEST(LineJoinLimit, addresses_of_one_ipv6_network_count_together) {
    LineJoinLimit limit{{.joins_burst = 2, .joins_per_s = 1, .addresses_max = 64}, 1};
    std::array<std::uint8_t, 16> address{0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4};
    for (std::uint8_t host = 0; host < 2; ++host) {
        address[15] = host;
        EXPECT_TRUE(limit.allow(address, kStart));
    }
    address[15] = 9;
    EXPECT_FALSE(limit.allow(address, kStart));
}

}  // namespace
}  // namespace marketday::domain
