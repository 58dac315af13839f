#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/async/wait.hpp"
#include "domain/admission_rate.hpp"
#include "domain/line.hpp"
#include "domain/sale.hpp"
#include "ports/line_book.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday::usecases {

/// One sale's line while it is in memory: what the book says, as far as it was followed. Only its own task (`run_line`)
/// writes to the book and follows it, one thing at a time. Every change comes by following, also those of this process.
struct LineOfSale {
    LineOfSale(ports::LineBook::Founding founding_, domain::Sale sale_, domain::Line line_, domain::AdmissionRate rate_)
        : founding(std::move(founding_)), sale(std::move(sale_)), line(std::move(line_)), rate(rate_) {}

    ports::LineBook::Founding founding;
    domain::Sale sale;  // as last read
    domain::Line line;
    domain::AdmissionRate rate;

    /// Something that somebody waits for. Shared, since the asker may give up first.
    struct Ask {
        CustomerId customer;
        std::optional<std::int64_t> leaving;  // the number to give up; absent: a new ticket is wanted
        Event done;
        std::optional<StandInLine::Error> failure;
    };
    std::deque<std::shared_ptr<Ask>> asks;
    std::vector<std::shared_ptr<Ask>> looks;  // who waits for the book to be followed

    ports::LineBook::Seen seen;
    std::int64_t news_seen = 0;
    Instant followed_at{};
    bool unreachable = false;            // the book did not answer when it was last followed
    Instant follow_at = Instant::max();  // when next

    /// What this process has to tell the others, and what they told.
    std::vector<std::int64_t> heard;
    std::vector<std::int64_t> spent;
    Instant told_at = Instant::min();  // everything up to here
    Instant tell_tried_at = Instant::min();
    struct Other {
        WallTime told_until{};
        Instant heard_at{};
        std::int64_t lane_fill_permille = 0;
        milliseconds latency{0};
    };
    std::map<std::string, Other> others;
    bool one_fell_silent = false;  // what it had to tell is not made up for yet

    std::optional<ports::LineBook::Closing> closing;
    std::vector<domain::DrawEntry> entries;  // of the list
    Hash256 entries_root{};
    std::int64_t entries_of_change = 0;  // as of which change they were worked out

    // What is left to sell, as last read and corrected by what checkout has said since.
    bool stock_known = false;
    std::int64_t units_left = 0;
    bool sold_out = false;
    bool reading_stock = false;
    std::int64_t used_while_reading = 0;

    std::int64_t called_since = 0;
    Instant measured_at{};
    double called_per_s = 0;

    std::size_t tasks = 0;
    bool retired = false;
    Event wake;
};

}  // namespace marketday::usecases
