#include "http/watch/board.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.hpp"
#include "base/text.hpp"

namespace marketday::http {
namespace {

constexpr milliseconds kPingEvery{250};
// A browser comes again after this time.
constexpr std::string_view kComeAgain = "retry: 1000\n\n";
constexpr std::chrono::minutes kWatchMax{15};
constexpr std::size_t kClosedSalesShown = 2;
constexpr std::size_t kSalesShown = 20;

void append_second(std::string& json, std::int64_t unix_s) {
    fmt::format_to(std::back_inserter(json), "\"{}\"", to_rfc3339(unix_s * 1000));
}

void append_items(std::string& json, const domain::Sale& sale,
                  std::span<const std::optional<domain::StockLevel>> levels) {
    json += '[';
    for (std::size_t i = 0; i < sale.items.size(); ++i) {
        const auto level = levels[i].value_or(domain::StockLevel{});
        json += i == 0 ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(json, sale.items[i].sku);
        fmt::format_to(std::back_inserter(json),
                       R"(,"units":{},"taken":{},"received":{},"available":{},"reserved":{},"sold":{}}})",
                       sale.items[i].units, sale.items[i].taken, level.received, level.available, level.reserved,
                       level.sold);
    }
    json += ']';
}

void add_stock(std::vector<Sample>& samples, const std::string& sale, const domain::SkuCode& sku,
               const domain::StockLevel& level) {
    const auto add = [&](const char* place, std::int64_t units) {
        samples.push_back({Sample::Kind::gauge,
                           "marketday_sale_stock_units",
                           "Units of the goods of a sale, by where they are",
                           {{"sale", sale}, {"sku", sku}, {"place", place}},
                           static_cast<double>(units)});
    };
    add("available", level.available);
    add("reserved", level.reserved);
    add("sold", level.sold);
}

}  // namespace

Board::Board(const Metrics& metrics, Executor& shop, ports::OrderBook& order_book, const Clock& clock)
    : clock_(clock), order_book_(order_book), probe_(shop), sampler_(metrics, probe_) {}

Task<void> Board::run() {
    Executor& executor = co_await this_executor();
    take_sample();
    std::int64_t sampled_s = to_unix_ms(clock_.wall_now()) / 1000;
    while (!stopped_.is_set()) {
        probe_.ping(clock_.now());
        const std::int64_t into_ms = to_unix_ms(clock_.wall_now()) % kPingEvery.count();
        const Instant next = executor.now() + milliseconds{kPingEvery.count() - into_ms};
        const bool stopping = co_await stopped_.wait(next);
        if (stopping) break;
        const std::int64_t now_s = to_unix_ms(clock_.wall_now()) / 1000;
        if (now_s == sampled_s) continue;
        sampled_s = now_s;
        take_sample();
        if (!reading_sales_) {
            reading_sales_ = true;
            spawn(executor, "board.sales", read_sales());
        }
    }
}

void Board::stop() {
    stopped_.set();
    for (const auto& watcher : watchers_) watcher.stream->end();
    watchers_.clear();
}

void Board::take_sample() {
    const std::int64_t unix_s = to_unix_ms(clock_.wall_now()) / 1000;
    history_.add(unix_s, sampler_.sample(clock_.now()));
    if (watchers_.empty() || history_.newest() != unix_s) return;
    const std::string event = event_of(unix_s, sales_);
    const Instant now = clock_.now();
    std::erase_if(watchers_, [&event, now](const Watcher& watcher) {
        const bool took = watcher.stream->push(event);
        const bool over = now - watcher.since >= kWatchMax;
        if (took && over) watcher.stream->end();
        return !took || over;
    });
}

Task<void> Board::read_sales() {
    std::string json = "[";
    auto sales = co_await order_book_.sales(kClosedSalesShown);
    if (sales && sales->size() > kSalesShown) sales->resize(kSalesShown);
    std::vector<domain::SkuCode> skus;
    if (sales)
        for (const auto& sale : *sales)
            for (const auto& item : sale.items) skus.push_back(item.sku);
    auto levels = co_await order_book_.stock(std::move(skus));
    reading_sales_ = false;
    if (!sales || !levels) co_return;  // The last known stay.
    std::span<const std::optional<domain::StockLevel>> rest{*levels};
    stock_.clear();
    for (const auto& sale : *sales) {
        const std::string id = sale.id.to_string();
        const auto line = sampler_.lines().find(id);
        const auto figures = line == sampler_.lines().end() ? BoardSampler::LineFigures{} : line->second;
        fmt::format_to(std::back_inserter(json), R"({}{{"sale":"{}","name":{},"state":"{}","opens_at":"{}","items":)",
                       json.size() > 1 ? "," : "", id, sale.name_json,
                       domain::to_string(sale.state_at(clock_.wall_now())), to_rfc3339(to_unix_ms(sale.opens_at)));
        append_items(json, sale, rest.first(sale.items.size()));
        for (std::size_t i = 0; i < sale.items.size(); ++i)
            add_stock(stock_, id, sale.items[i].sku, rest[i].value_or(domain::StockLevel{}));
        rest = rest.subspan(sale.items.size());
        fmt::format_to(std::back_inserter(json), R"(,"line_length":{},"admissions_per_s":)",
                       static_cast<std::int64_t>(figures.waiting));
        append_number(json, static_cast<float>(figures.admissions_per_s));
        json += '}';
    }
    json += ']';
    sales_ = std::move(json);
}

std::string Board::event_of(std::int64_t unix_s, std::string_view sales) const {
    std::string json = "{\"at\":";
    append_second(json, unix_s);
    json += ",\"values\":";
    history_.append_values(json, unix_s);
    json += ",\"sales\":";
    json += sales;
    json += '}';
    return server_sent_event(std::to_string(unix_s), "sample", json);
}

std::string Board::json(std::span<const BoardSeries> series, std::int64_t seconds) const {
    const std::int64_t from = std::max(history_.oldest(), history_.newest() - seconds + 1);
    std::string json;
    json.reserve(series.size() * 4 * static_cast<std::size_t>(std::min(seconds, BoardHistory::kSeconds)) + 4096);
    json += "{\"now\":";
    append_second(json, history_.newest());
    json += ",\"from\":";
    append_second(json, from);
    json += ",\"interval_ms\":1000,\"series\":[";
    for (const BoardSeries one : series) {
        const auto& text = text_of(one);
        fmt::format_to(std::back_inserter(json), R"({}{{"name":"{}","unit":"{}","about":"{}","points":)",
                       json.back() == '[' ? "" : ",", text.name, text.unit, text.about);
        history_.append_points(json, one, from);
        json += '}';
    }
    json += "],\"sales\":";
    json += sales_;
    json += '}';
    return json;
}

std::shared_ptr<EventStream> Board::watch(std::int64_t after) {
    auto stream = std::make_shared<EventStream>();
    stream->push(kComeAgain);
    const std::int64_t newest = history_.newest();
    // What was missed is told without the sales: they are as they are now.
    const std::int64_t first = after <= 0 || after > newest ? newest : std::max(after + 1, history_.oldest());
    for (std::int64_t second = first; second < newest; ++second) stream->push(event_of(second, "[]"));
    if (first <= newest && newest != 0) stream->push(event_of(newest, sales_));
    std::erase_if(watchers_, [](const Watcher& watcher) { return !watcher.stream->is_open(); });
    watchers_.push_back({stream, clock_.now()});
    return stream;
}

void Board::collect(std::vector<Sample>& samples) const {
    samples.insert(samples.end(), stock_.begin(), stock_.end());
    const float lag_ms = history_.at(BoardSeries::loop_lag_ms, history_.newest());
    if (std::isfinite(lag_ms))
        samples.push_back({Sample::Kind::gauge,
                           "marketday_loop_lag_seconds",
                           "How long work waited for the shop's thread in the last second, at worst",
                           {},
                           static_cast<double>(lag_ms) / 1000});
}

std::size_t Board::watchers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(watchers_, [](const Watcher& watcher) { return watcher.stream->is_open(); }));
}

}  // namespace marketday::http
