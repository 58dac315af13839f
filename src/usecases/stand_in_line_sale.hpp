#pragma once

#include <deque>
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

/// One sale's line while it is in memory. Only its own task (`run_line`) writes to the book, one write at a time, so
/// the order of durable changes is the order of changes here.
struct LineOfSale {
    LineOfSale(ports::LineBook::Founding founding_, domain::Sale sale_, domain::Line line_, domain::AdmissionRate rate_)
        : founding(std::move(founding_)), sale(std::move(sale_)), line(std::move(line_)), rate(rate_) {}

    ports::LineBook::Founding founding;
    domain::Sale sale;  // as last read
    domain::Line line;
    domain::AdmissionRate rate;

    /// A change that somebody waits for. Shared, since the asker may give up first.
    struct Ask {
        CustomerId customer;
        std::optional<std::int64_t> leaving;  // the number to give up; absent: a new ticket is wanted
        Event done;
        std::optional<StandInLine::Error> failure;
    };
    std::deque<std::shared_ptr<Ask>> asks;
    std::int64_t next_sequence = 1;
    std::int64_t sequence_mark = 1;

    std::optional<ports::LineBook::Closing> closing;
    std::vector<domain::DrawEntry> entries;  // of the closed list

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
