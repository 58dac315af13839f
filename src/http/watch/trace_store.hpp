#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/watch/finished_request.hpp"

namespace marketday::http {

/// The recent slow and failed requests, and a sample of those that placed an order, in memory that is taken once: as
/// many of each kind, so that a flood of one does not wash the others away. Thread-safe; a thread that answers requests
/// never waits for one that reads.
class TraceStore {
public:
    struct Options {
        std::chrono::milliseconds slow{250};
        std::size_t kept = 512;                    // of each kind
        std::uint32_t per_second_max = 50;         // of each kind; the others are only counted
        std::uint32_t orders_per_second_max = 10;  // of requests that placed an order and were neither slow nor failed
    };
    explicit TraceStore(Options options);

    bool is_slow(std::chrono::nanoseconds took) const { return took >= options_.slow; }
    /// Keeps it when it failed or was slow and there is room in this second.
    void add(const FinishedRequest& request);
    /// Whether this second's sample has room for one more request that placed an order. The shop's thread alone asks.
    bool samples_order(Instant now);
    void add_order(const FinishedRequest& request);

    struct Query {
        bool slow = true;
        bool failed = true;
        bool ordered = true;
        std::int64_t min_us = 0;
        std::string trace_id = {};                 // empty: any
        std::optional<std::uint64_t> before = {};  // of an earlier page
        std::size_t requests_max = 50;
    };
    struct Kept {
        std::uint64_t number = 0;  // rises with each that is kept
        bool slow = false;
        FinishedRequest request;
    };
    /// Newest first.
    std::vector<Kept> list(const Query& query) const;

    std::uint64_t kept_total() const { return kept_total_.load(std::memory_order_relaxed); }
    std::uint64_t skipped_total() const { return skipped_total_.load(std::memory_order_relaxed); }

private:
    /// The newest of one kind.
    struct Ring {
        std::vector<Kept> places;
        std::size_t next = 0;
        std::int64_t second = 0;
        std::uint32_t in_second = 0;
    };
    static void collect(const Ring& ring, const Query& query, std::vector<Kept>& found);
    /// Null while somebody reads.
    std::unique_lock<std::mutex> try_to_write();
    void put(Ring& ring, bool slow, const FinishedRequest& request);

    Options options_;
    mutable std::mutex mutex_;
    Ring slow_;
    Ring failed_;
    Ring ordered_;
    std::int64_t sampled_second_ = 0;
    std::uint32_t sampled_in_second_ = 0;
    std::uint64_t numbers_ = 0;
    std::atomic<std::uint64_t> kept_total_{0};
    std::atomic<std::uint64_t> skipped_total_{0};
};

}  // namespace marketday::http
