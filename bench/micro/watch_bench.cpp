// What watching costs: the counting that every request pays, what a slow one pays more, and what the operators' thread
// pays for the board.

#include <benchmark/benchmark.h>

#include "base/async/sim_executor.hpp"
#include "http/watch/board_history.hpp"
#include "http/watch/board_sampler.hpp"
#include "http/watch/request_watch.hpp"

namespace marketday::http {
namespace {

std::vector<Route> routes_of_a_shop() {
    std::vector<Route> routes(80);
    routes[40].operation_id = "placeOrder";
    routes[40].pattern = "/api/v1/orders";
    return routes;
}

struct Watched {
    std::vector<Route> routes = routes_of_a_shop();
    Metrics metrics;
    TraceStore store{{}};
    RequestWatch watch{metrics.shop(), store, nullptr};
    Request request;

    Watched() {
        metrics.shop().begin(routes);
        request.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
        request.span_id = "00f067aa0ba902b7";
    }
};

void BM_an_ordinary_request(benchmark::State& state) {
    Watched shop;
    std::int64_t took_us = 100;
    for (auto _ : state) {
        took_us = (took_us * 7919 + 1) % 5000;
        shop.watch(shop.request, &shop.routes[40], 201, std::chrono::microseconds{took_us});
    }
}
BENCHMARK(BM_an_ordinary_request);

void BM_a_slow_request(benchmark::State& state) {
    Watched shop;
    for (auto _ : state) shop.watch(shop.request, &shop.routes[40], 201, std::chrono::seconds{1});
}
BENCHMARK(BM_a_slow_request);

void BM_making_a_trace_with_two_spans(benchmark::State& state) {
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const Instant now = std::chrono::steady_clock::now();
    for (auto _ : state) {
        Trace trace(id, now);
        const TraceScope scope(&trace);
        trace.add("lane wait", now, now);
        trace.add("lane commit", now, now);
        benchmark::DoNotOptimize(&trace);
    }
}
BENCHMARK(BM_making_a_trace_with_two_spans);

void BM_one_sample_of_the_board(benchmark::State& state) {
    Watched shop;
    SimExecutor executor{1};
    LoopProbe probe{executor};
    BoardSampler sampler{shop.metrics, probe};
    Instant now{};
    for (auto _ : state) {
        now += seconds{1};
        benchmark::DoNotOptimize(sampler.sample(now));
    }
}
BENCHMARK(BM_one_sample_of_the_board)->Unit(benchmark::kMicrosecond);

void BM_an_hour_of_all_series_as_json(benchmark::State& state) {
    BoardHistory history;
    for (std::int64_t second = 1; second <= BoardHistory::kSeconds; ++second) {
        BoardValues values;
        for (std::size_t i = 0; i < kBoardSeries; ++i)
            values[static_cast<BoardSeries>(i)] = static_cast<float>(second) * static_cast<float>(i) / 7;
        history.add(second, values);
    }
    for (auto _ : state) {
        std::string json;
        for (std::size_t i = 0; i < kBoardSeries; ++i) history.append_points(json, static_cast<BoardSeries>(i), 0);
        benchmark::DoNotOptimize(json.data());
        state.counters["bytes"] = static_cast<double>(json.size());
    }
}
BENCHMARK(BM_an_hour_of_all_series_as_json)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace marketday::http

BENCHMARK_MAIN();
