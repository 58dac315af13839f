#include "http/watch/log_store.hpp"

#include <algorithm>

namespace marketday::http {
namespace {

std::size_t bytes_of(const LogStore::Event& event) {
    return sizeof(event) + event.event.size() + event.trace_id.size() + event.fields_json.size();
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(std::string_view text, std::string_view wanted) {
    return !std::ranges::search(text, wanted, {}, lower, lower).empty();
}

bool matches(const LogStore::Event& event, const LogStore::Query& query) {
    return event.level >= query.lowest && (query.trace_id.empty() || event.trace_id == query.trace_id) &&
           (!query.before || event.number < *query.before) &&
           (query.text.empty() || contains(event.event, query.text) || contains(event.fields_json, query.text));
}

}  // namespace

LogStore::LogStore(Options options) : options_(options) { log::set_tap(this); }
LogStore::~LogStore() { log::set_tap(nullptr); }

void LogStore::take(const log::Record& record) {
    const std::scoped_lock lock(mutex_);
    ++totals_[static_cast<std::size_t>(record.level)];
    const bool fits = record.fields_json.size() <= options_.fields_bytes_max;
    events_.push_back({++numbers_, record.unix_ms, record.level, std::string{record.event},
                       std::string{record.trace_id}, fits ? std::string{record.fields_json} : std::string{"{}"}});
    bytes_ += bytes_of(events_.back());
    while (events_.size() > options_.events_max || (bytes_ > options_.bytes_max && events_.size() > 1)) {
        bytes_ -= bytes_of(events_.front());
        events_.pop_front();
    }
}

std::vector<LogStore::Event> LogStore::list(const Query& query) const {
    std::vector<Event> found;
    const std::scoped_lock lock(mutex_);
    for (auto at = events_.rbegin(); at != events_.rend() && found.size() < query.events_max; ++at)
        if (matches(*at, query)) found.push_back(*at);
    return found;
}

std::uint64_t LogStore::total(log::Level level) const {
    const std::scoped_lock lock(mutex_);
    return totals_[static_cast<std::size_t>(level)];
}

}  // namespace marketday::http
