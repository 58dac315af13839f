#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/line_book.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// One store that a LineBook writes to. `reopen` gives a new book over the same durable data.
class LineBookStore {
public:
    virtual ~LineBookStore() = default;
    virtual ports::LineBook& book() = 0;
    virtual ports::Leases& leases() = 0;
    virtual void reopen() = 0;
};

struct LineBookFactory {
    std::string name;
    std::function<std::unique_ptr<LineBookStore>()> make;
};

/// What every LineBook promises (ports/line_book.hpp).
class LineBookContract : public testing::TestWithParam<LineBookFactory> {
protected:
    using Book = ports::LineBook;

    static CustomerId customer(std::uint8_t number) { return CustomerId{Uuid{{0x01, 0x99, number}}}; }
    static SaleId sale(std::uint8_t number = 1) { return SaleId{Uuid{{0x02, 0x88, number}}}; }
    static Hash256 hash(std::uint8_t byte) {
        Hash256 value;
        value.fill(byte);
        return value;
    }

    Book::Founding founding(std::uint8_t number = 1) {
        return {.sale = sale(number),
                .opened = from_unix_ms(1'770'000'000'000),
                .ticket_key = hash(7),
                .draw_secret = hash(8),
                .public_value = "the weather of 한국"};
    }
    Book::Founding found(std::uint8_t number = 1) { return run_task(book().found(founding(number))).value(); }
    void join(std::vector<Book::Join> joins) { ASSERT_TRUE(run_task(book().join(sale(), std::move(joins)))); }
    Book::Line line(Book::Seen seen = {}, std::uint8_t number = 1) {
        return run_task(book().follow(sale(number), seen)).value().value();
    }
    std::vector<Book::StoredTicket> tickets(Book::Seen seen = {}) { return line(seen).tickets; }
    ports::Fence lead(const std::string& holder = "one", std::int64_t now_ms = 1000) {
        return run_task(store_->leases().acquire("lines", holder, from_unix_ms(now_ms), milliseconds{1000}))
            .value()
            .value();
    }
    Book::Closing closing(std::int64_t list_end, std::int64_t entries, std::uint8_t root = 1) {
        return {.at = from_unix_ms(5), .entries = entries, .list_end = list_end, .root = hash(root)};
    }
    bool close(std::int64_t list_end, std::int64_t entries) {
        return run_task(book().close_list(sale(), closing(list_end, entries), line().change, lead())).value();
    }
    Book::News news(std::string process, std::int64_t at_ms) {
        return {.process = std::move(process),
                .at = from_unix_ms(at_ms),
                .heard = {1, 2, 1'000'000},
                .spent = {7},
                .lane_fill_permille = 250,
                .latency = milliseconds{12},
                .last = false};
    }
    Book& book() { return store_->book(); }

    std::unique_ptr<LineBookStore> store_ = GetParam().make();
};

using LineStanding = ports::LineBook::Standing;

TEST_P(LineBookContract, a_line_keeps_what_it_was_founded_with) {
    EXPECT_EQ(found(), founding());
    auto other = founding();
    other.draw_secret = hash(99);
    EXPECT_EQ(run_task(book().found(other)).value(), founding());
    store_->reopen();
    EXPECT_EQ(line().founding, founding());
}

TEST_P(LineBookContract, an_unknown_sale_has_no_line) { EXPECT_FALSE(run_task(book().follow(sale(9), {})).value()); }

TEST_P(LineBookContract, numbers_are_given_in_the_order_of_joining_and_never_again) {
    found();
    join({{customer(1)}, {customer(2)}});
    join({{customer(3)}});
    EXPECT_TRUE(run_task(book().leave(sale(), 3)));
    store_->reopen();
    join({{customer(4)}});
    EXPECT_EQ(tickets(),
              (std::vector<Book::StoredTicket>{
                  {1, customer(1)}, {2, customer(2)}, {3, customer(3), LineStanding::unlisted}, {4, customer(4)}}));
}

TEST_P(LineBookContract, who_has_a_ticket_keeps_it_and_gets_no_second_one) {
    found();
    join({{customer(1)}, {customer(1)}, {customer(2)}});
    join({{customer(1)}});
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{{1, customer(1)}, {2, customer(2)}}));
    // Two processes replace one lost ticket: the second finds it replaced.
    join({{customer(1), 1}});
    join({{customer(1), 1}});
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{
                             {1, customer(1), LineStanding::unlisted}, {2, customer(2)}, {3, customer(1)}}));
}

TEST_P(LineBookContract, who_follows_sees_each_change_once) {
    found();
    join({{customer(1)}, {customer(2)}, {customer(3)}});
    const auto before = line();
    const Book::Seen seen{before.change, 3};
    EXPECT_TRUE(tickets(seen).empty());
    EXPECT_EQ(line(seen).change, before.change);
    join({{customer(4)}});
    EXPECT_TRUE(run_task(book().leave(sale(), 2)));
    const auto after = line(seen);
    EXPECT_GT(after.change, before.change);
    EXPECT_EQ(after.tickets,
              (std::vector<Book::StoredTicket>{{2, customer(2), LineStanding::unlisted}, {4, customer(4)}}));
    EXPECT_TRUE(tickets({after.change, 4}).empty());
}

TEST_P(LineBookContract, lines_do_not_mix) {
    found();
    found(2);
    join({{customer(1)}});
    EXPECT_TRUE(line({}, 2).tickets.empty());
}

