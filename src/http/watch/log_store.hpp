#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"

namespace marketday::http {

/// The recent log events, bounded in number and bytes; the oldest go first. Thread-safe.
class LogStore final : public log::Tap {
public:
    struct Options {
        std::size_t events_max = 4096;
        std::size_t bytes_max = std::size_t{4} << 20;
        std::size_t fields_bytes_max = 8192;  // an event with more is kept without its fields
    };
    /// Sees every event from here to its end.
    explicit LogStore(Options options);
    ~LogStore() override;
    LogStore(const LogStore&) = delete;
    LogStore& operator=(const LogStore&) = delete;

    void take(const log::Record& record) override;

    struct Event {
        std::uint64_t number = 0;
        std::int64_t unix_ms = 0;
        log::Level level{};
        std::string event;
        std::string trace_id;
        std::string fields_json;
    };
    struct Query {
        log::Level lowest = log::Level::debug;
        std::string trace_id = {};                 // empty: any
        std::string text = {};                     // in the event's name or its fields, any case; empty: any
        std::optional<std::uint64_t> before = {};  // of an earlier page
        std::size_t events_max = 50;
    };
    /// Newest first.
    std::vector<Event> list(const Query& query) const;

    /// Events so far: warnings and errors are what a graph is for.
    std::uint64_t total(log::Level level) const;

private:
    Options options_;
    mutable std::mutex mutex_;
    std::deque<Event> events_;
    std::size_t bytes_ = 0;
    std::uint64_t numbers_ = 0;
    std::array<std::uint64_t, 5> totals_{};
};

}  // namespace marketday::http
