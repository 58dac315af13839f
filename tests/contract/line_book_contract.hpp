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
    Book::StoredLine found(std::uint8_t number = 1) { return run_task(book().found(founding(number))).value(); }
    std::vector<Book::Added> add(std::vector<Book::NewTicket> tickets) {
        return run_task(book().add(sale(), std::move(tickets))).value();
    }
    std::vector<Book::StoredTicket> tickets(std::int64_t after = 0, std::size_t tickets_max = 1000) {
        return run_task(book().tickets_after(sale(), after, tickets_max)).value();
    }
    Book::StoredLine stored() { return run_task(book().find(sale())).value().value(); }
    Book::Closing close(std::int64_t list_end, std::int64_t entries, std::uint8_t root = 1) {
        return run_task(
                   book().close_list(
                       sale(), {.at = from_unix_ms(5), .entries = entries, .list_end = list_end, .root = hash(root)}))
            .value();
    }
    Book& book() { return store_->book(); }

    std::unique_ptr<LineBookStore> store_ = GetParam().make();
};

TEST_P(LineBookContract, a_line_keeps_what_it_was_founded_with) {
    EXPECT_EQ(found().founding, founding());
    auto other = founding();
    other.draw_secret = hash(99);
    EXPECT_EQ(run_task(book().found(other)).value().founding, founding());
    store_->reopen();
    EXPECT_EQ(stored().founding, founding());
}

TEST_P(LineBookContract, an_unknown_sale_has_no_line) { EXPECT_FALSE(run_task(book().find(sale(9))).value()); }

TEST_P(LineBookContract, marks_only_rise) {
    found();
    EXPECT_EQ(run_task(book().raise_sequence_mark(sale(), 100)).value(), 100);
    EXPECT_EQ(run_task(book().raise_sequence_mark(sale(), 50)).value(), 100);
    store_->reopen();
    EXPECT_EQ(stored().sequence_mark, 100);
}

TEST_P(LineBookContract, tickets_come_back_in_the_order_of_their_numbers) {
    found();
    (void)run_task(book().raise_sequence_mark(sale(), 100));
    EXPECT_EQ(add({{3, customer(1)}, {5, customer(2)}}), (std::vector{Book::Added::added, Book::Added::added}));
    add({{9, customer(3)}});
    store_->reopen();
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{{3, customer(1)}, {5, customer(2)}, {9, customer(3)}}));
    EXPECT_EQ(tickets(3, 1), (std::vector<Book::StoredTicket>{{5, customer(2)}}));
}

TEST_P(LineBookContract, a_number_is_given_once_and_repeating_is_harmless) {
    found();
    (void)run_task(book().raise_sequence_mark(sale(), 100));
    add({{3, customer(1)}});
    EXPECT_EQ(add({{3, customer(1)}}), std::vector{Book::Added::added});
    EXPECT_EQ(add({{3, customer(2)}}), std::vector{Book::Added::number_taken});
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{{3, customer(1)}}));
}

TEST_P(LineBookContract, lines_do_not_mix) {
    found();
    found(2);
    (void)run_task(book().raise_sequence_mark(sale(), 100));
    add({{3, customer(1)}});
    EXPECT_TRUE(run_task(book().tickets_after(sale(2), 0, 10)).value().empty());
    EXPECT_EQ(run_task(book().find(sale(2))).value()->sequence_mark, 1);
}

TEST_P(LineBookContract, before_the_list_is_closed_a_ticket_given_up_leaves_no_trace) {
    found();
    (void)run_task(book().raise_sequence_mark(sale(), 100));
    add({{3, customer(1)}, {4, customer(2)}});
    EXPECT_TRUE(run_task(book().leave(sale(), 3)));
    EXPECT_TRUE(run_task(book().leave(sale(), 3)));
    add({{5, customer(2)}});
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{{5, customer(2)}}));
}

TEST_P(LineBookContract, after_the_list_is_closed_a_ticket_given_up_keeps_its_row) {
    found();
    (void)run_task(book().raise_sequence_mark(sale(), 100));
    add({{3, customer(1)}, {4, customer(2)}});
    close(5, 2);
    EXPECT_TRUE(run_task(book().leave(sale(), 3)));
    add({{6, customer(2)}});
    store_->reopen();
    EXPECT_EQ(tickets(), (std::vector<Book::StoredTicket>{
                             {3, customer(1), false}, {4, customer(2), false}, {6, customer(2), true}}));
}

TEST_P(LineBookContract, the_first_closing_of_a_list_holds) {
    found();
    const auto first = close(1, 0, 1);
    EXPECT_EQ(close(1, 0, 2), first);
    store_->reopen();
    EXPECT_EQ(stored().closing, first);
}

TEST_P(LineBookContract, calls_are_kept_until_they_end) {
    found();
    close(1, 0);
    const auto record = [&](std::int64_t begin, std::int64_t end, std::int64_t expires_ms, std::int64_t now_ms) {
        return run_task(book().record_call(sale(), {begin, end, from_unix_ms(expires_ms)}, from_unix_ms(now_ms)));
    };
    EXPECT_TRUE(record(0, 4, 1'000, 500));
    EXPECT_TRUE(record(4, 9, 2'000, 900));
    EXPECT_TRUE(record(4, 9, 2'100, 950));  // Repeated with a later end.
    store_->reopen();
    EXPECT_EQ(stored().called_turns, 9);
    EXPECT_EQ(stored().calls, (std::vector<Book::Call>{{0, 4, from_unix_ms(1'000)}, {4, 9, from_unix_ms(2'100)}}));
    EXPECT_TRUE(record(9, 10, 9'000, 1'500));
    EXPECT_EQ(stored().calls.front().turn_end, 9);
    EXPECT_EQ(stored().called_turns, 10);
}

}  // namespace marketday::contract