TEST_P(LineBookContract, a_list_is_closed_once_and_only_as_it_is) {
    found();
    join({{customer(1)}});
    const auto seen = line();
    join({{customer(2)}});
    EXPECT_FALSE(run_task(book().close_list(sale(), closing(2, 1), seen.change, lead())).value());
    EXPECT_FALSE(line().closing);
    EXPECT_TRUE(close(3, 2));
    EXPECT_FALSE(close(3, 2));
    store_->reopen();
    EXPECT_EQ(line().closing, closing(3, 2));
}

TEST_P(LineBookContract, after_the_list_is_closed_a_ticket_given_up_keeps_its_turn) {
    found();
    join({{customer(1)}, {customer(2)}, {customer(3)}});
    EXPECT_TRUE(run_task(book().leave(sale(), 1)));
    EXPECT_TRUE(close(4, 2));
    EXPECT_TRUE(run_task(book().leave(sale(), 2)));
    join({{customer(3), 3}});
    store_->reopen();
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{{1, customer(1), LineStanding::unlisted},
                                                          {2, customer(2), LineStanding::given_up},
                                                          {3, customer(3), LineStanding::given_up},
                                                          {4, customer(3)}}));
}

TEST_P(LineBookContract, calls_are_kept_until_they_end_and_the_first_of_two_holds) {
    found();
    EXPECT_TRUE(close(1, 0));
    const auto record = [&](std::int64_t begin, std::int64_t end, std::int64_t expires_ms, std::int64_t now_ms) {
        return to_unix_ms(run_task(book().record_call(sale(), {begin, end, from_unix_ms(expires_ms)}, {},
                                                      from_unix_ms(now_ms), lead("one", now_ms)))
                              .value());
    };
    EXPECT_EQ(record(0, 4, 1'000, 500), 1'000);
    EXPECT_EQ(record(4, 9, 2'000, 900), 2'000);
    EXPECT_EQ(record(4, 9, 2'100, 950), 2'000);
    store_->reopen();
    EXPECT_EQ(line().called_turns, 9);
    EXPECT_EQ(line().calls, (std::vector<Book::Call>{{0, 4, from_unix_ms(1'000)}, {4, 9, from_unix_ms(2'000)}}));
    EXPECT_EQ(record(9, 10, 9'000, 1'500), 9'000);
    EXPECT_EQ(line().calls.front().turn_end, 9);
    EXPECT_EQ(line().called_turns, 10);
}

TEST_P(LineBookContract, who_is_passed_over_by_a_call_may_join_again) {
    found();
    join({{customer(1)}, {customer(2)}});
    EXPECT_TRUE(close(3, 2));
    const auto seen = line();
    EXPECT_TRUE(run_task(book().record_call(sale(), {0, 2, from_unix_ms(9'000)}, {1}, from_unix_ms(1'000), lead())));
    EXPECT_EQ(tickets({seen.change, 2}),
              (std::vector<Book::StoredTicket>{{1, customer(1), LineStanding::passed_over}}));
    join({{customer(1)}});
    EXPECT_EQ(tickets({line().change - 1, 2}), (std::vector<Book::StoredTicket>{{3, customer(1)}}));
}

TEST_P(LineBookContract, whoever_does_not_lead_any_more_neither_closes_nor_calls) {
    found();
    const auto first = lead("one", 1'000);
    const auto second = lead("two", 5'000);
    const auto closed = run_task(book().close_list(sale(), closing(1, 0), line().change, first));
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error(), Book::Error::fenced);
    EXPECT_TRUE(run_task(book().close_list(sale(), closing(1, 0), line().change, second)).value());
    const auto called =
        run_task(book().record_call(sale(), {0, 1, from_unix_ms(9'000)}, {}, from_unix_ms(5'000), first));
    ASSERT_FALSE(called);
    EXPECT_EQ(called.error(), Book::Error::fenced);
    EXPECT_EQ(line().called_turns, 0);
}

TEST_P(LineBookContract, what_processes_tell_each_other_comes_in_its_order_and_says_when_some_is_missing) {
    found();
    EXPECT_EQ(line().news, 0);
    EXPECT_TRUE(run_task(book().tell(sale(), news("one", 10))));
    EXPECT_TRUE(run_task(book().tell(sale(), news("two", 20))));
    store_->reopen();
    EXPECT_EQ(line().news, 2);
    const auto all = run_task(book().news_after(sale(), 0, 10)).value();
    EXPECT_TRUE(all.complete);
    EXPECT_EQ(all.number, 2);
    EXPECT_EQ(all.news, (std::vector{news("one", 10), news("two", 20)}));
    EXPECT_EQ(run_task(book().news_after(sale(), 0, 1)).value().number, 1);
    EXPECT_TRUE(run_task(book().news_after(sale(), 2, 10)).value().news.empty());
    auto last = news("one", 30);
    last.heard = {};
    last.last = true;
    for (std::int64_t i = 0; i < Book::kNewsKept; ++i) EXPECT_TRUE(run_task(book().tell(sale(), last)));
    const auto rest = run_task(book().news_after(sale(), 1, 10)).value();
    EXPECT_FALSE(rest.complete);
    EXPECT_EQ(rest.news.front(), last);
}

}  // namespace marketday::contract
