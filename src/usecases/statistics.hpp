#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ports/event_bus.hpp"
#include "ports/order_book.hpp"
#include "ports/statistics.hpp"
#include "usecases/jobs_scheduler.hpp"

namespace marketday::usecases {

/// Days and months as the shop counts them: by a clock that is always the same time ahead of UTC (Korea and Japan +9
/// h).
class ShopCalendar {
public:
    explicit ShopCalendar(milliseconds utc_offset) : utc_offset_(utc_offset) {}
    ports::ShopDay day_of(WallTime time) const;
    ports::ShopMonth month_of(WallTime time) const;
    /// The month that a day lies in.
    static ports::ShopMonth month_of_day(ports::ShopDay day);
    /// The first moment of a day.
    WallTime start_of(ports::ShopDay day) const;
    milliseconds utc_offset() const { return utc_offset_; }

private:
    milliseconds utc_offset_;
};
/// "2026-11-21" and "2026-11".
std::string to_text_of_day(ports::ShopDay day);
std::string to_text_of_month(ports::ShopMonth month);

/// Takes events from the bus and adds them to the figures, a whole message at a time: a rush's messages hold hundreds
/// of orders, so they cost the store one row to remember and one to raise. On one executor.
class StatisticsConsumer {
public:
    StatisticsConsumer(ports::EventBus& bus, ports::OrderBook& book, ports::Statistics& statistics, const Clock& clock,
                       ShopCalendar calendar)
        : bus_(bus), book_(book), statistics_(statistics), clock_(clock), calendar_(calendar) {}

    static ports::EventBus::Group group();
    Task<JobTurn> run(ports::Fence fence);

private:
    /// Nothing when the store did not answer.
    Task<std::optional<ports::Statistics::Tally>> tally_of(ports::EventBus::Message message);

    ports::EventBus& bus_;
    ports::OrderBook& book_;
    ports::Statistics& statistics_;
    const Clock& clock_;
    ShopCalendar calendar_;
    bool group_made_ = false;
};

/// Counts everything again now and then, and forgets who came long ago.
class StatisticsUpkeep {
public:
    struct Options {
        std::int64_t days = 35;  // that are counted again, today among them
        milliseconds every{3'600'000};
    };
    StatisticsUpkeep(ports::Statistics& statistics, const Clock& clock, ShopCalendar calendar, Options options)
        : statistics_(statistics), clock_(clock), calendar_(calendar), options_(options) {}

    /// Waits for a moment when nothing is under way.
    Task<JobTurn> check(ports::Fence fence);
    /// Now. Nothing while events are under way.
    ports::Statistics::Answer<std::optional<ports::Statistics::Check>> check_now();
    Task<JobTurn> forget(ports::Fence fence);

private:
    ports::Statistics& statistics_;
    const Clock& clock_;
    ShopCalendar calendar_;
    Options options_;
    std::optional<Instant> checked_at_;
};

}  // namespace marketday::usecases
