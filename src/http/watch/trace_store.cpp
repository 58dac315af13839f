#include "http/watch/trace_store.hpp"

#include <algorithm>

namespace marketday::http {
namespace {

bool matches(const TraceStore::Kept& kept, const TraceStore::Query& query) {
    return kept.number != 0 && kept.request.took_us >= query.min_us &&
           (query.trace_id.empty() || kept.request.trace() == query.trace_id) &&
           (!query.before || kept.number < *query.before);
}

}  // namespace

TraceStore::TraceStore(Options options) : options_(options) {
    slow_.places.resize(options_.kept);
    failed_.places.resize(options_.kept);
    ordered_.places.resize(options_.kept);
}

void TraceStore::add(const FinishedRequest& request) {
    const bool slow = is_slow(std::chrono::microseconds{request.took_us});
    if (!slow && !request.failed()) return;
    const auto lock = try_to_write();
    if (!lock.owns_lock()) return;
    Ring& ring = request.failed() ? failed_ : slow_;
    const std::int64_t second = (request.start_unix_us + request.took_us) / 1'000'000;
    if (ring.second != second) {
        ring.second = second;
        ring.in_second = 0;
    }
    if (ring.places.empty() || ring.in_second >= options_.per_second_max) {
        skipped_total_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    ++ring.in_second;
    put(ring, slow, request);
}

bool TraceStore::samples_order(Instant now) {
    const std::int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (sampled_second_ != second) {
        sampled_second_ = second;
        sampled_in_second_ = 0;
    }
    if (sampled_in_second_ >= options_.orders_per_second_max) return false;
    ++sampled_in_second_;
    return true;
}

void TraceStore::add_order(const FinishedRequest& request) {
    const auto lock = try_to_write();
    if (lock.owns_lock() && !ordered_.places.empty()) put(ordered_, false, request);
}

std::unique_lock<std::mutex> TraceStore::try_to_write() {
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) skipped_total_.fetch_add(1, std::memory_order_relaxed);
    return lock;
}

void TraceStore::put(Ring& ring, bool slow, const FinishedRequest& request) {
    ring.places[ring.next] = {++numbers_, slow, request};
    ring.next = (ring.next + 1) % ring.places.size();
    kept_total_.fetch_add(1, std::memory_order_relaxed);
}

void TraceStore::collect(const Ring& ring, const Query& query, std::vector<Kept>& found) {
    for (const Kept& kept : ring.places)
        if (matches(kept, query)) found.push_back(kept);
}

std::vector<TraceStore::Kept> TraceStore::list(const Query& query) const {
    std::vector<Kept> found;
    found.reserve(slow_.places.size() + failed_.places.size() + ordered_.places.size());
    {
        const std::scoped_lock lock(mutex_);
        if (query.slow) collect(slow_, query, found);
        if (query.failed) collect(failed_, query, found);
        if (query.ordered) collect(ordered_, query, found);
        // Slow ones that failed are kept with the failed.
        if (query.slow && !query.failed) {
            const auto others_end = found.size();
            collect(failed_, query, found);
            found.erase(std::remove_if(found.begin() + static_cast<std::ptrdiff_t>(others_end), found.end(),
                                       [](const Kept& kept) { return !kept.slow; }),
                        found.end());
        }
    }
    std::ranges::sort(found, std::ranges::greater{}, &Kept::number);
    if (found.size() > query.requests_max) found.resize(query.requests_max);
    return found;
}

}  // namespace marketday::http
