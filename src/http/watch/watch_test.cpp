#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <random>

#include "base/async/sim_executor.hpp"
#include "http/watch/board.hpp"
#include "http/watch/board_history.hpp"
#include "http/watch/board_sampler.hpp"
#include "http/watch/finished_request.hpp"
#include "http/watch/latency_histogram.hpp"
#include "http/watch/log_store.hpp"
#include "http/watch/order_traces.hpp"
#include "http/watch/readiness.hpp"
#include "http/watch/request_watch.hpp"
#include "http/watch/trace_store.hpp"
#include "tests/simulation/silent_order_book.hpp"

namespace marketday::http {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(LatencyHistogram, classes_follow_each_other_without_gaps_and_none_is_wider_than_a_sixteenth) {
    std::size_t expected = 0;
    for (std::uint64_t us = 0; us < 1 << 20; ++us) {
        const std::size_t index = LatencyHistogram::class_of(us);
        ASSERT_TRUE(index == expected || index == expected + 1) << us;
        expected = index;
        const std::uint64_t end = LatencyHistogram::end_of_class_us(index);
        ASSERT_LT(us, end);
        ASSERT_LE(static_cast<double>(end), static_cast<double>(us) * (1 + 1.0 / 16) + 1);
    }
    EXPECT_EQ(LatencyHistogram::class_of(std::uint64_t{1} << 60), LatencyHistogram::kClasses - 1);
}

TEST(LatencyHistogram, its_percentiles_are_those_of_the_sorted_durations_within_a_sixteenth) {
    std::mt19937_64 random{7};
    std::lognormal_distribution<double> durations_us{7, 1.2};
    LatencyHistogram histogram;
    std::vector<double> all;
    for (int i = 0; i < 20'000; ++i) {
        const auto us = static_cast<std::int64_t>(durations_us(random));
        histogram.count(microseconds{us});
        all.push_back(static_cast<double>(us) / 1000);
    }
    std::ranges::sort(all);
    LatencyHistogram::Counts counts{};
    histogram.add_to(counts);
    for (const double share : {0.5, 0.99, 0.999}) {
        const double exact = all[static_cast<std::size_t>(share * 20'000) - 1];
        const double told = percentile_ms(counts, share).value();
        EXPECT_GE(told, exact);
        EXPECT_LE(told, exact * 1.07 + 0.002);
    }
    EXPECT_EQ(percentile_ms(LatencyHistogram::Counts{}, 0.5), std::nullopt);
}

std::string number(float value) {
    std::string json;
    append_number(json, value);
    return json;
}

TEST(BoardHistory, numbers_are_short) {
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(1.5F), "1.5");
    EXPECT_EQ(number(0.07F), "0.07");
    EXPECT_EQ(number(99.999F), "100");
    EXPECT_EQ(number(123456.7F), "123457");
    EXPECT_EQ(number(-0.5F), "-0.5");
    EXPECT_EQ(number(std::nanf("")), "null");
}

BoardValues requests(float per_s) {
    BoardValues values;
    values[BoardSeries::requests_per_s] = per_s;
    return values;
}

std::string points(const BoardHistory& history, std::int64_t from) {
    std::string json;
    history.append_points(json, BoardSeries::requests_per_s, from);
    return json;
}

TEST(BoardHistory, a_second_that_was_missed_has_no_data) {
    BoardHistory history;
    EXPECT_EQ(points(history, 0), "[]");
    history.add(1000, requests(1));
    history.add(1001, requests(2));
    history.add(1004, requests(3));
    history.add(1004, requests(9));  // The clock did not go on.
    history.add(900, requests(9));   // It went back.
    EXPECT_EQ(points(history, 0), "[1,2,null,null,3]");
    EXPECT_EQ(points(history, 1003), "[null,3]");
    EXPECT_EQ(history.oldest(), 1000);
    EXPECT_TRUE(std::isnan(history.at(BoardSeries::orders_per_s, 1004)));
}

TEST(BoardHistory, keeps_one_hour_and_forgets_what_is_older) {
    BoardHistory history;
    for (std::int64_t second = 1; second <= 10'000; ++second) history.add(second, requests(static_cast<float>(second)));
    EXPECT_EQ(history.oldest(), 10'000 - 3599);
    EXPECT_EQ(history.at(BoardSeries::requests_per_s, 6401), 6401);
    EXPECT_TRUE(std::isnan(history.at(BoardSeries::requests_per_s, 6400)));
    EXPECT_EQ(boost::json::parse(points(history, 0)).as_array().size(), 3600U);
    history.add(50'000, requests(1));
    EXPECT_EQ(boost::json::parse(points(history, 49'990)).as_array().size(), 11U);
    EXPECT_TRUE(std::isnan(history.at(BoardSeries::requests_per_s, 49'999)));
}

std::vector<Route> two_routes() {
    std::vector<Route> routes(2);
    routes[0].method = Method::post;
    routes[0].pattern = "/api/v1/orders";
    routes[0].operation_id = "placeOrder";
    routes[1].method = Method::get;
    routes[1].pattern = "/p/{sku}";
    routes[1].operation_id = "productPage";
    return routes;
}

/// Elements of a JSON array that are numbers.
std::size_t known_points(const boost::json::value& points) {
    std::size_t known = 0;
    for (const auto& point : points.as_array()) known += point.is_null() ? 0 : 1;
    return known;
}

TEST(Board, shows_the_whole_last_hour_a_point_a_second_in_memory_that_does_not_grow) {
    SimExecutor sim{7};
    simulation::SilentOrderBook order_book;
    Metrics metrics;
    const std::vector<Route> routes = two_routes();  // Figures keep where they are.
    metrics.shop().begin(routes);
    metrics.operators().begin({});
    Board board{metrics, sim, order_book, sim};
    const std::size_t at_start = board.history().memory_bytes();
    spawn(sim, "board", board.run());
    sim.run_for(std::chrono::minutes{10});
    const std::array series{BoardSeries::requests_per_s, BoardSeries::memory_bytes, BoardSeries::cpu_percent};
    auto shown = boost::json::parse(board.json(series, BoardHistory::kSeconds)).as_object();
    EXPECT_EQ(shown.at("series").as_array()[0].at("points").as_array().size(), 601U);

    sim.run_for(std::chrono::minutes{110});
    shown = boost::json::parse(board.json(series, BoardHistory::kSeconds)).as_object();
    ASSERT_EQ(shown.at("series").as_array().size(), 3U);
    for (const auto& one : shown.at("series").as_array()) {
        EXPECT_EQ(one.at("points").as_array().size(), 3600U) << one.at("name");
        EXPECT_EQ(known_points(one.at("points")), 3600U) << one.at("name");
    }
    EXPECT_EQ(board.history().newest() - board.history().oldest(), 3599);
    EXPECT_EQ(board.history().memory_bytes(), at_start);
    EXPECT_EQ(at_start, kBoardSeries * 3600 * sizeof(float));
    board.stop();
    sim.run_for(seconds{1});
}

TEST(Board, a_stream_ends_after_a_quarter_of_an_hour_and_goes_on_where_it_ended) {
    SimExecutor sim{8};
    simulation::SilentOrderBook order_book;
    Metrics metrics;
    const std::vector<Route> routes = two_routes();  // Figures keep where they are.
    metrics.shop().begin(routes);
    metrics.operators().begin({});
    Board board{metrics, sim, order_book, sim};
    spawn(sim, "board", board.run());
    sim.run_for(seconds{5});
    const auto stream = board.watch(0);
    sim.run_for(seconds{14 * 60 + 58});
    EXPECT_TRUE(stream->is_open());
    EXPECT_EQ(board.watchers(), 1U);
    sim.run_for(seconds{4});
    EXPECT_FALSE(stream->is_open());
    EXPECT_EQ(board.watchers(), 0U);
    // The browser comes again and says which second it saw last.
    const auto next = board.watch(board.history().newest() - 3);
    EXPECT_TRUE(next->is_open());
    EXPECT_EQ(board.watchers(), 1U);
    board.stop();
    EXPECT_FALSE(next->is_open());
    sim.run_for(seconds{1});
}

TEST(BoardHistory, every_series_has_a_name_of_its_own_that_leads_back_to_it) {
    for (std::size_t i = 0; i < kBoardSeries; ++i) {
        const auto series = static_cast<BoardSeries>(i);
        EXPECT_EQ(parse_board_series(text_of(series).name), series);
        EXPECT_FALSE(text_of(series).unit.empty());
    }
    EXPECT_EQ(parse_board_series("nothing"), std::nullopt);
}

TEST(BoardSampler, rates_and_percentiles_are_those_of_the_last_second) {
    const std::vector<Route> routes = two_routes();
    Metrics metrics;
    metrics.shop().begin(routes);
    double hits = 100;
    metrics.add_collector([&hits](std::vector<Sample>& samples) {
        samples.push_back({Sample::Kind::counter, "marketday_cache_hits_total", "", {{"cache", "a"}}, hits});
        samples.push_back({Sample::Kind::counter, "marketday_cache_misses_total", "", {{"cache", "a"}}, hits / 4});
        samples.push_back({Sample::Kind::gauge, "marketday_lane_depth", "", {{"lane", "a"}}, 5});
        samples.push_back({Sample::Kind::gauge, "marketday_lane_depth", "", {{"lane", "b"}}, 6});
        samples.push_back({Sample::Kind::gauge, "marketday_line_waiting", "", {{"sale", "s"}}, 70});
        samples.push_back({Sample::Kind::counter, "marketday_line_called_total", "", {{"sale", "s"}}, hits});
    });
    SimExecutor shop{1};
    LoopProbe probe{shop};
    BoardSampler sampler{metrics, probe};
    const Instant start{};
    for (int i = 0; i < 50; ++i) metrics.shop().observe(&routes[0], 201, std::chrono::seconds{1});
    const BoardValues first = sampler.sample(start);
    EXPECT_TRUE(std::isnan(first[BoardSeries::requests_per_s]));

    for (int i = 0; i < 90; ++i) metrics.shop().observe(&routes[0], 201, microseconds{1500});
    for (int i = 0; i < 10; ++i) metrics.shop().observe(&routes[0], 503, microseconds{20'000});
    metrics.shop().observe(&routes[1], 500, microseconds{300});
    metrics.shop().observe(nullptr, 404, microseconds{100});
    hits = 180;
    const BoardValues second = sampler.sample(start + std::chrono::seconds{2});
    EXPECT_EQ(second[BoardSeries::requests_per_s], 51);
    EXPECT_EQ(second[BoardSeries::orders_per_s], 45);
    EXPECT_EQ(second[BoardSeries::declined_per_s], 5);
    EXPECT_EQ(second[BoardSeries::errors_per_s], 0.5F);
    EXPECT_NEAR(second[BoardSeries::latency_ms_p50], 1.5, 0.1);
    EXPECT_NEAR(second[BoardSeries::latency_ms_p99], 20, 1.3);
    EXPECT_NEAR(second[BoardSeries::latency_ms_p99_pages], 0.3, 0.02);
    EXPECT_NEAR(second[BoardSeries::cache_hit_ratio], 0.8, 0.001);
    EXPECT_EQ(second[BoardSeries::lane_depth], 11);
    EXPECT_EQ(second[BoardSeries::line_length], 70);
    EXPECT_EQ(second[BoardSeries::admissions_per_s], 40);
    EXPECT_GT(second[BoardSeries::memory_bytes], 0);
    EXPECT_EQ(sampler.lines().at("s").waiting, 70);

    const BoardValues third = sampler.sample(start + std::chrono::seconds{3});
    EXPECT_EQ(third[BoardSeries::requests_per_s], 0);
    EXPECT_TRUE(std::isnan(third[BoardSeries::latency_ms_p50]));
}

TEST(LoopProbe, tells_how_long_work_waits_even_while_it_still_waits) {
    SimExecutor shop{1};
    LoopProbe probe{shop};
    const Instant start = shop.now();
    probe.ping(start);
    EXPECT_EQ(probe.take_worst_ms(start + milliseconds{40}), 40);
    shop.run_until(start);
    EXPECT_EQ(probe.take_worst_ms(start + milliseconds{50}), 0);
    probe.ping(start);
    shop.at(start + milliseconds{7}, [] {});
    EXPECT_EQ(probe.take_worst_ms(start + milliseconds{7}), 7);
}

FinishedRequest request_of(int status, std::int64_t took_us, std::int64_t at_s = 100) {
    FinishedRequest request;
    request.status = status;
    request.took_us = took_us;
    request.start_unix_us = at_s * 1'000'000;
    request.trace_id.fill(static_cast<char>('a' + status % 5));
    request.span_id.fill('1');
    request.parent_span_id.fill('0');
    request.listener = "shop";
    request.route = "/api/v1/orders";
    return request;
}

std::vector<int> statuses(const std::vector<TraceStore::Kept>& found) {
    std::vector<int> all;
    for (const auto& kept : found) all.push_back(kept.request.status);
    return all;
}

TEST(TraceStore, keeps_what_was_slow_or_failed_and_nothing_else) {
    TraceStore store({.slow = milliseconds{250}, .kept = 8, .per_second_max = 100});
    store.add(request_of(200, 1000));
    store.add(request_of(201, 250'000));
    store.add(request_of(500, 10));
    store.add(request_of(503, 900'000));
    EXPECT_THAT(statuses(store.list({})), ElementsAre(503, 500, 201));
    EXPECT_THAT(statuses(store.list({.slow = true, .failed = false})), ElementsAre(503, 201));
    EXPECT_THAT(statuses(store.list({.slow = false, .failed = true})), ElementsAre(503, 500));
    EXPECT_THAT(statuses(store.list({.min_us = 300'000})), ElementsAre(503));
    EXPECT_THAT(statuses(store.list({.trace_id = std::string(32, 'b')})), ElementsAre(201));
    const auto page = store.list({.requests_max = 2});
    EXPECT_THAT(statuses(page), ElementsAre(503, 500));
    EXPECT_THAT(statuses(store.list({.before = page.back().number})), ElementsAre(201));
}

TEST(TraceStore, keeps_a_sample_of_what_placed_orders_beside_them) {
    TraceStore store({.slow = milliseconds{250}, .kept = 4, .per_second_max = 100, .orders_per_second_max = 3});
    const Instant begun{std::chrono::hours{1}};
    int sampled = 0;
    for (int i = 0; i < 100; ++i) sampled += store.samples_order(begun + milliseconds{i * 9}) ? 1 : 0;
    EXPECT_EQ(sampled, 3);
    EXPECT_TRUE(store.samples_order(begun + seconds{1}));
    store.add(request_of(500, 10));
    for (int i = 0; i < 10; ++i) store.add_order(request_of(201, 1000));
    EXPECT_THAT(store.list({.slow = true, .failed = true, .ordered = false}), SizeIs(1));
    EXPECT_THAT(store.list({.slow = false, .failed = false, .ordered = true}), SizeIs(4));
    EXPECT_THAT(store.list({}), SizeIs(5));
}

TEST(RequestWatch, an_order_that_was_quick_leaves_its_spans_too_and_a_read_does_not) {
    RequestFigures figures{"shop"};
    auto routes = two_routes();
    figures.begin(routes);
    TraceStore store({});
    const RequestWatch watch(figures, store, nullptr);
    Request request;
    request.trace_id = std::string(32, 'c');
    request.span_id = std::string(16, '1');
    Trace trace{request.trace_id, std::chrono::steady_clock::now()};
    request.trace = &trace;
    request.method = Method::get;
    watch(request, &routes[1], 200, milliseconds{3});
    request.method = Method::post;
    watch(request, &routes[0], 409, milliseconds{3});
    EXPECT_THAT(store.list({}), IsEmpty());
    watch(request, &routes[0], 201, milliseconds{3});
    EXPECT_THAT(statuses(store.list({})), ElementsAre(201));
}

TEST(OrderTraces, the_last_orders_are_found_and_earlier_ones_forgotten) {
    OrderTraces traces;
    SimExecutor clock{1};
    SeededRandom random{1};
    UuidSource uuids{clock, random};
    std::vector<OrderId> orders;
    const auto trace = [](std::size_t i) { return fmt::format("{:032x}", i * 7919 + 1); };
    for (std::size_t i = 0; i < OrderTraces::kOrdersMax + 100; ++i) {
        orders.push_back(OrderId{uuids.next(5)});
        traces.note(orders.back(), trace(i));
    }
    EXPECT_EQ(traces.trace_of(orders.back()), trace(orders.size() - 1));
    EXPECT_EQ(traces.trace_of(orders[101]), trace(101));
    EXPECT_EQ(traces.trace_of(orders[99]), std::nullopt);
    EXPECT_EQ(traces.trace_of(OrderId{uuids.next(5)}), std::nullopt);
}

TEST(TraceStore, is_bounded_in_number_and_in_each_second_and_failures_do_not_wash_slow_ones_away) {
    TraceStore store({.slow = milliseconds{250}, .kept = 8, .per_second_max = 5});
    store.add(request_of(200, 300'000));
    for (int second = 200; second < 210; ++second)
        for (int i = 0; i < 20; ++i) store.add(request_of(500, 10, second));
    EXPECT_THAT(store.list({.slow = false, .failed = true}), SizeIs(8));
    EXPECT_THAT(store.list({.slow = true, .failed = false}), SizeIs(1));
    EXPECT_EQ(store.kept_total(), 51U);
    EXPECT_EQ(store.skipped_total(), 150U);
}

TEST(FinishedRequest, has_the_spans_of_its_trace_and_the_parent_of_its_header) {
    Request request;
    request.method = Method::post;
    request.trace_id = std::string(32, 'a');
    request.span_id = std::string(16, 'b');
    const std::string parent = "00-" + request.trace_id + "-00f067aa0ba902b7-01";
    request.headers.push_back({"traceparent", parent});
    const Instant now = std::chrono::steady_clock::now();
    Trace trace(request.trace_id, now - milliseconds{30});
    trace.add("lane wait", now - milliseconds{20}, now - milliseconds{15});
    for (int i = 0; i < 20; ++i) trace.add("store read", now, now);
    request.trace = &trace;
    const auto routes = two_routes();
    const FinishedRequest done = finished_request("shop", request, &routes[0], 201, milliseconds{30});
    EXPECT_EQ(done.trace(), request.trace_id);
    EXPECT_EQ(std::string(done.parent_span_id.begin(), done.parent_span_id.end()), "00f067aa0ba902b7");
    EXPECT_EQ(done.took_us, 30'000);
    EXPECT_EQ(done.route, "/api/v1/orders");
    ASSERT_EQ(done.spans_count, Trace::kSpansMax);
    EXPECT_EQ(done.spans[0].name, "lane wait");
    EXPECT_NEAR(static_cast<double>(done.spans[0].start_us), 10'000, 5'000);
    EXPECT_EQ(done.spans[0].took_us, 5'000);
}

TEST(LogStore, keeps_the_newest_events_within_its_bounds_and_finds_them) {
    LogStore store({.events_max = 5, .bytes_max = 1 << 20, .fields_bytes_max = 100});
    for (int i = 0; i < 10; ++i) log::info("test.counted", {{"number", i}});
    const std::string long_text(200, 'x');
    log::warn("test.long", {{"text", long_text}});
    EXPECT_THAT(store.list({}), SizeIs(5));
    EXPECT_EQ(store.list({})[0].fields_json, "{}");
    EXPECT_EQ(store.list({})[1].fields_json, "{\"number\":9}");
    EXPECT_THAT(store.list({.lowest = log::Level::warn}), SizeIs(1));
    EXPECT_THAT(store.list({.text = "NUMBER\":8"}), SizeIs(1));
    EXPECT_THAT(store.list({.text = "nothing"}), IsEmpty());
    const auto page = store.list({.events_max = 2});
    EXPECT_THAT(store.list({.before = page.back().number}), SizeIs(3));
    EXPECT_EQ(store.total(log::Level::info), 10U);
    EXPECT_EQ(store.total(log::Level::warn), 1U);
}

TEST(LogStore, many_bytes_leave_as_many_events_do) {
    LogStore store({.events_max = 1000, .bytes_max = 4096, .fields_bytes_max = 2048});
    const std::string text(1000, 'x');
    for (int i = 0; i < 20; ++i) log::info("test.large", {{"text", text}});
    EXPECT_LE(store.list({.events_max = 1000}).size(), 4U);
    EXPECT_GE(store.list({.events_max = 1000}).size(), 2U);
}

TEST(Readiness, tells_every_reason_and_recovers) {
    std::string_view first;
    std::string_view second;
    Readiness readiness;
    readiness.add([&first] { return first; });
    readiness.add([&second] { return second; });
    const auto routes = health_routes(readiness);
    const Request request;
    EXPECT_EQ(routes[1].handle_now(request)->status, 200);
    first = "disk-full";
    second = "store-failing";
    const auto refused = routes[1].handle_now(request);
    EXPECT_EQ(refused->status, 503);
    EXPECT_THAT(refused->body, HasSubstr(R"("reasons":["disk-full","store-failing"])"));
    EXPECT_EQ(routes[0].handle_now(request)->status, 200);
    first = second = {};
    EXPECT_EQ(routes[1].handle_now(request)->status, 200);
}

TEST(Metrics, a_histogram_has_exact_counts_at_its_limits) {
    const std::vector<Route> routes = two_routes();
    Metrics metrics;
    metrics.shop().begin(routes);
    metrics.shop().observe(&routes[0], 201, microseconds{127});
    metrics.shop().observe(&routes[0], 201, microseconds{128});
    metrics.shop().observe(&routes[0], 503, std::chrono::seconds{100});
    const std::string text = metrics.render();
    const std::string labels = R"({listener="shop",operation="placeOrder",)";
    EXPECT_THAT(text, HasSubstr("marketday_request_seconds_bucket" + labels + "le=\"0.000128\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("marketday_request_seconds_bucket" + labels + "le=\"0.000256\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("marketday_request_seconds_bucket" + labels + "le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("marketday_requests_total" + labels + "status=\"2xx\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("marketday_requests_total" + labels + "status=\"5xx\"} 1\n"));
}

}  // namespace
}  // namespace marketday::http
